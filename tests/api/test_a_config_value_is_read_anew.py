"""What a program is told of another value in a ConfigMap is judged by what stands there now, not by an old copy."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from rollouts.domain.observations import Phase
from rollouts.models import Application, Rollout
from tests.api.asking import post
from tests.support.builders import make_cluster, make_rollout
from tests.support.configs import SETTING, TRACKED, keep_configs
from tests.support.scenes import application_of

pytestmark = pytest.mark.django_db
CHOICE = {"setting": SETTING, "value": "801"}
LATELY, LONG_AGO = timedelta(seconds=30), timedelta(minutes=5)
BEING_READ = "Its ConfigMaps are being read."
READ = "rollouts.tasks.read_configs"


@pytest.fixture
def rollouts(asked: list[Any]) -> list[Rollout]:
    names = ("eu-west", "us-east")
    return [make_rollout(make_cluster(name), phase=Phase.SUCCEEDED, tracked_configs=TRACKED) for name in names]


@pytest.fixture
def application(rollouts: list[Rollout]) -> Application:
    return application_of(rollouts)


def preview(client: Client, one: Rollout, **choice: str) -> Any:
    return post(client, f"/rollouts/{one.pk}/preview", act="config-value", choice={**CHOICE, **choice})


def differences(plan: Any) -> list[tuple[str, str]]:
    return [(one["now"], one["then"]) for one in plan["differences"]]


@pytest.mark.parametrize("value", ["801", "501", ""])
def test_what_is_old_is_judged_by_when_it_has_been_read_anew(
    program: Client, rollouts: list[Rollout], asked: list[Any], value: str
) -> None:
    copy = keep_configs(rollouts[0], "501", LONG_AGO)
    found = preview(program, rollouts[0], value=value)
    assert (found["plan"], found["why_not"], found["digest"]) == (None, BEING_READ, "")
    assert asked == [(READ, {"copy": copy.pk})]
    keep_configs(rollouts[0], "601")
    assert differences(preview(program, rollouts[0])["plan"]) == [("601", "801")]


def test_what_was_read_within_a_minute_is_not_read_again(
    program: Client, rollouts: list[Rollout], asked: list[Any]
) -> None:
    keep_configs(rollouts[0], "501", LATELY)
    assert differences(preview(program, rollouts[0])["plan"]) == [("501", "801")]
    assert asked == []


def test_until_a_value_is_chosen_those_that_there_are_are_named(program: Client, rollouts: list[Rollout]) -> None:
    keep_configs(rollouts[0], "501")
    found = post(program, f"/rollouts/{rollouts[0].pk}/preview", act="config-value", choice={})
    assert found["why_not"] == f"Choose a value. There is {SETTING}."


def test_of_several_clusters_only_those_with_an_old_copy_are_read(
    program: Client, application: Application, rollouts: list[Rollout], asked: list[Any]
) -> None:
    old = keep_configs(rollouts[0], "501", LONG_AGO)
    keep_configs(rollouts[1], "601", LATELY)
    found = post(program, f"/applications/{application.pk}/preview", act="config-value", choice=CHOICE)["rollouts"]
    assert [(one["why_not"], bool(one["digest"])) for one in found] == [(BEING_READ, False), ("", True)]
    assert asked == [(READ, {"copy": old.pk})]
