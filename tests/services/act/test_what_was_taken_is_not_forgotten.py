"""What the cluster took is kept and told, also when a later call of the same attempt gets no answer."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from rollouts.domain.commands import Act, Patch
from rollouts.domain.errors import Unreachable
from rollouts.models import Command
from tests.services.act.commanding import Commanding
from tests.services.act.connections import Watched

SAID = "Nobody is there. Done before that: failedChecks to 2."


def no_answer_for_their_way(patch: Patch) -> None:
    if not patch.subresource:
        raise Unreachable("Nobody is there.")


def half_done(world: Commanding) -> Command:
    """Flagger is told to roll back; whether users are moved is not known."""
    world.release(users_on_green=True)
    return world.carry_out(world.request(Act.ROLL_BACK), connect=Watched(world, before=no_answer_for_their_way))


def versions(command: Command) -> list[tuple[str, Any]]:
    return [(one["kind"], bool(one["resource_version"])) for one in command.patches]


def test_it_is_kept_and_told_while_the_rest_is_tried_again(world: Commanding) -> None:
    command = half_done(world)
    assert (command.state, command.sentence) == ("requested", SAID)
    assert versions(command) == [("canaries", True)]
    assert half_done_again(world, command).sentence == SAID
    assert versions(command) == [("canaries", True)]


def half_done_again(world: Commanding, command: Command) -> Command:
    return world.carry_out(command, connect=Watched(world, before=no_answer_for_their_way))


def test_what_a_later_attempt_does_is_added_to_it(world: Commanding) -> None:
    command = half_done(world)
    first = command.patches[0]["resource_version"]
    assert world.carry_out(command).state == "accepted"
    assert versions(command) == [("canaries", True), ("virtualservices", True)]
    assert command.patches[0]["resource_version"] == first
    assert (world.status["failedChecks"], world.weights) == (2, (100, 0))


def test_it_is_told_once_when_the_time_is_over(world: Commanding) -> None:
    command = half_done(world)
    Command.objects.filter(pk=command.pk).update(expires_at=world.now() - timedelta(seconds=1))
    expired = world.carry_out(command)
    assert (expired.state, expired.sentence) == ("expired", SAID)
    assert versions(expired) == [("canaries", True)]


def test_whoever_gives_it_up_tells_it_too(world: Commanding) -> None:
    command = half_done(world)
    Command.objects.filter(pk=command.pk).update(expires_at=world.now() - timedelta(seconds=1))
    expired = world.settle(command)
    assert (expired.state, expired.sentence, versions(expired)) == ("expired", SAID, [("canaries", True)])


def test_one_that_is_refused_later_tells_it_too(world: Commanding) -> None:
    command = half_done(world)
    world.allowed = False
    refused = world.carry_out(command)
    assert refused.state == "refused"
    assert refused.sentence.endswith("may not do this any more. Done before that: failedChecks to 2.")
