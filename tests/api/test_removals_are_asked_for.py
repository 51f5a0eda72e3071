"""Removals by the API: shown before, asked for with what was shown, followed step by step, stopped."""

from __future__ import annotations

import time
from typing import Any, ClassVar

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from rollouts.domain.observations import Phase
from rollouts.models import (
    Application,
    AuditEntry,
    Covers,
    Removal,
    RemovalPart,
    RemovalState,
    RequiredReason,
    Role,
    Rollout,
)
from tests.api.asking import bearer, every, get, post
from tests.api.refusing import Refuses, Tries
from tests.support.builders import make_cluster, make_rollout
from tests.support.canaries import made_by_kurator
from tests.support.governed import POLICY, make_policy, make_removal
from tests.support.people import grant, make_person, make_token

pytestmark = pytest.mark.django_db
ANY_MARK = "2f0f4f5e-2c0e-4c7e-9b53-9d3a4e2c7d11"


@pytest.fixture
def governed() -> Application:
    return make_policy("eu-west", "us-east", phase=Phase.INITIALIZED)


@pytest.fixture
def canary() -> Rollout:
    return make_rollout(make_cluster("edge"))


def preview(client: Client, one: Application | Rollout, status: int = 200, policy: str = POLICY) -> Any:
    given = {"policy": policy} if isinstance(one, Application) else {}
    return post(client, f"{_removals(one)}/preview", status, **given)


def request(client: Client, one: Application | Rollout, shown: Any, status: int = 201, **given: Any) -> Any:
    of_policy = {"policy": POLICY} if isinstance(one, Application) else {}
    confirmed = {"mark": shown["mark"], "digest": shown["digest"], "typed": "checkout", **of_policy, **given}
    return post(client, _removals(one), status, **confirmed)


def _removals(one: Application | Rollout) -> str:
    return f"/{'applications' if isinstance(one, Application) else 'rollouts'}/{one.pk}/removals"


class TestThePreview:
    def test_tells_the_order_the_clusters_and_what_is_written(self, editor: Client, governed: Application) -> None:
        shown = preview(editor, governed)
        assert (shown["policy"], shown["why_not"], shown["typed"]) == (POLICY, [], "checkout")
        assert [one["cluster"]["name"] for one in shown["clusters"]] == ["eu-west", "us-east"]
        assert [one["says"] for one in shown["patches"]] == ["revertOnDeletion to true", "rollout out of the policy"]
        assert shown["order"][0] == "On the hub revertOnDeletion is switched on in the policy."
        assert not Removal.objects.exists()

    def test_of_a_plain_canary_tells_of_no_hub(self, editor: Client, canary: Rollout) -> None:
        shown = preview(editor, canary)
        assert (shown["policy"], shown["typed"], len(shown["patches"])) == ("checkout", "checkout", 1)
        assert "hub" not in " ".join(shown["order"])

    def test_refuses_what_would_leave_users_alone_with_the_reason(self, editor: Client) -> None:
        shown = preview(editor, make_policy("eu-west", phase=Phase.PROGRESSING, iterations=1))
        assert "A release runs (Progressing)" in shown["why_not"][0]
        assert shown["patches"] == []

    def test_warns_of_who_keeps_a_plain_canary(self, editor: Client, canary: Rollout) -> None:
        Rollout.objects.update(owner_kind="flux", owner_name="flux-system/shop")
        assert any("Take it out of where it is kept first" in one for one in preview(editor, canary)["warnings"])

    def test_sends_who_removes_a_canary_of_kurator_to_its_policy(self, editor: Client, canary: Rollout) -> None:
        made_by_kurator(canary)
        assert "Kurator makes this Canary of a policy" in preview(editor, canary)["why_not"][0]

    def test_knows_no_other_policy(self, editor: Client, governed: Application) -> None:
        assert preview(editor, governed, 404, "other")["error"]["message"] == "There is no such policy."


