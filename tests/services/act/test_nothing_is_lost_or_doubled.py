"""Whatever happens between the click and the end: no patch is lost, none is made twice, none hits another release."""

from __future__ import annotations

from typing import Any

import pytest

from kurator_ui.demo.resources import CANARIES
from rollouts.domain.commands import Act, Patch
from rollouts.domain.errors import Forbidden
from rollouts.domain.observations import Kind
from rollouts.models import Command
from rollouts.services import act
from rollouts.services.act import carrying
from tests.services.act.commanding import CLUSTER, NAME, NAMESPACE, Commanding
from tests.services.act.connections import Killed, Watched, kill, long_after


def test_the_same_click_twice_is_one_command(world: Commanding) -> None:
    world.release(iterations=1)
    seen = world.preview(Act.ROLL_BACK)
    given: dict[str, Any] = {
        "rollout": world.rollout, "wanted": seen.wanted, "digest": seen.digest, "reason": "",
        "person": world.person, "now": world.now(), "enqueue": world.enqueue, "record": world.record,
        "feed": world.feed,
    }  # fmt: skip
    first, second = act.request(**given), act.request(**given)
    assert first == second
    assert world.asked == [first.pk]
    assert world.recorded == ["requested"]


def test_an_equal_act_is_refused_while_one_is_under_way(world: Commanding) -> None:
    world.release(iterations=1)
    world.request(Act.ROLL_BACK)
    with pytest.raises(act.NotPossible, match="under way"):
        world.request(Act.ROLL_BACK)


def test_a_click_on_what_has_changed_is_refused_and_shows_the_present(world: Commanding) -> None:
    world.release(iterations=2)
    seen = world.preview(Act.ROLL_BACK)
    world.tick(2)
    assert world.weights == (0, 100)
    world.rollout.refresh_from_db()
    with pytest.raises(act.Changed) as changed:
        act.request(
            rollout=world.rollout, wanted=seen.wanted, digest=seen.digest, person=world.person,
            reason="", now=world.now(), enqueue=world.enqueue, record=world.record, feed=world.feed,
        )  # fmt: skip
    assert "at once" in changed.value.preview.judged.users  # type: ignore[union-attr]
    assert not Command.objects.exists()


def test_a_tick_that_changes_no_meaning_does_not_refuse_a_click(world: Commanding) -> None:
    world.release(iterations=1)
    before = world.preview(Act.ROLL_BACK)
    world.tick()
    assert world.preview(Act.ROLL_BACK).digest == before.digest


@pytest.mark.parametrize("moment", ["before the patch", "after the patch"])
@pytest.mark.parametrize("wanted", [Act.ROLL_BACK, Act.SKIP_ITERATIONS, Act.PAUSE, Act.RETRY])
def test_a_worker_that_is_killed_leaves_neither_a_lost_nor_a_doubled_patch(
    world: Commanding, wanted: Act, moment: str
) -> None:
    world.release(iterations=1)
    command = world.request(wanted)
    killed = Watched(world, **{moment.split()[0]: kill})
    with pytest.raises(Killed):
        world.carry_out(command, connect=killed)
    command.refresh_from_db()
    assert command.state == "requested"
    again = Watched(world)
    assert world.carry_out(command, connect=again).state == "requested", "its claim still holds"
    long_after(world, command)
    assert world.settle(command).state == "requested"
    assert world.asked[-1] == command.pk
    assert world.carry_out(command, connect=again).state == "accepted"
    assert len(again.patches) == (1 if moment == "before the patch" else 0)
    world.tick()
    assert world.settle(command).state == "observed"


def test_a_worker_that_is_killed_between_the_two_patches_of_a_roll_back_is_made_good(world: Commanding) -> None:
    world.release(users_on_green=True)
    command = world.request(Act.ROLL_BACK)
    with pytest.raises(Killed):
        world.carry_out(command, connect=Watched(world, before=lambda one: kill() if one.subresource else None))
    long_after(world, command)
    assert world.carry_out(command).state == "accepted"
    assert (world.status["failedChecks"], world.weights) == (2, (100, 0))


def test_what_came_about_while_nobody_looked_after_it_is_not_done_again(world: Commanding) -> None:
    world.release(iterations=1)
    command = world.request(Act.RETRY)
    with pytest.raises(Killed):
        world.carry_out(command, connect=Watched(world, after=kill))
    long_after(world, command)
    world.tick()
    assert world.rollout.releases.count() == 2
    again = Watched(world)
    assert world.carry_out(command, connect=again).state == "accepted"
    assert again.patches == []
    assert world.settle(command).state == "observed"


def test_two_workers_do_it_once(world: Commanding) -> None:
    world.release(iterations=1)
    command = world.request(Act.PAUSE)
    second = Watched(world)

    def meanwhile(_: Patch) -> None:
        world.carry_out(command, connect=second)

    first = Watched(world, before=meanwhile)
    world.carry_out(command, connect=first)
    assert (len(first.patches), len(second.patches)) == (1, 0)


