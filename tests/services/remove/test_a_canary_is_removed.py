"""A Canary that no policy makes is removed step by step, and users have a ready pod at every moment."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from kurator_ui.demo.clock import VirtualClock
from kurator_ui.demo.resources import CANARIES, DEPLOYMENTS, SERVICES
from kurator_ui.demo.serve import DemoFleet
from rollouts.models import AuditEntry, Removal
from rollouts.services import remove
from rollouts.services.act import NotPossible
from rollouts.services.remove import going
from tests.services.act.commanding import CLUSTER, NAME, NAMESPACE
from tests.services.act.conftest import IMAGE
from tests.services.act.connections import Killed
from tests.services.remove.removing_canaries import RemovingCanary
from tests.services.remove.test_whoever_is_killed_is_followed import Dying
from tests.support.canaries import left_by_kurator, made_by_kurator


@pytest.fixture
def plain(tmp_path: Path, db: None) -> Iterator[RemovingCanary]:
    with DemoFleet(tmp_path, members=1, clock=VirtualClock()) as fleet:
        fleet.add_rollout(CLUSTER, NAMESPACE, NAME, IMAGE)
        fleet.advance(25)
        made = RemovingCanary(fleet)
        made.change(revertOnDeletion=False)
        made.look()
        yield made
        made.close()


def test_all_goes_but_the_workload_which_serves_users(plain: RemovingCanary) -> None:
    removal = plain.until_ended(plain.ask(reason="a plain Deployment is enough"))
    assert (removal.state, removal.sentence) == (
        "done",
        "The rollout is removed in eu-west, and the targets serve users.",
    )
    assert [one["said"] for one in removal.parts.get().done] == [
        "revertOnDeletion is on.",
        "revertOnDeletion and Flagger's finalizer are on the Canary.",
        "The Canary is gone.",
        "2 pods of the target ready, and Service checkout selects them.",
        "Nothing is left behind.",
    ]
    assert plain.find(CANARIES) is None
    assert plain.find(DEPLOYMENTS, f"{NAME}-primary") is None
    assert plain.find(SERVICES, f"{NAME}-canary") is None
    assert plain.served()


def test_nothing_is_deleted_before_flagger_has_said_that_it_will_bring_the_target_back(plain: RemovingCanary) -> None:
    plain.ask()
    plain.go_on()
    found = plain.find(CANARIES)
    assert found is not None
    assert found["spec"]["revertOnDeletion"] is True
    assert "deletionTimestamp" not in found["metadata"]


def until_suspended(plain: RemovingCanary) -> dict[str, Any]:
    for _ in range(20):
        plain.go_on()
        found = plain.find(CANARIES)
        assert found is not None
        if found["spec"].get("suspend"):
            return found
        plain.fleet.advance(1)
    raise AssertionError("it was never suspended")


def test_it_is_suspended_before_it_is_deleted(plain: RemovingCanary) -> None:
    removal = plain.ask()
    assert "deletionTimestamp" not in until_suspended(plain)["metadata"]
    assert plain.until_ended(removal).state == "done"
    suspended, deleted = AuditEntry.objects.filter(act="remove", outcome="accepted").order_by("pk")[1:]
    assert "suspend" in suspended.patch
    assert "marked for deletion" in deleted.answer


def test_stopped_between_the_two_it_is_said_that_the_canary_may_be_suspended(plain: RemovingCanary) -> None:
    removal = plain.ask()
    until_suspended(plain)
    assert remove.stop_removal(removal=removal, now=plain.now())
    assert "may be suspended by now: resume it" in removal.sentence


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("at", [1, 2, 3])
def test_whoever_is_killed_at_a_write_is_followed(plain: RemovingCanary, at: int, after: bool) -> None:
    """Two patches and one deletion: what was done already is not done again."""
    removal, dying = plain.ask(), Dying(plain, at, after=after)  # type: ignore[arg-type]
    killed = 0
    for _ in range(60):
        try:
            plain.go_on(dying)
        except Killed:
            killed += 1
            plain.forget_claims()
        removal.refresh_from_db()
        if removal.state != "open":
            break
        plain.fleet.advance(1)
        assert plain.served()
    assert (removal.state, killed, dying.writes) == ("done", 1, 3 if after else 4)


@pytest.mark.parametrize("at", range(1, 6))
def test_whoever_is_killed_before_a_step_is_noted_is_followed(
    plain: RemovingCanary, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    noted, notes = going._advance, 0

    def dying(*args: Any) -> bool:
        nonlocal notes
        notes += 1
        if notes == at:
            raise Killed
        return noted(*args)

    monkeypatch.setattr(going, "_advance", dying)
    removal = plain.ask()
    for _ in range(60):
        try:
            plain.go_on()
        except Killed:
            plain.forget_claims()
        plain.fleet.advance(1)
        assert plain.served()
    removal.refresh_from_db()
    assert removal.state == "done"


def test_it_ends_where_somebody_turns_it_off_again_before_anything_is_taken_away(plain: RemovingCanary) -> None:
    removal = plain.ask()
    plain.go_on()
    plain.change(revertOnDeletion=False)
    plain.fleet.advance(2)
    removal = plain.until_ended(removal)
    assert removal.state == "failed"
    assert "Somebody has turned revertOnDeletion off again." in removal.sentence
    assert "The Canary is as it was" in removal.sentence
    assert plain.find(CANARIES) is not None


def test_a_release_that_begins_is_waited_for_and_too_late_is_too_late(plain: RemovingCanary) -> None:
    removal = plain.ask()
    plain.go_on()
    plain.fleet.release(CLUSTER, NAMESPACE, NAME, "registry.example.test/checkout:2.0.0")
    plain.fleet.advance(15)
    plain.go_on()
    assert "the target may have another version than blue" in removal.parts.get().sentence
    Removal.objects.update(expires_at=plain.now() - timedelta(seconds=1))
    plain.go_on()
    removal.refresh_from_db()
    assert removal.state == "failed"
    assert "nothing was taken away" in removal.sentence
    assert plain.find(CANARIES) is not None


def test_another_canary_of_the_same_name_is_left_alone(plain: RemovingCanary) -> None:
    removal = plain.ask()
    whole = plain.fleet.get(CLUSTER, CANARIES, NAMESPACE, NAME)
    plain.fleet.delete(CLUSTER, CANARIES, NAMESPACE, NAME)
    plain.fleet.create(CLUSTER, CANARIES, {**whole, "metadata": {"namespace": NAMESPACE, "name": NAME}})
    plain.go_on()
    removal.refresh_from_db()
    assert removal.state == "failed"
    assert "it was deleted meanwhile" in removal.sentence
    assert plain.find(CANARIES) is not None


def test_who_lost_the_right_meanwhile_removes_nothing(plain: RemovingCanary) -> None:
    removal = plain.ask()
    plain.allowed = False
    plain.go_on()
    removal.refresh_from_db()
    assert removal.state == "failed"
    assert "olga may not do this any more." in removal.sentence
    found = plain.find(CANARIES)
    assert found is not None
    assert found["spec"].get("revertOnDeletion") is False


def test_it_can_be_stopped_before_it_deletes(plain: RemovingCanary) -> None:
    removal = plain.ask()
    plain.go_on()
    assert remove.stop_removal(removal=removal, now=plain.now())
    for _ in range(20):
        plain.go_on()
        plain.fleet.advance(1)
    assert plain.find(CANARIES) is not None
    assert plain.served()


def test_one_at_a_time_and_two_clusters_of_one_name_are_two(plain: RemovingCanary) -> None:
    plain.ask()
    with pytest.raises(NotPossible, match="being removed already"):
        plain.ask()


def test_what_kurator_makes_is_refused_with_the_way_there(plain: RemovingCanary) -> None:
    made_by_kurator(plain.rollout)
    with pytest.raises(NotPossible, match="Kurator makes this Canary of a policy"):
        plain.ask()


def test_what_kurator_has_let_go_of_is_removed(plain: RemovingCanary) -> None:
    left_by_kurator(plain.rollout)
    assert plain.until_ended(plain.ask()).state == "done"


def test_what_a_policy_claims_before_anything_is_written_is_left_as_it_is(plain: RemovingCanary) -> None:
    removal = plain.ask()
    made_by_kurator(plain.rollout)
    plain.go_on()
    removal.refresh_from_db()
    assert (removal.state, removal.parts.get().done) == ("failed", [])
    assert "A policy of Kurator makes this Canary now" in removal.sentence
    found = plain.find(CANARIES)
    assert found is not None
    assert not found["spec"]["revertOnDeletion"]


def test_what_a_policy_claims_before_it_is_deleted_is_not_deleted(plain: RemovingCanary) -> None:
    removal = plain.ask()
    until_suspended(plain)
    made_by_kurator(plain.rollout)
    for _ in range(5):
        plain.fleet.advance(1)
        plain.go_on()
    removal.refresh_from_db()
    assert removal.state == "failed"
    assert "may be suspended by now: resume it" in removal.sentence
    found = plain.find(CANARIES)
    assert found is not None
    assert "deletionTimestamp" not in found["metadata"]


def test_each_write_is_in_the_audit_trail(plain: RemovingCanary) -> None:
    plain.until_ended(plain.ask(reason="why not"))
    found = [(one.outcome, one.kind, one.name) for one in AuditEntry.objects.filter(act="remove").order_by("pk")]
    assert found == [
        ("requested", "rollout", NAME),
        *[("accepted", "rollout", NAME)] * 3,
        ("done", "rollout", NAME),
    ]
