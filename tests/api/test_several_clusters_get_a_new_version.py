"""A new version in several clusters by the API: it is told which container gets which image."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from rollouts.models import Application, Batch
from tests.api.asking import post
from tests.support.scenes import application_of, idle_in_two

pytestmark = pytest.mark.django_db
NEW = "registry.example.test/podinfo:7.0.0"
CHOICE = {"container": "podinfo", "image": NEW}


@pytest.fixture
def application(asked: list[Any]) -> Application:
    return application_of(idle_in_two())


def preview(client: Client, one: Application, choice: dict[str, str], status: int = 200) -> Any:
    return post(client, f"/applications/{one.pk}/preview", status, act="new-version", choice=choice)


def request(client: Client, one: Application, shown: Any, status: int = 201, **given: Any) -> Any:
    chosen = [{"rollout": each["rollout"], "digest": each["digest"]} for each in shown["rollouts"] if each["plan"]]
    told = {"act": "new-version", "mark": shown["mark"], "chosen": chosen, "pace": "at-once", **given}
    return post(client, f"/applications/{one.pk}/batches", status, **told)


def test_it_is_shown_and_requested_with_its_image(program: Client, application: Application) -> None:
    shown = preview(program, application, CHOICE)
    assert (shown["choice"], [one["why_not"] for one in shown["rollouts"]]) == (CHOICE, ["", ""])
    made = request(program, application, shown, choice=CHOICE)
    assert [one["choice"]["image"] for one in made["commands"]] == [NEW, NEW]


def test_without_one_nothing_is_requested(program: Client, application: Application) -> None:
    refused = request(program, application, preview(program, application, CHOICE), 422)
    assert (refused["error"]["message"], Batch.objects.exists()) == ("Choose a container.", False)


def test_a_name_that_it_knows_nothing_of_is_refused(program: Client, application: Application) -> None:
    told = preview(program, application, {"container": "podinfo", "imgae": NEW}, 422)
    said = "new-version cannot be told 'imgae' in several clusters. It can be told container, image."
    assert told["error"]["message"] == said
