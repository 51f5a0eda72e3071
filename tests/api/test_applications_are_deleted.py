"""Deleting an Application by the API: looked at, confirmed with what was seen, followed, stopped."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from rollouts.domain.whole.deleting import Deletion, Going, Trap, TrapKind
from rollouts.models import Application, ApplicationChange, ChangeState, Cluster, Covers, Role
from rollouts.services.one_offs import asking
from tests.api.asking import bearer, get, post
from tests.api.refusing import Refuses, Tries
from tests.support.bare import make_bare
from tests.support.people import grant, make_person, make_token
from tests.support.whole import make_change, make_creation

pytestmark = pytest.mark.django_db
Asked = list[tuple[str, dict[str, Any]]]
TRAP = Trap(TrapKind.ROLLOUT, "It still has a rollout.", "Remove it first.", "cart-prod")
GOING = Going("cart-prod", "eu-west", True, ("Deployment shop/cart",), "Flux deletes what it has applied.")


@pytest.fixture
def bare(asked: Asked) -> Application:
    return make_bare("eu-west", "us-east")


def address(change: ApplicationChange, *more: str) -> str:
    return "/".join((f"/application-changes/{change.pk}", *more))


def confirm(client: Client, change: ApplicationChange, status: int = 200, **given: str) -> Any:
    said = {"digest": change.digest, "typed": change.name, "reason": "no longer sold"}
    return post(client, address(change, "confirm"), status, **{**said, **given})


class TestLooking:
    def test_asks_a_worker_and_deletes_nothing(self, editor: Client, bare: Application, asked: Asked) -> None:
        made = post(editor, f"/applications/{bare.pk}/deletions", 201)
        assert (made["kind"], made["what"], made["state"]) == ("deletion", "Application shop/cart", "looking")
        assert (made["review"], made["places"], made["application"]) == (None, [], bare.pk)
        assert asked == [("rollouts.tasks.go_on_with_application", {"change": made["id"]})]
        assert get(editor, f"/application-changes/{made['id']}") == made

    def test_shows_everything_that_would_go(self, editor: Client, ed: User, bare: Application) -> None:
        change = make_change(bare, ed, Deletion((), (GOING,), ("Namespace shop goes.",)))
        review = get(editor, address(change))["review"]
        assert (review["digest"], review["typed"], review["reason_required"]) == (change.digest, "cart", True)
        assert review["going"] == [
            {
                "policy": "cart-prod", "cluster": "eu-west", "goes": True, "objects": ["Deployment shop/cart"],
                "said": "Flux deletes what it has applied.",
            }
        ]  # fmt: skip
        assert (review["warnings"], review["clusters"]) == (["Namespace shop goes."], ["eu-west", "us-east"])

    def test_says_first_who_brings_it_back(self, editor: Client, ed: User, asked: Asked) -> None:
        kept = make_bare("eu-west", owner_kind="flux", owner_name="apps")
        warnings = get(editor, address(make_change(kept, ed, Deletion((), (), ("More.",)))))["review"]["warnings"]
        assert warnings[0] == "Flux (apps) keeps this Application: deleted on the hub alone, it comes back."

    def test_a_trap_is_told_with_the_next_best_thing_and_cannot_be_confirmed(
        self, editor: Client, ed: User, bare: Application
    ) -> None:
        change = make_change(bare, ed, Deletion((TRAP,), (), ()))
        trap = {"said": "It still has a rollout.", "instead": "Remove it first."}
        assert get(editor, address(change))["review"]["why_not"] == [trap]
        error = confirm(editor, change, 409)["error"]
        assert (error["code"], error["change"]["review"]["why_not"]) == ("not-possible", [trap])
        assert post(editor, address(change, "look"))["state"] == "looking"

    def test_is_told_to_who_asked_alone_until_it_is_confirmed(self, ed: User, bare: Application) -> None:
        other = make_person("eve")
        grant(other, edits_policies=True)
        client = bearer(make_token(other, "operate").secret)
        change = make_change(bare, ed)
        get(client, address(change), 404)
        confirm(client, change, 404)

    def test_plain_canaries_have_no_application_to_delete(self, editor: Client, application: Application) -> None:
        post(editor, f"/applications/{application.pk}/deletions", 404)

    def test_who_may_edit_some_of_its_clusters_only_may_not(self, bare: Application) -> None:
        person = make_person("half")
        cluster = Cluster.objects.get(name="eu-west")
        grant(person, Role.VIEWER, Covers.CLUSTER, cluster=cluster, edits_policies=True)
        grant(person)
        client = bearer(make_token(person, "operate").secret)
        error = post(client, f"/applications/{bare.pk}/deletions", 403)["error"]
        assert "To delete an Application needs the right" in error["message"]
        assert not ApplicationChange.objects.exists()


class TestConfirming:
    def test_asks_for_it_once_with_the_reason(self, editor: Client, ed: User, bare: Application, asked: Asked) -> None:
        change = make_change(bare, ed)
        for _ in range(2):
            said = confirm(editor, change)
        assert (said["state"], said["reason"], said["review"], said["stoppable"]) == (
            "open", "no longer sold", None, True,
        )  # fmt: skip
        (place,) = said["places"]
        assert (place["on_hub"], [one["state"] for one in place["steps"]]) == (
            True, ["going-on", "to-come", "to-come"],
        )  # fmt: skip
        assert asked == [("rollouts.tasks.go_on_with_application", {"change": change.pk})]

    @pytest.mark.parametrize(("given", "field"), [({"typed": "crat"}, "typed"), ({"reason": " "}, "reason")])
    def test_wants_the_name_and_a_reason(
        self, editor: Client, ed: User, bare: Application, given: dict[str, str], field: str
    ) -> None:
        change = make_change(bare, ed)
        error = confirm(editor, change, 422, **given)["error"]
        assert (error["code"], error["fields"][0]["where"]) == ("unconfirmed", f"body.{field}")
        change.refresh_from_db()
        assert change.state == ChangeState.LOOKED

    def test_holds_for_exactly_what_was_seen(self, editor: Client, ed: User, bare: Application) -> None:
        change = make_change(bare, ed)
        error = confirm(editor, change, 409, digest="e" * 64)["error"]
        assert (error["code"], error["change"]["review"]["digest"]) == ("changed", change.digest)

    def test_a_look_that_was_asked_for_just_before_the_click_is_told(
        self, editor: Client, ed: User, bare: Application, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        change, judge = make_change(bare, ed), asking.judge

        def looks_again(*given: Any, **more: Any) -> None:
            judge(*given, **more)
            asking.look_again(change, timezone.now())

        monkeypatch.setattr(asking, "judge", looks_again)
        error = confirm(editor, change, 409)["error"]
        assert (error["code"], error["change"]["state"]) == ("changed", "looking")

    def test_beside_another_one_that_goes_on_is_not_possible(self, editor: Client, ed: User, bare: Application) -> None:
        make_change(bare, ed, state=ChangeState.OPEN, asked_at=timezone.now())
        assert confirm(editor, make_change(bare, ed), 409)["error"]["code"] == "not-possible"


class TestFollowing:
    @pytest.mark.parametrize("state", [ChangeState.STOPPED, ChangeState.FAILED])
    def test_what_was_never_asked_for_is_its_authors_alone_also_when_it_has_ended(
        self, editor: Client, ed: User, bare: Application, state: ChangeState
    ) -> None:
        change = make_change(bare, ed, state=state, ended_at=timezone.now())
        eve = make_person("eve")
        grant(eve, edits_policies=True)
        get(bearer(make_token(eve, "operate").secret), address(change), 404)
        assert get(editor, address(change))["state"] == state

    def test_in_the_end_tells_what_is_left_in_each_cluster(self, editor: Client, ed: User, bare: Application) -> None:
        now = timezone.now()
        change = make_change(
            bare, ed, state=ChangeState.DONE, asked_at=now, written_at=now, arrived_at=now, ended_at=now,
            left={"1": {"name": "eu-west", "said": "No workload of it is left."}},
        )  # fmt: skip
        hub, cluster = get(editor, address(change))["places"]
        assert {one["state"] for one in hub["steps"]} == {"done"}
        assert (cluster["cluster"], cluster["steps"][0]["said"]) == ("eu-west", "No workload of it is left.")

    def test_of_a_new_one_has_the_object_that_is_made(self, editor: Client, ed: User, bare: Application) -> None:
        assert bare.hub is not None
        found = get(editor, address(make_creation(bare.hub, ed, seen={"refused": "no such kind"})))
        assert (found["kind"], found["review"]["manifest"]["metadata"]["name"]) == ("creation", "cards")
        assert found["review"]["why_not"] == [{"said": "no such kind", "instead": "Enter it otherwise."}]

    def test_it_is_stopped_once(self, editor: Client, ed: User, bare: Application) -> None:
        change = make_change(bare, ed, state=ChangeState.OPEN, asked_at=timezone.now())
        stopped = post(editor, address(change, "stop"))
        assert (stopped["state"], stopped["said"], stopped["stoppable"]) == (
            "stopped", "Stopped. The hub was not asked to do anything.", False,
        )  # fmt: skip
        assert "nothing to stop" in post(editor, address(change, "stop"), 409)["error"]["message"]


class TestWhoMayNot(Refuses):
    right: ClassVar = {"edits_policies": True}

    @pytest.fixture
    def tries(self, bare: Application, ed: User) -> Tries:
        change = make_change(bare, ed, state=ChangeState.OPEN, asked_at=timezone.now())
        confirmed = {"digest": change.digest, "typed": "cart", "reason": "so"}
        return [
            (f"/applications/{bare.pk}/deletions", {}),
            (address(change, "confirm"), confirmed),
            (address(change, "look"), {}),
            (address(change, "stop"), {}),
        ]

    def stays(self) -> None:
        assert ApplicationChange.objects.get().state == ChangeState.OPEN
