"""An earlier version in several clusters by the API: read by workers first, then chosen by its images."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from rollouts.models import Application, Batch, Rollout
from tests.api.asking import bearer, post
from tests.support.builders import make_cluster
from tests.support.earlier import OLD, PROMOTED, keep_versions, make_idle
from tests.support.people import make_operator, make_token

pytestmark = pytest.mark.django_db
CHOICE = {"images": OLD}


@pytest.fixture
def program() -> Client:
    return bearer(make_token(make_operator(), "operate").secret)


@pytest.fixture
def rollouts(asked: list[Any]) -> list[Rollout]:
    return [make_idle(cluster=make_cluster(name)) for name in ("eu-west", "us-east")]


@pytest.fixture
def application(rollouts: list[Rollout]) -> Application:
    assert rollouts[0].application is not None
    return rollouts[0].application


def preview(client: Client, one: Application, choice: dict[str, str], status: int = 200) -> Any:
    return post(client, f"/applications/{one.pk}/preview", status, act="earlier-version", choice=choice)


def request(client: Client, one: Application, shown: Any, status: int = 201, **given: Any) -> Any:
    chosen = [{"rollout": each["rollout"], "digest": each["digest"]} for each in shown["rollouts"] if each["plan"]]
    told = {"act": "earlier-version", "mark": shown["mark"], "chosen": chosen, "pace": "in-turn", **given}
    return post(client, f"/applications/{one.pk}/batches", status, **told)


def test_the_first_preview_has_them_read_and_a_later_one_names_them(
    program: Client, application: Application, rollouts: list[Rollout], asked: list[Any]
) -> None:
    why = [one["why_not"] for one in preview(program, application, {})["rollouts"]]
    assert [one.startswith("The cluster is being asked") for one in why] == [True, True]
    assert [task for task, _ in asked] == ["rollouts.tasks.read_versions"] * 2
    keep_versions(rollouts[0])
    why = [one["why_not"] for one in preview(program, application, {})["rollouts"]]
    assert f"Choose a version by its images. Known are registry.example.test/podinfo:6.5.1; {OLD};" in why[0]
    assert why[1].startswith("The cluster is being asked")


def test_it_is_requested_by_its_images_where_it_is_known(
    program: Client, application: Application, rollouts: list[Rollout]
) -> None:
    keep_versions(rollouts[0])
    keep_versions(rollouts[1], found=())
    shown = preview(program, application, CHOICE)
    assert [bool(one["plan"]) for one in shown["rollouts"]] == [True, False]
    assert "No earlier version is known" in shown["rollouts"][1]["why_not"]
    made = request(program, application, shown, choice=CHOICE, typed="checkout")
    (command,) = made["commands"]
    assert (command["choice"]["images"], command["choice"]["version"]) == (OLD, PROMOTED)


def test_in_more_than_one_the_name_has_to_be_typed(
    program: Client, application: Application, rollouts: list[Rollout]
) -> None:
    for one in rollouts:
        keep_versions(one)
    shown = preview(program, application, CHOICE)
    assert shown["typed"] == "checkout"
    refused = request(program, application, shown, 422, choice=CHOICE)
    assert (refused["error"]["fields"][0]["where"], Batch.objects.exists()) == ("body.typed", False)


@pytest.mark.parametrize("name", ["how", "version", "stands_for"])
def test_what_is_chosen_in_one_rollout_alone_is_refused(program: Client, application: Application, name: str) -> None:
    said = preview(program, application, {name: "fast"}, 422)["error"]["message"]
    assert said == (f"earlier-version cannot be told '{name}' in several clusters. It can be told images, flux.")
