"""An earlier version through a policy, fast: the analysis is off in every cluster before anything is put on a target,
and on again once the releases that this began have ended.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from kurator_ui.demo.clock import VirtualClock
from kurator_ui.demo.resources import CANARIES
from kurator_ui.demo.serve import DemoFleet
from kurator_ui.demo.store import Address
from rollouts.domain.commands import Act, Plan, Refusal, Unsaid
from rollouts.models import AuditEntry, Command, Reversal
from rollouts.services import act
from tests.services.act.bringing_back import ONE, TWO, BringingBack, bringing_back
from tests.services.act.governing import MEMBERS, NAME, NAMESPACE, merged

ON_AGAIN = ("done", "The analysis is switched on again.")


@pytest.fixture
def world(tmp_path: Path, db: None) -> Iterator[BringingBack]:
    with DemoFleet(tmp_path, members=2, clock=VirtualClock()) as fleet, bringing_back(fleet) as made:
        yield made


def shows_on(world: BringingBack, cluster: str) -> None:
    """Its Canary says that there is an analysis, whatever the policy says."""

    def edit(found: dict[str, dict[str, bool]]) -> None:
        found["spec"]["skipAnalysis"] = False

    world.fleet.call(lambda: world.fleet.cluster(cluster).store.change(Address(CANARIES, NAMESPACE, NAME), edit))


def test_both_clusters_have_it_after_two_ticks_and_the_analysis_is_on_again(world: BringingBack) -> None:
    world.succeeded()
    command = world.accepted()
    assert (world.is_off(), world.images(), world.parts(command)) == ([True] * 3, [TWO] * 2, ["waiting"] * 2)
    world.pass_once()
    world.work()
    assert (world.images(), world.parts(command)) == ([ONE] * 2, ["accepted"] * 2)
    world.put_back()
    assert world.is_off()[0], "the release before has ended, but not the one that was begun"
    world.go_on()
    assert world.is_off()[0], "it is running"
    for _ in range(4):
        world.go_on()
    world.advance(1)
    assert (world.is_off(), world.reversed) == ([False] * 3, [ON_AGAIN])
    assert world.images(f"{NAME}-primary") == [ONE] * 2
    command.refresh_from_db()
    assert (command.state, world.parts(command)) == ("observed", ["observed"] * 2)
    assert command.sentence == "The earlier version is promoted and blue ready with it in all 2 clusters."
    assert not world.policies[0].get("skipTrafficAnalysis"), "another policy of the Application"


def test_nothing_is_put_on_a_target_whose_canary_does_not_show_it(world: BringingBack) -> None:
    world.succeeded()
    command = world.carry_out(world.ask())
    world.fleet.advance(1)
    world.look(MEMBERS[0])
    world.pass_once()
    world.work()
    assert (world.images(), world.parts(command)) == ([ONE, TWO], ["accepted", "waiting"])
    world.fleet.advance(100)
    world.look(MEMBERS[0])
    world.pass_once()
    world.work()
    assert (world.images(), world.parts(command)[1]) == ([ONE, TWO], "expired")
    assert "did not show within 100 s" in world.said(command, MEMBERS[1])


def test_it_is_put_back_though_one_cluster_never_showed_it(world: BringingBack) -> None:
    world.succeeded()
    command = world.carry_out(world.ask())
    for _ in range(12):
        world.fleet.advance(10)
        world.look(MEMBERS[0])
        world.look_at_pods(MEMBERS[0])
        world.pass_once()
        world.work()
        world.put_back()
    command.refresh_from_db()
    assert (command.state, world.parts(command), world.is_off()[0]) == ("failed", ["observed", "expired"], False)
    assert command.sentence.startswith(f"{MEMBERS[1]}: Its Canary did not show")


def test_what_the_canary_says_when_it_is_carried_out_decides(world: BringingBack) -> None:
    world.succeeded()
    command = world.accepted()
    world.pass_once()
    shows_on(world, MEMBERS[1])
    world.work()
    assert (world.images(), world.parts(command)) == ([ONE, TWO], ["accepted", "refused"])
    assert world.said(command, MEMBERS[1]) == (
        "Its Canary does not show that policy checkout-1 switches the analysis off."
    )


def test_each_is_bound_to_what_was_seen_in_its_own_cluster(world: BringingBack) -> None:
    world.succeeded()
    command = world.accepted()
    world.fleet.release(MEMBERS[1], NAMESPACE, NAME, "checkout:3.0.0")
    world.pass_once()
    world.work()
    assert (world.images(), world.parts(command)) == ([ONE, "checkout:3.0.0"], ["accepted", "refused"])


def test_a_cluster_without_the_version_is_left_out_with_the_reason(world: BringingBack) -> None:
    world.succeeded(MEMBERS[0])
    world.read()
    seen = world.preview(Act.EARLIER_VERSION, images=ONE)
    assert isinstance(seen.judged, Plan)
    assert world.left_out(seen, MEMBERS[0]) == ""
    assert "No earlier version is known" in world.left_out(seen, MEMBERS[1])
    assert seen.judged.typed == NAME
    assert all(name in seen.judged.warnings[0] for name in MEMBERS), "where others go live unchecked"
    command = world.request(Act.EARLIER_VERSION, seen)
    assert world.parts(command) == ["waiting"]


def test_it_has_to_be_known_where_it_is_possible(world: BringingBack) -> None:
    world.succeeded()
    assert isinstance(world.preview(Act.EARLIER_VERSION).judged, Unsaid), "the versions are still to be read"
    world.read()
    missed = world.preview(Act.EARLIER_VERSION).judged
    assert isinstance(missed, Unsaid)
    assert (missed.field, ONE in str(missed)) == ("images", True)
    nowhere = world.preview(Act.EARLIER_VERSION, images="checkout:9").judged
    assert isinstance(nowhere, Unsaid)
    assert "No earlier version with these images is known here." in str(nowhere)


def test_it_is_refused_while_a_release_would_be_promoted_unchecked(world: BringingBack) -> None:
    world.succeeded(MEMBERS[0])
    world.release(MEMBERS[1], iterations=1)
    refusal = world.preview(Act.EARLIER_VERSION).judged
    assert isinstance(refusal, Refusal)
    assert f"A release is on its way in {MEMBERS[1]}" in str(refusal)


def test_somebody_elses_switch_is_nobodys_leave(world: BringingBack) -> None:
    world.succeeded()
    command = world.ask()
    world.edit(lambda policies: merged(policies[1]["rollout"]["rolloutPolicy"], {"skipTrafficAnalysis": True}))
    world.carry_out(command)
    assert command.state == "refused"
    world.look()
    world.pass_once()
    world.work()
    assert (world.images(), world.parts(command)) == ([TWO] * 2, ["cancelled"] * 2)
    assert not Reversal.objects.exists()


def test_a_canary_that_still_shows_an_older_switch_is_left_out(world: BringingBack) -> None:
    world.succeeded()
    world.edit(lambda policies: merged(policies[1]["rollout"]["rolloutPolicy"], {"skipTrafficAnalysis": True}))
    world.advance(1)
    world.edit(lambda policies: merged(policies[1]["rollout"]["rolloutPolicy"], {"skipTrafficAnalysis": False}))
    world.look_at_the_hub()
    world.read()
    refusal = world.preview(Act.EARLIER_VERSION, images=ONE).judged
    assert isinstance(refusal, Refusal)
    assert "still shows the analysis switched off" in str(refusal)


def test_each_stage_in_each_cluster_is_in_the_audit_trail(world: BringingBack) -> None:
    world.succeeded()
    world.record = act.on_behalf  # type: ignore[method-assign]
    command = world.accepted()
    for _ in range(4):
        world.go_on()
    command.refresh_from_db()
    found = AuditEntry.objects.filter(act="earlier-version").order_by("number")
    stages: dict[tuple[str, str], list[str]] = {}
    for one in found:
        stages.setdefault((one.kind, one.cluster), []).append(one.outcome)
    assert stages == {
        ("policy", "hub"): ["requested", "accepted", "observed"],
        **{("rollout", name): ["waiting", "requested", "accepted", "observed"] for name in MEMBERS},
    }


def test_without_the_name_nothing_is_requested(world: BringingBack) -> None:
    world.succeeded()
    world.read()
    seen = world.preview(Act.EARLIER_VERSION, images=ONE)
    with pytest.raises(act.PolicyUnconfirmed):
        act.request_policy(
            application=world.application, policy="checkout-1", wanted=seen.wanted, digest=seen.digest,
            person=world.person, reason="", typed="", now=world.now(), enqueue=world.enqueue, record=world.record,
            feed=world.feed,
        )  # fmt: skip
    assert not Command.objects.exists()


def test_it_is_put_back_when_the_time_is_over_though_nothing_ended(world: BringingBack) -> None:
    world.succeeded()
    command = world.accepted()
    world.pass_once()
    world.work()
    Reversal.objects.update(until=world.now() - timedelta(seconds=1))
    world.put_back()
    assert (world.is_off()[0], world.reversed, world.parts(command)) == (False, [ON_AGAIN], ["accepted"] * 2)
