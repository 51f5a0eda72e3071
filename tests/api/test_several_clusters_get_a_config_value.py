"""Another value in the ConfigMaps of several clusters by the API: read by workers first, then named by its key."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from rollouts.domain.observations import Phase
from rollouts.models import Application, Command, Rollout
from tests.api.asking import get, post
from tests.support.builders import make_cluster, make_rollout
from tests.support.configs import SETTING, TRACKED, keep_configs

pytestmark = pytest.mark.django_db
CHOICE = {"setting": SETTING, "value": "801"}


@pytest.fixture
def rollouts(asked: list[Any]) -> list[Rollout]:
    names = ("eu-west", "us-east")
    return [make_rollout(make_cluster(name), phase=Phase.SUCCEEDED, tracked_configs=TRACKED) for name in names]


def preview(client: Client, one: Application, choice: dict[str, str], status: int = 200) -> Any:
    return post(client, f"/applications/{one.pk}/preview", status, act="config-value", choice=choice)


def request(client: Client, one: Application, shown: Any, status: int = 201, **given: Any) -> Any:
    chosen = [{"rollout": each["rollout"], "digest": each["digest"]} for each in shown["rollouts"] if each["plan"]]
    told = {"act": "config-value", "mark": shown["mark"], "chosen": chosen, "pace": "at-once", "choice": CHOICE}
    return post(client, f"/applications/{one.pk}/batches", status, **{**told, **given})


def test_the_first_preview_has_them_read_and_a_later_one_says_what_each_value_becomes(
    program: Client, application: Application, rollouts: list[Rollout], asked: list[Any]
) -> None:
    why = [one["why_not"] for one in preview(program, application, CHOICE)["rollouts"]]
    assert why == ["Its ConfigMaps are being read."] * 2
    assert [task for task, _ in asked] == ["rollouts.tasks.read_configs"] * 2
    for one, value in zip(rollouts, ("501", "601"), strict=True):
        keep_configs(one, value)
    plans = [one["plan"] for one in preview(program, application, CHOICE)["rollouts"]]
    assert [one["differences"] for one in plans] == [
        [{"place": SETTING, "now": "501", "then": "801"}],
        [{"place": SETTING, "now": "601", "then": "801"}],
    ]


def test_who_only_sees_the_batch_is_told_the_key_and_no_value(
    program: Client, visitor: Client, application: Application, rollouts: list[Rollout]
) -> None:
    for one, value in zip(rollouts, ("501", "601"), strict=True):
        keep_configs(one, value)
    made = request(program, application, preview(program, application, CHOICE))
    assert [one.choice["replaced"] for one in Command.objects.order_by("id")] == ["501", "601"]
    said = json.dumps(
        [made, get(visitor, f"/batches/{made['id']}"), get(visitor, f"/applications/{application.pk}/batches")]
    )
    assert SETTING in said
    for value in ("501", "601", "801"):
        assert value not in said


def test_what_looks_like_a_secret_is_refused_at_its_field(
    program: Client, application: Application, rollouts: list[Rollout]
) -> None:
    for one in rollouts:
        keep_configs(one)
    shown = preview(program, application, CHOICE)
    error = request(program, application, shown, 422, choice={**CHOICE, "value": "--token=opensesame"})["error"]
    assert "It looks like a secret" in error["message"]
    assert not Command.objects.exists()
