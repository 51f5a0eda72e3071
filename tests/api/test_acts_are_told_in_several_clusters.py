"""What an act is told in several clusters by the API: as in one, shown before, the same in each."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from rollouts.domain.observations import Phase
from rollouts.models import Application, AuditEntry, Batch
from tests.api.asking import post
from tests.support.builders import make_cluster, make_rollout
from tests.support.scenes import application_of

pytestmark = pytest.mark.django_db
FOR_A_TIME = {"for": "30", "then": "resume"}


@pytest.fixture
def application(asked: list[Any]) -> Application:
    """Ticks can be forced in the first of two clusters."""
    slow: dict[str, Any] = {"interval": 90, "interval_text": "90s"}
    given: dict[str, Any] = {"phase": Phase.PROGRESSING, "iterations": 1}
    made = [make_rollout(make_cluster(name), **given, **more) for name, more in (("eu-west", slow), ("us-east", {}))]
    return application_of(made)


def preview(client: Client, one: Application, act: str, choice: dict[str, str], status: int = 200) -> Any:
    return post(client, f"/applications/{one.pk}/preview", status, act=act, choice=choice)


def request(client: Client, one: Application, shown: Any, choice: dict[str, str], status: int = 201) -> Any:
    chosen = [{"rollout": each["rollout"], "digest": each["digest"]} for each in shown["rollouts"] if each["plan"]]
    told = {"act": shown["act"], "mark": shown["mark"], "chosen": chosen, "pace": "at-once", "choice": choice}
    return post(client, f"/applications/{one.pk}/batches", status, **told)


def test_a_pause_is_given_a_time(program: Client, application: Application) -> None:
    shown = preview(program, application, "pause", FOR_A_TIME)
    assert shown["choice"] == FOR_A_TIME
    reversals = [one["plan"]["reversal"] for one in shown["rollouts"]]
    assert [(one["seconds"], one["by_itself"]) for one in reversals] == [(1800, True)] * 2
    made = request(program, application, shown, FOR_A_TIME)
    assert [one["choice"] for one in made["commands"]] == [FOR_A_TIME] * 2
    told = AuditEntry.objects.get(kind="application").answer
    assert told.startswith("Told: for 30 minutes, then resumed by itself. All at once: ")


def test_a_roll_back_forces_the_tick_where_that_can_be_done(program: Client, application: Application) -> None:
    shown = preview(program, application, "roll-back", {"tick": "at-once"})
    forced, usual = (one["plan"] for one in shown["rollouts"])
    assert [len(one["patches"]) for one in (forced, usual)] == [2, 1]
    assert "No tick is forced." in usual["effect"]
    made = request(program, application, shown, {"tick": "at-once"})
    assert [one["choice"]["forced"] for one in made["commands"]] == ["91s", ""]


def test_another_choice_than_was_shown_is_shown_first(program: Client, application: Application) -> None:
    shown = preview(program, application, "pause", FOR_A_TIME)
    refused = request(program, application, shown, {"for": "60"}, 409)["error"]
    assert (refused["code"], refused["preview"]["choice"]) == ("changed", {"for": "60"})
    assert not Batch.objects.exists()


@pytest.mark.parametrize(
    ("act", "choice", "field", "said"),
    [
        ("pause", {"for": "0"}, "for", "whole minutes, and not “0”"),
        ("pause", {"for": "30", "then": "abort"}, "then", "remind or resume, and not “abort”"),
        ("pause", {"then": "resume"}, "for", "Say for how many minutes"),
        ("roll-back", {"tick": "now"}, "tick", "its usual time, or at-once, and not “now”"),
    ],
)
def test_what_it_cannot_be_is_said_of_each_and_requested_nowhere(
    program: Client, application: Application, act: str, choice: dict[str, str], field: str, said: str
) -> None:
    shown = preview(program, application, act, choice)
    assert [said in one["why_not"] for one in shown["rollouts"]] == [True, True]
    good = preview(program, application, act, {})
    refused = request(program, application, good, choice, 422)["error"]
    assert (refused["code"], refused["fields"][0]["where"], said in refused["message"]) == (
        "unconfirmed", f"body.choice.{field}", True,
    )  # fmt: skip
    assert not Batch.objects.exists()


def test_a_name_that_the_act_knows_nothing_of_is_refused(program: Client, application: Application) -> None:
    told = preview(program, application, "pause", {"fro": "30"}, 422)
    assert told["error"]["message"] == "pause cannot be told 'fro' in several clusters. It can be told for, then."
