"""Promote now: the analysis is off for one release, and on again whatever happens to the workers meanwhile."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from kurator_ui.demo.resources import CANARIES
from rollouts.domain.commands import Act
from rollouts.models import AuditEntry, Command, Reversal
from rollouts.services import act
from tests.services.act.commanding import CLUSTER, NAME, NAMESPACE, Commanding
from tests.services.act.connections import Killed, Watched, kill, long_after

ON_AGAIN = ("done", "The analysis is switched on again.")


def promoted(world: Commanding) -> Command:
    """Accepted, and Flagger has promoted it."""
    world.release(iterations=1)
    world.look_at_pods()
    command = world.carry_out(world.request(Act.PROMOTE_NOW))
    world.tick()
    assert (command.state, world.status["phase"]) == ("accepted", "Succeeded")
    return command


def is_off(world: Commanding) -> bool:
    return bool(world.spec.get("skipAnalysis"))


def killed_at(world: Commanding, moment: str) -> Command:
    world.release(iterations=1)
    command = world.request(Act.PROMOTE_NOW)
    with pytest.raises(Killed):
        world.carry_out(command, connect=Watched(world, **{moment.split()[0]: kill}))
    return command


def test_it_is_promoted_at_the_next_tick_and_the_analysis_is_on_again(world: Commanding) -> None:
    command = promoted(world)
    assert is_off(world)
    world.put_back()
    assert not is_off(world)
    assert world.reversed == [ON_AGAIN]
    world.put_back()
    assert world.asked_to_put_back == []
    assert [one["says"] for one in command.patches] == ["skipAnalysis to true"]


def test_the_next_version_is_analysed_again(world: Commanding) -> None:
    promoted(world)
    world.put_back()
    world.release("3.0.0", iterations=1)
    assert world.status["phase"] == "Progressing"


def test_while_the_release_runs_nothing_is_put_back(world: Commanding) -> None:
    world.release(iterations=1)
    world.carry_out(world.request(Act.PROMOTE_NOW))
    world.look()
    world.put_back()
    assert is_off(world)
    assert Reversal.objects.get().seen_at is not None


def test_it_is_observed_when_blue_has_the_new_version_and_is_ready(world: Commanding) -> None:
    command = promoted(world)
    assert world.settle(command).sentence == "Promoted. Blue's pods are still to be looked at."
    world.rollout.refresh_from_db()
    assert world.rollout.looked_at == world.now()
    world.look_at_pods()
    while world.settle(command).state == "accepted":
        assert "Blue is being rolled: " in command.sentence
        world.fleet.advance(0.2)
        world.look_at_pods()
    assert (command.state, command.sentence) == ("observed", "The release is promoted, and blue is ready with it.")


def test_a_release_that_fails_first_is_said_to_have_failed(world: Commanding) -> None:
    world.release(iterations=1)
    command = world.carry_out(world.request(Act.PROMOTE_NOW))
    world.fleet.patch(CLUSTER, CANARIES, NAMESPACE, NAME, {"spec": {"skipAnalysis": False}})
    world.look()
    world.carry_out(world.request(Act.ROLL_BACK))
    world.tick()
    assert (world.settle(command).state, world.status["phase"]) == ("failed", "Failed")


def test_the_name_has_to_be_typed(world: Commanding) -> None:
    world.release(iterations=1)
    with pytest.raises(act.Unconfirmed):
        world.request(Act.PROMOTE_NOW, typed="")


@pytest.mark.parametrize("moment", ["before the patch", "after the patch"])
def test_a_worker_that_is_killed_is_followed_by_one_that_goes_on(world: Commanding, moment: str) -> None:
    command = killed_at(world, moment)
    assert Reversal.objects.get().state == "open"
    long_after(world, command)
    again = Watched(world)
    assert world.carry_out(command, connect=again).state == "accepted"
    assert len(again.patches) == (1 if moment == "before the patch" else 0)
    world.tick()
    world.put_back()
    assert (is_off(world), world.reversed) == (False, [ON_AGAIN])


def test_what_was_turned_on_is_put_back_though_nobody_heard_of_it(world: Commanding) -> None:
    """Killed after the patch, and no worker came before the command expired."""
    command = killed_at(world, "after the patch")
    Command.objects.filter(pk=command.pk).update(claimed_until=None, expires_at=world.now())
    assert world.settle(command).state == "expired"
    assert is_off(world)
    world.put_back()
    assert (is_off(world), world.reversed) == (False, [ON_AGAIN])


def test_what_was_never_turned_on_is_watched_until_no_worker_can_turn_it_on_any_more(world: Commanding) -> None:
    command = killed_at(world, "before the patch")
    Command.objects.filter(pk=command.pk).update(claimed_until=None, expires_at=world.now())
    world.settle(command)
    world.put_back()
    assert Reversal.objects.get().state == "open"
    world.fleet.patch(CLUSTER, CANARIES, NAMESPACE, NAME, {"spec": {"skipAnalysis": True}})  # as one that was frozen
    world.fleet.advance(5)
    Reversal.objects.update(next_at=world.now())
    world.put_back()
    assert (is_off(world), world.reversed) == (False, [ON_AGAIN])


def test_what_was_never_turned_on_is_closed_in_the_end(world: Commanding) -> None:
    command = killed_at(world, "before the patch")
    long_ago = world.now() - timedelta(hours=1)
    Command.objects.filter(pk=command.pk).update(claimed_until=None, expires_at=long_ago)
    world.settle(command)
    world.put_back()
    assert world.reversed == [("left", "It was never turned on.")]


def test_a_release_that_does_not_end_gets_its_checks_back_when_the_time_is_over(world: Commanding) -> None:
    world.release(iterations=1)
    command = world.carry_out(world.request(Act.PROMOTE_NOW))
    world.look()
    until = Reversal.objects.get().until
    assert until == world.now() + timedelta(minutes=10)
    Reversal.objects.update(until=world.now())
    world.put_back()
    assert (is_off(world), world.reversed) == (False, [ON_AGAIN])
    world.look()
    assert world.settle(command).state == "accepted", "that it has ended may still be on its way"
    Reversal.objects.update(ended_at=world.now() - timedelta(minutes=1))
    assert world.settle(command).state == "failed"
    assert command.sentence.startswith("It was not promoted in time.")


def test_what_somebody_switched_on_meanwhile_is_left_alone(world: Commanding) -> None:
    world.release(iterations=1)
    world.carry_out(world.request(Act.PROMOTE_NOW))
    world.look()
    world.put_back()
    world.fleet.patch(CLUSTER, CANARIES, NAMESPACE, NAME, {"spec": {"skipAnalysis": False}})
    world.look()
    watched = Watched(world)
    world.put_back(connect=watched)
    assert (watched.patches, world.reversed) == ([], [("left", "The analysis was switched on again by somebody else.")])


def test_what_somebody_else_switched_off_before_is_not_ours_to_put_back(world: Commanding) -> None:
    world.release(iterations=1)
    command = world.request(Act.PROMOTE_NOW)
    world.fleet.patch(CLUSTER, CANARIES, NAMESPACE, NAME, {"spec": {"skipAnalysis": True}})
    world.carry_out(command)
    assert command.sentence == "It had been done already. Not by this command, so nothing is put back."
    assert not Reversal.objects.exists()


def test_a_canary_that_is_made_anew_is_not_touched(world: Commanding) -> None:
    promoted(world)
    Command.objects.update(uid="another")
    watched = Watched(world)
    world.put_back(connect=watched)
    assert (watched.patches, world.reversed[0][0]) == ([], "left")


def test_who_overslept_its_claim_sends_nothing(world: Commanding) -> None:
    world.release(iterations=1)
    command = world.request(Act.PROMOTE_NOW)
    second = Watched(world)

    class Slow(Watched):
        """Reads, and is overtaken before it can write."""

        def get(self, *given: Any) -> Any:
            found = self._connection.get(*given)
            if not second.patches:
                long_after(world, command)
                world.carry_out(command, connect=second)
            return found

    first = Slow(world)
    world.carry_out(command, connect=first)
    assert (len(first.patches), len(second.patches), Reversal.objects.count()) == (0, 1, 1)
    assert world.recorded == ["requested", "accepted"]


def test_that_it_was_put_back_is_in_the_audit_trail(world: Commanding) -> None:
    promoted(world)
    world.put_back(record=act.record_put_back)
    entry = AuditEntry.objects.get(act="put-back")
    assert (entry.person, entry.outcome, entry.answer) == ("(this program)", "done", ON_AGAIN[1])
    assert (entry.cluster, entry.name, entry.reason) == (CLUSTER, NAME, "promote-now of olga: skipAnalysis")