class TestTheRequest:
    def test_makes_a_removal_that_tells_its_steps(self, editor: Client, governed: Application) -> None:
        made = request(editor, governed, preview(editor, governed), reason=" plain Deployments ")
        removal = Removal.objects.get()
        assert (removal.person_name, removal.reason, removal.state) == ("ed", "plain Deployments", "open")
        assert (made["kind"], made["what"], made["state"], made["stoppable"]) == (
            "removal", f"policy {POLICY}", "open", True,
        )  # fmt: skip
        assert made["said"].startswith("Nothing is taken away yet.")
        assert [(one["cluster"], one["on_hub"]) for one in made["places"]] == [
            ("hub", True), ("eu-west", False), ("us-east", False),
        ]  # fmt: skip
        assert [one["state"] for one in made["places"][1]["steps"]] == ["going-on", "to-come", "to-come", "to-come"]
        assert AuditEntry.objects.get(act="remove").outcome == "requested"
        assert get(editor, f"/removals/{removal.pk}") == made

    def test_of_a_plain_canary_has_one_place(self, editor: Client, canary: Rollout) -> None:
        made = request(editor, canary, preview(editor, canary))
        assert (made["what"], made["rollout"], len(made["places"])) == ("the Canary checkout", canary.pk, 1)
        assert get(editor, f"/rollouts/{canary.pk}/removals")["items"] == [made]

    def test_sent_twice_is_one_removal_also_when_the_policy_is_gone(
        self, editor: Client, governed: Application
    ) -> None:
        shown = preview(editor, governed)
        made = request(editor, governed, shown)
        Application.objects.filter(pk=governed.pk).update(policies=[])
        assert request(editor, governed, shown)["id"] == made["id"]
        assert Removal.objects.count() == 1

    def test_without_the_name_is_missed_by_its_place(self, editor: Client, governed: Application) -> None:
        error = request(editor, governed, preview(editor, governed), 422, typed="chekout")["error"]
        assert (error["code"], error["fields"][0]["where"]) == ("unconfirmed", "body.typed")
        assert error["preview"]["typed"] == "checkout"
        assert not Removal.objects.exists()

    def test_without_a_required_reason_is_missed_by_its_place(self, editor: Client, canary: Rollout) -> None:
        RequiredReason.objects.create(act="remove", role="")
        error = request(editor, canary, preview(editor, canary), 422)["error"]
        assert (error["code"], error["fields"][0]["where"]) == ("unconfirmed", "body.reason")
        assert not Removal.objects.exists()

    def test_of_what_has_changed_since_shows_it_as_it_is_now(self, editor: Client, governed: Application) -> None:
        shown = preview(editor, governed)
        Application.objects.filter(pk=governed.pk).update(owner_kind="flux", owner_name="flux-system/apps")
        error = request(editor, governed, shown, 409)["error"]
        assert (error["code"], Removal.objects.count()) == ("changed", 0)
        assert "flux-system/apps" in " ".join(error["preview"]["undone_by"])
        request(editor, governed, error["preview"])

    def test_of_what_can_no_longer_work_says_why(self, editor: Client, canary: Rollout) -> None:
        shown = preview(editor, canary)
        made_by_kurator(canary)
        error = request(editor, canary, shown, 409)["error"]
        assert (error["code"], bool(error["preview"]["why_not"])) == ("not-possible", True)

    def test_while_one_goes_on_makes_no_second_one(self, editor: Client, governed: Application) -> None:
        make_removal(governed)
        error = request(editor, governed, preview(editor, governed), 409)["error"]
        assert (error["code"], error["message"]) == ("not-possible", "It is being removed already.")


