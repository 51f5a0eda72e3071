"""What this program keeps in a choice cannot be said by whoever asks, whichever way the request comes."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from rollouts.domain.commands import KEPT
from rollouts.models import Application, Command, Rollout
from tests.api.asking import post
from tests.support.governed import POLICY, make_policy

pytestmark = pytest.mark.django_db
EACH = pytest.mark.parametrize("name", sorted(KEPT))


@pytest.fixture
def application(asked: list[Any]) -> Application:
    return make_policy("eu-north")


def refused(client: Client, address: str, **given: Any) -> None:
    (name,) = given["choice"].keys() & KEPT
    answer = post(client, address, 422, **given)
    assert answer["error"]["message"].startswith(f"{given['act']} cannot be told '{name}'")
    assert not Command.objects.exists()


@EACH
def test_of_a_rollout(program: Client, running: Rollout, asked: list[Any], name: str) -> None:
    shown = post(program, f"/rollouts/{running.pk}/preview", act="roll-back", choice={"tick": "at-once"})
    choice = {"tick": "at-once", name: "90s"}
    refused(program, f"/rollouts/{running.pk}/preview", act="roll-back", choice=choice)
    given = {"act": "roll-back", "mark": shown["mark"], "digest": shown["digest"]}
    refused(program, f"/rollouts/{running.pk}/commands", **given, choice=choice)
    post(program, f"/rollouts/{running.pk}/commands", 201, **given, choice=shown["choice"])
    assert len(asked) == 1


@EACH
def test_of_a_policy(program: Client, application: Application, name: str) -> None:
    address, given = f"/applications/{application.pk}/policies", {"policy": POLICY, "act": "pause"}
    refused(program, f"{address}/preview", **given, choice={name: "90s"})
    refused(program, f"{address}/commands", **given, choice={name: "90s"}, mark=str(uuid4()), digest="0")


@EACH
def test_of_several_clusters(program: Client, running: Rollout, name: str) -> None:
    given = {"act": "roll-back", "choice": {name: "90s"}}
    refused(program, f"/applications/{running.application_id}/preview", **given)
    chosen = [{"rollout": running.pk, "digest": "0"}]
    more = {"mark": str(uuid4()), "chosen": chosen, "pace": "at-once"}
    refused(program, f"/applications/{running.application_id}/batches", **given, **more)
