"""Promote now through a policy: Kurator carries it to all clusters, and what was turned on there is put back on the hub
when the last release has ended.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from kurator_ui.demo.clock import VirtualClock
from kurator_ui.demo.serve import DemoFleet
from rollouts.domain.commands import Act, Plan, Refusal
from rollouts.models import Command, Reversal
from tests.services.act.connections import Killed, kill, long_after
from tests.services.act.governing import MEMBERS, Governing, governing, merged

ON_AGAIN = ("done", "The analysis is switched on again.")


class Watched:
    """A connection to the hub before or after whose patches the world ends or changes."""

    def __init__(self, world: Governing, *, before: Any = None, after: Any = None) -> None:
        self._connection = world.connect()
        self._before, self._after = before, after
        self.patches = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    def patch(self, patch: Any) -> str:
        self.patches += 1
        if self._before is not None:
            self._before(patch)
        version = self._connection.patch(patch)
        if self._after is not None:
            self._after(patch)
        return version

    def __call__(self, _: Any) -> Any:
        return self


@pytest.fixture
def world(tmp_path: Path, db: None) -> Iterator[Governing]:
    with DemoFleet(tmp_path, members=2, clock=VirtualClock()) as fleet, governing(fleet) as made:
        yield made


def is_off(world: Governing) -> list[bool]:
    """In the policy that is meant, and in the Canaries."""
    canaries = [bool(world.canary(name)["spec"].get("skipAnalysis")) for name in MEMBERS]
    return [bool(world.policies[1].get("skipTrafficAnalysis")), *canaries]


def phases(world: Governing) -> list[str]:
    return [world.canary(name)["status"]["phase"] for name in MEMBERS]


def test_both_clusters_are_promoted_and_the_analysis_is_on_again_everywhere(world: Governing) -> None:
    world.release(MEMBERS[0], iterations=1)
    world.release(MEMBERS[1], iterations=1)
    command = world.carry_out(world.request(Act.PROMOTE_NOW))
    world.advance(1)
    assert is_off(world) == [True, True, True]
    world.put_back()
    assert is_off(world)[0], "releases are still running"
    world.advance(10)
    assert phases(world) == ["Succeeded", "Succeeded"]
    world.put_back()
    world.advance(1)
    assert (is_off(world), world.reversed) == ([False, False, False], [ON_AGAIN])
    assert not world.policies[0].get("skipTrafficAnalysis"), "another policy of the Application"
    world.look_at_pods()
    assert world.settle(command).state == "observed"
    assert command.sentence == "The release is promoted and blue ready with it in all 2 clusters."


def test_idle_clusters_are_listed_and_the_name_is_typed(world: Governing) -> None:
    world.release(MEMBERS[0], iterations=1)
    plan = world.preview(Act.PROMOTE_NOW).judged
    assert isinstance(plan, Plan)
    assert any(f"No release runs in {MEMBERS[1]}" in one for one in plan.warnings)
    assert (plan.typed, f"check in {MEMBERS[0]}." in plan.effect) == ("checkout", True)


def test_it_is_refused_where_no_release_is_analysed(world: Governing) -> None:
    refusal = world.preview(Act.PROMOTE_NOW).judged
    assert isinstance(refusal, Refusal)
    assert "the next version would go live unchecked" in str(refusal)


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_worker_that_is_killed_leaves_nothing_switched_off(world: Governing, moment: str) -> None:
    world.release(MEMBERS[0], iterations=1)
    command = world.request(Act.PROMOTE_NOW)
    with pytest.raises(Killed):
        world.carry_out(command, connect=Watched(world, **{moment: kill}))
    assert Reversal.objects.get().state == "open"
    long_after(world, command)
    assert world.carry_out(command).state == "accepted"
    world.advance(11)
    world.put_back()
    assert (is_off(world)[0], world.reversed) == (False, [ON_AGAIN])


def test_what_nobody_heard_of_is_put_back_when_the_command_has_expired(world: Governing) -> None:
    world.release(MEMBERS[0], iterations=1)
    command = world.request(Act.PROMOTE_NOW)
    with pytest.raises(Killed):
        world.carry_out(command, connect=Watched(world, after=kill))
    Command.objects.filter(pk=command.pk).update(claimed_until=None, expires_at=world.now())
    assert world.settle(command).state == "expired"
    world.put_back()
    assert (is_off(world)[0], world.reversed) == (False, [ON_AGAIN])


def test_one_that_is_killed_while_it_puts_back_is_followed(world: Governing) -> None:
    world.release(MEMBERS[0], iterations=1)
    world.carry_out(world.request(Act.PROMOTE_NOW))
    world.advance(11)
    with pytest.raises(Killed):
        world.put_back(connect=Watched(world, after=kill))
    world.advance(31)
    world.put_back()
    assert (is_off(world)[0], world.reversed) == (False, [ON_AGAIN])


def test_what_others_edit_meanwhile_is_read_again(world: Governing) -> None:
    world.release(MEMBERS[0], iterations=1)
    world.carry_out(world.request(Act.PROMOTE_NOW))
    world.advance(11)

    def meanwhile(_: Any) -> None:
        if watched.patches < 3:
            timing = {"trafficAnalysis": {"checkFailedTimes": 3 + watched.patches}}
            world.edit(lambda policies: merged(policies[0]["rollout"]["rolloutPolicy"], timing))

    watched = Watched(world, before=meanwhile)
    world.put_back(connect=watched)
    assert (watched.patches, is_off(world)[0], world.reversed) == (3, False, [ON_AGAIN])


def test_it_is_put_back_when_the_time_is_over_though_a_release_runs(world: Governing) -> None:
    world.release(MEMBERS[0], iterations=1)
    world.carry_out(world.request(Act.PROMOTE_NOW))
    world.look()
    Reversal.objects.update(until=world.now() - timedelta(seconds=1))
    world.put_back()
    assert (is_off(world)[0], world.reversed) == (False, [ON_AGAIN])


def test_what_somebody_switched_on_meanwhile_is_left_alone(world: Governing) -> None:
    world.release(MEMBERS[0], iterations=1)
    world.carry_out(world.request(Act.PROMOTE_NOW))
    world.look()
    world.put_back()
    on = {"skipTrafficAnalysis": False}
    world.edit(lambda policies: merged(policies[1]["rollout"]["rolloutPolicy"], on))
    world.look()
    watched = Watched(world)
    world.put_back(connect=watched)
    assert (watched.patches, world.reversed) == (0, [("left", "The analysis was switched on again by somebody else.")])