class TestFollowing:
    def test_each_step_says_what_was_seen_and_what_to_do_by_hand(self, editor: Client, governed: Application) -> None:
        removal = make_removal(governed)
        done = [{"said": "revertOnDeletion is on.", "at": time.time()}]
        RemovalPart.objects.filter(on_hub=True).update(done=done)
        RemovalPart.objects.filter(name="us-east").update(sentence="No answer.", by_hand="Look at it.", attempts=2)
        hub, _, last = get(editor, f"/removals/{removal.pk}")["places"]
        assert [(one["state"], one["said"]) for one in hub["steps"]] == [
            ("done", "revertOnDeletion is on."), ("going-on", ""),
        ]  # fmt: skip
        first = last["steps"][0]
        assert (first["state"], first["said"], first["by_hand"]) == ("no-answer", "No answer.", "Look at it.")

    def test_the_list_of_an_application_comes_in_pieces_the_newest_first(
        self, editor: Client, governed: Application
    ) -> None:
        ended = {"state": RemovalState.DONE, "ended_at": timezone.now()}
        made = [make_removal(governed, **ended).pk for _ in range(3)]
        found = every(editor, f"/applications/{governed.pk}/removals", limit=2)
        assert [one["id"] for one in found] == list(reversed(made))

    def test_a_list_reads_no_more_for_more_of_them(self, editor: Client, governed: Application) -> None:
        get(editor, f"/applications/{governed.pk}/removals")  # the first use of a token is noted
        counts = []
        for _ in range(2):
            make_removal(governed, state=RemovalState.DONE, ended_at=timezone.now())
            with CaptureQueriesContext(
                connection,
            ) as seen:
                get(editor, f"/applications/{governed.pk}/removals")
            counts.append(len(seen))
        assert counts[0] == counts[1]

    def test_who_sees_some_of_its_clusters_sees_nothing_of_it(self, governed: Application) -> None:
        removal = make_removal(governed)
        ann = make_person("ann")
        grant(ann, Role.OPERATOR, Covers.CLUSTER, cluster=governed.rollouts.all()[0].cluster, edits_policies=True)
        client = bearer(make_token(ann, "operate").secret)
        assert get(client, f"/applications/{governed.pk}/removals")["items"] == []
        get(client, f"/removals/{removal.pk}", 404)
        post(client, f"/removals/{removal.pk}/stop", 404)
        assert "every cluster that it selects" in preview(client, governed, 403)["error"]["message"]


class TestStopping:
    def test_says_what_is_left(self, editor: Client, governed: Application) -> None:
        removal = make_removal(governed)
        stopped = post(editor, f"/removals/{removal.pk}/stop")
        assert (stopped["state"], stopped["stoppable"]) == ("stopped", False)
        assert "The policy still has its rollout" in stopped["said"]
        assert stopped["places"][0]["steps"][0]["state"] == "left"

    def test_what_has_ended_is_not_stopped(self, editor: Client, governed: Application) -> None:
        removal = make_removal(governed, state=RemovalState.DONE, ended_at=timezone.now())
        error = post(editor, f"/removals/{removal.pk}/stop", 409)["error"]
        assert error["message"] == "It has ended already: there was nothing to stop."

    def test_is_for_who_may_edit_the_policy(self, operator_of_all: Client, governed: Application) -> None:
        removal = make_removal(governed)
        assert get(operator_of_all, f"/removals/{removal.pk}")["stoppable"] is False
        post(operator_of_all, f"/removals/{removal.pk}/stop", 403)
        removal.refresh_from_db()
        assert removal.state == RemovalState.OPEN


@pytest.fixture
def operator_of_all(program: Client) -> Client:
    """No role edits policies."""
    return program


class TestWhoMayNot(Refuses):
    right: ClassVar = {"edits_policies": True}

    @pytest.fixture
    def tries(self, governed: Application, canary: Rollout) -> Tries:
        confirmed = {"mark": ANY_MARK, "digest": "d", "typed": "checkout"}
        return [
            (f"{_removals(governed)}/preview", {"policy": POLICY}),
            (_removals(governed), {"policy": POLICY, **confirmed}),
            (f"{_removals(canary)}/preview", {}),
            (_removals(canary), confirmed),
            (f"/removals/{make_removal(governed).pk}/stop", {}),
        ]

    def stays(self) -> None:
        assert Removal.objects.get().state == RemovalState.OPEN