def test_who_overslept_its_claim_writes_nothing_of_the_command_any_more(world: Commanding) -> None:
    world.release(iterations=1)
    command = world.request(Act.PAUSE)

    def overslept(_: Patch) -> None:
        long_after(world, command)
        world.carry_out(command)

    world.carry_out(command, connect=Watched(world, after=overslept))
    assert world.recorded == ["requested", "accepted"]


def test_what_flagger_writes_meanwhile_is_read_and_judged_again(world: Commanding) -> None:
    world.release(iterations=1)
    command = world.request(Act.ROLL_BACK)
    writes = iter([lambda: world.fleet.advance(10)])

    def meanwhile(_: Patch) -> None:
        next(writes, lambda: None)()

    watched = Watched(world, before=meanwhile)
    assert world.carry_out(command, connect=watched).state == "accepted"
    assert len(watched.patches) == 2
    assert world.status["failedChecks"] == 2


def test_who_loses_every_race_gives_up_and_says_so(world: Commanding) -> None:
    world.release(iterations=1)

    def meanwhile(_: Patch) -> None:
        label = {"metadata": {"labels": {"number": str(len(seen.patches))}}}
        world.fleet.patch(CLUSTER, CANARIES, NAMESPACE, NAME, label)

    seen = Watched(world, before=meanwhile)
    command = world.carry_out(world.request(Act.PAUSE), connect=seen)
    assert command.state == "failed"
    assert "kept changing it" in command.sentence
    assert len(seen.patches) == carrying.ATTEMPTS


def test_the_next_release_is_never_hit(world: Commanding) -> None:
    world.release(iterations=1)
    command = world.request(Act.ROLL_BACK)
    world.fleet.release(CLUSTER, NAMESPACE, NAME, "registry.example.test/checkout:3.0.0")
    world.fleet.advance(10)
    assert world.carry_out(command).state == "refused"
    assert "release 1" in command.sentence
    assert world.status["failedChecks"] == 0


def test_a_right_that_was_taken_away_meanwhile_refuses_it(world: Commanding) -> None:
    world.release(iterations=1)
    command = world.request(Act.ROLL_BACK)
    world.allowed = False
    assert world.carry_out(command).state == "refused"
    assert "olga may not" in command.sentence
    assert world.status["failedChecks"] == 0


def test_a_cluster_that_does_not_answer_is_tried_again_until_the_command_expires(world: Commanding) -> None:
    world.release(iterations=1)
    command = world.request(Act.ROLL_BACK)
    world.fleet.switch(CLUSTER, "down")
    assert world.carry_out(command).state == "requested"
    assert command.sentence
    assert world.settle(command).state == "requested"
    assert world.asked.count(command.pk) == 2
    Command.objects.filter(pk=command.pk).update(expires_at=world.now())
    assert world.settle(command).state == "expired"


def test_an_account_without_the_right_is_told_which_one(world: Commanding) -> None:
    world.release(iterations=1)
    command = world.request(Act.ROLL_BACK)
    world.carry_out(command, connect=lambda _: world.connect(account="viewer"))
    assert command.state == "refused"
    assert "patch checkout of canaries" in command.sentence


def test_what_was_accepted_before_a_refusal_is_told_and_kept(world: Commanding) -> None:
    """Users' way may not be changed: the release is rolled back all the same, and nobody is to believe it was not."""
    world.release(users_on_green=True)

    def forbid(patch: Patch) -> None:
        if patch.kind is Kind.VIRTUAL_SERVICE:
            raise Forbidden("this account may not patch virtualservices")

    command = world.carry_out(world.request(Act.ROLL_BACK), connect=Watched(world, before=forbid))
    assert (command.state, world.status["failedChecks"]) == ("refused", 2)
    assert command.sentence == "this account may not patch virtualservices Done before that: failedChecks to 2."
    assert [one["says"] for one in command.patches] == ["failedChecks to 2"]


def test_a_command_is_cancelled_only_before_somebody_has_begun(world: Commanding) -> None:
    world.release(iterations=1)
    command = world.request(Act.PAUSE)
    assert act.cancel(command=command, now=world.now(), record=world.record, feed=world.feed)
    assert world.carry_out(command).state == "cancelled"
    assert "suspend" not in world.spec or world.spec["suspend"] is False
    later = world.carry_out(world.request(Act.PAUSE))
    assert not act.cancel(command=later, now=world.now(), record=world.record, feed=world.feed)


def test_what_is_not_seen_in_time_expires(world: Commanding) -> None:
    world.release(iterations=1)
    command = world.carry_out(world.request(Act.ROLL_BACK))
    Command.objects.filter(pk=command.pk).update(expires_at=world.now())
    assert world.settle(command).state == "expired"
    assert "not seen in time" in command.sentence


def test_a_patch_that_met_a_defect_is_never_told_as_accepted(world: Commanding) -> None:
    world.release(users_on_green=True)
    command = world.request(Act.ROLL_BACK)

    def defect(patch: Patch) -> None:
        if patch.kind.is_routing:
            raise ValueError("a defect")

    with pytest.raises(ValueError, match="a defect"):
        world.carry_out(command, connect=Watched(world, before=defect))
    command.refresh_from_db()
    assert command.state == "requested"
    long_after(world, command)
    assert world.carry_out(command).state == "accepted"
    assert world.weights == (100, 0)
