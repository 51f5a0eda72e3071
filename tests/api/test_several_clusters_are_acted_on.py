"""One act in several clusters by the API: shown before, requested with what was shown, followed, stopped."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from rollouts.domain.observations import Phase
from rollouts.models import Application, AuditEntry, Batch, Command, Covers, RequiredReason, Role, Rollout
from tests.api.asking import bearer, every, get, post
from tests.api.refusing import Refuses, Tries
from tests.support.builders import make_batch, make_cluster, make_command
from tests.support.people import grant, make_person, make_token
from tests.support.scenes import NAMES
from tests.web.dialogs import becomes

pytestmark = pytest.mark.django_db
Asked = list[tuple[str, dict[str, Any]]]


def preview(client: Client, one: Application, act: str = "roll-back", status: int = 200) -> Any:
    return post(client, f"/applications/{one.pk}/preview", status, act=act)


def asked_for(shown: Any, pace: str = "at-once", **changes: Any) -> dict[str, Any]:
    """Everything that was shown as possible."""
    chosen = [{"rollout": one["rollout"], "digest": one["digest"]} for one in shown["rollouts"] if one["plan"]]
    return {"act": shown["act"], "mark": shown["mark"], "chosen": chosen, "pace": pace, **changes}


def request(client: Client, one: Application, status: int = 201, **given: Any) -> Any:
    return post(client, f"/applications/{one.pk}/batches", status, **given)


class TestPreview:
    def test_it_says_of_each_cluster_what_will_happen_or_why_not(
        self, program: Client, application: Application, rollouts: list[Rollout]
    ) -> None:
        becomes(rollouts[1], phase=Phase.PROMOTING)
        shown = preview(program, application)
        assert [one["cluster"]["name"] for one in shown["rollouts"]] == list(NAMES)
        assert [one["plan"] is not None for one in shown["rollouts"]] == [True, False, True]
        assert "already being overwritten" in shown["rollouts"][1]["why_not"]
        assert [bool(one["digest"]) for one in shown["rollouts"]] == [True, False, True]
        assert shown["rollouts"][0]["plan"]["patches"][0]["subresource"] == "status"

    def test_it_says_what_has_to_be_typed(self, program: Client, application: Application) -> None:
        assert preview(program, application, "skip-iterations")["typed"] == "checkout"
        assert preview(program, application)["typed"] == ""

    @pytest.mark.parametrize("act", ["restart-pods", "promote-now"])
    def test_an_act_that_is_asked_of_one_rollout_is_refused(
        self, program: Client, application: Application, act: str
    ) -> None:
        said = preview(program, application, act, 422)["error"]["message"]
        assert f"{act} is not asked for in several clusters of checkout. What can be: roll-back, " in said

    def test_what_a_policy_keeps_is_not_paused_cluster_by_cluster(
        self, program: Client, application: Application
    ) -> None:
        application.hub = make_cluster("hub", is_hub=True)
        application.save()
        assert "Its policies can be paused" in preview(program, application, "pause", 422)["error"]["message"]

    def test_where_one_may_not_act_it_says_whom_to_ask(self, application: Application, rollouts: list[Rollout]) -> None:
        person = make_person("bob", Role.VIEWER)
        grant(person, Role.OPERATOR, Covers.CLUSTER, cluster=rollouts[1].cluster)
        shown = preview(bearer(make_token(person, "operate").secret), application)
        assert [one["digest"] != "" for one in shown["rollouts"]] == [False, True, False]
        assert "Ask somebody who administers ap-south." in shown["rollouts"][0]["why_not"]

    def test_what_one_does_not_see_is_not_in_it(self, application: Application, rollouts: list[Rollout]) -> None:
        person = make_person("bob")
        grant(person, Role.OPERATOR, Covers.CLUSTER, cluster=rollouts[1].cluster)
        shown = preview(bearer(make_token(person, "operate").secret), application)
        assert [one["cluster"]["name"] for one in shown["rollouts"]] == ["eu-west"]

    def test_what_is_under_way_is_not_asked_for_again(
        self, application: Application, rollouts: list[Rollout], program: Client
    ) -> None:
        make_command(rollouts[0], state="requested")
        assert preview(program, application)["rollouts"][0]["why_not"] == "The same is under way already."


class TestRequest:
    def test_what_was_shown_becomes_a_command_in_each_cluster(
        self, program: Client, application: Application, asked: Asked
    ) -> None:
        made = request(program, application, **asked_for(preview(program, application), reason=" wrong colour "))
        assert (made["act"], made["pace"], made["reason"], made["person"]) == (
            "roll-back", "at-once", "wrong colour", "operator",
        )  # fmt: skip
        assert [one["state"] for one in made["commands"]] == ["requested"] * 3
        assert {one["batch"] for one in made["commands"]} == {made["id"]}
        assert [task for task, _ in asked] == ["rollouts.tasks.carry_out"] * 3
        entry = AuditEntry.objects.get(kind="application")
        assert (entry.person, entry.outcome, entry.reason) == ("operator", "requested", "wrong colour")
        assert get(program, f"/batches/{made['id']}") == made
        assert get(program, f"/applications/{application.pk}/batches")["items"] == [made]

    def test_in_turn_the_order_is_the_one_that_is_given(self, program: Client, application: Application) -> None:
        given = asked_for(preview(program, application, "pause"), "in-turn", pause=30, goes_on=True)
        given["chosen"].reverse()
        made = request(program, application, **given)
        assert (made["pace"], made["pause"], made["goes_on"]) == ("in-turn", 30, True)
        assert [one["rollout"] for one in made["commands"]] == [one["rollout"] for one in given["chosen"]]
        assert [one["state"] for one in made["commands"]] == ["requested", "waiting", "waiting"]

    def test_a_roll_back_does_not_go_in_turn(self, program: Client, application: Application) -> None:
        given = asked_for(preview(program, application), "in-turn")
        error = request(program, application, 422, **given)["error"]
        assert (error["code"], Batch.objects.count()) == ("invalid", 0)
        assert "A roll back goes to all clusters at once" in error["message"]

    def test_sent_twice_it_is_one(self, program: Client, application: Application, asked: Asked) -> None:
        given = asked_for(preview(program, application))
        assert len({request(program, application, **given)["id"] for _ in range(2)}) == 1
        assert (Batch.objects.count(), len(asked)) == (1, 3)

    def test_what_has_changed_in_one_cluster_is_shown_anew_and_can_then_be_had(
        self, program: Client, application: Application, rollouts: list[Rollout]
    ) -> None:
        given = asked_for(preview(program, application))
        becomes(rollouts[2], phase=Phase.WAITING_PROMOTION, iterations=2, last_applied="ccc")
        error = request(program, application, 409, **given)["error"]
        assert (error["code"], Command.objects.count()) == ("changed", 0)
        assert len(request(program, application, **asked_for(error["preview"]))["commands"]) == 3

    def test_promoting_in_several_wants_the_name(self, program: Client, application: Application) -> None:
        given = asked_for(preview(program, application, "skip-iterations"))
        error = request(program, application, 422, **given)["error"]
        assert (error["code"], error["fields"][0]["where"]) == ("unconfirmed", "body.typed")
        request(program, application, **given, typed="checkout")

    def test_a_required_reason_is_missed_by_its_name(self, program: Client, application: Application) -> None:
        RequiredReason.objects.create()
        given = asked_for(preview(program, application, "pause"))
        error = request(program, application, 422, **given)["error"]
        assert (error["code"], error["fields"][0]["where"]) == ("unconfirmed", "body.reason")
        assert not Batch.objects.exists()
        request(program, application, **given, reason="lunch")

    @pytest.mark.parametrize(
        ("changes", "status"),
        [
            ({"chosen": []}, 409),
            ({"chosen": [{"rollout": 1, "digest": "made up"}]}, 409),
            ({"chosen": [{"rollout": 0, "digest": ""}]}, 422),
            ({"pace": "slowly"}, 422),
            ({"pause": 3601}, 422),
            ({"mark": "1"}, 422),
            ({"stops": True}, 422),
        ],
    )
    def test_what_no_preview_has_given_is_refused(
        self, program: Client, application: Application, changes: dict[str, Any], status: int
    ) -> None:
        request(program, application, status, **{**asked_for(preview(program, application)), **changes})
        assert not Command.objects.exists()

    def test_a_pace_has_to_be_said(self, program: Client, application: Application) -> None:
        given = asked_for(preview(program, application))
        del given["pace"]
        assert request(program, application, 422, **given)["error"]["fields"][0]["where"] == "body.pace"


class TestWhatWasAskedFor:
    def test_comes_in_pieces_the_newest_first(
        self, program: Client, application: Application, rollouts: list[Rollout]
    ) -> None:
        made = [make_batch(rollouts[:1], act="retry", states=["observed"]).pk for _ in range(3)]
        found = every(program, f"/applications/{application.pk}/batches", limit=2)
        assert [one["id"] for one in found] == list(reversed(made))

    def test_who_sees_a_part_sees_that_part(self, application: Application, rollouts: list[Rollout]) -> None:
        batch = make_batch(rollouts)
        make_batch(rollouts[2:], act="retry")
        person = make_person("bob")
        grant(person, Role.VIEWER, Covers.CLUSTER, cluster=rollouts[1].cluster)
        client = bearer(make_token(person).secret)
        (found,) = get(client, f"/applications/{application.pk}/batches")["items"]
        assert (found["id"], [one["rollout"] for one in found["commands"]]) == (batch.pk, [rollouts[1].pk])


class TestStop:
    def test_what_has_not_begun_is_cancelled(self, program: Client, rollouts: list[Rollout]) -> None:
        batch = make_batch(rollouts, states=["accepted", "waiting", "waiting"])
        stopped = post(program, f"/batches/{batch.pk}/stop")
        assert [one["state"] for one in stopped["commands"]] == ["accepted", "cancelled", "cancelled"]
        assert (stopped["said"], stopped["stoppable"]) == ("Stopped by operator.", False)
        assert "too late" in post(program, f"/batches/{batch.pk}/stop", 409)["error"]["message"]

    def test_one_that_waits_can_be_cancelled_alone(self, program: Client, rollouts: list[Rollout]) -> None:
        second = make_batch(rollouts).commands.order_by("pk")[1]
        assert post(program, f"/commands/{second.pk}/cancel")["state"] == "cancelled"


class TestWhoMayNot(Refuses):
    @pytest.fixture
    def tries(self, application: Application, rollouts: list[Rollout], program: Client) -> Tries:
        given = asked_for(preview(program, application))
        batch = make_batch(rollouts, act="retry")
        return [
            (f"/applications/{application.pk}/preview", {"act": "roll-back"}),
            (f"/applications/{application.pk}/batches", {**given, "mark": str(uuid4())}),
            (f"/batches/{batch.pk}/stop", {}),
        ]

    def stays(self) -> None:
        assert set(Command.objects.values_list("act", "state")) == {("retry", "requested"), ("retry", "waiting")}
        assert Batch.objects.get().stopped_at is None

    def test_an_operator_of_one_cluster_chooses_no_other(
        self, application: Application, rollouts: list[Rollout], program: Client
    ) -> None:
        given = asked_for(preview(program, application))
        person = make_person("bob", Role.VIEWER)
        grant(person, Role.OPERATOR, Covers.CLUSTER, cluster=rollouts[0].cluster)
        client = bearer(make_token(person, "operate").secret)
        assert request(client, application, 409, **given)["error"]["code"] == "changed"
        assert post(client, f"/batches/{make_batch(rollouts).pk}/stop", 403)
        assert set(Command.objects.values_list("state", flat=True)) == {"requested", "waiting"}
