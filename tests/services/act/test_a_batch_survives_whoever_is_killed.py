"""A process is killed between any two steps of a batch: nothing of it is lost, nothing is done twice."""

from __future__ import annotations

from typing import Any

import pytest

from rollouts.domain.commands import Act
from rollouts.models import Batch, Command
from rollouts.services import act
from rollouts.services.act import batching, turns
from tests.services.act.several import CLUSTERS, Several

IN_TURN = act.Pace(in_turn=True)


class Killed(BaseException):
    """The process ends here, as with kill -9: nothing after it runs but what another process does later."""


def kill(*_: Any, **__: Any) -> None:
    raise Killed


def lost(several: Several) -> None:
    """Long enough for what a worker was not told of to be found."""
    several.wait(5)


def to_the_second_turn(several: Several, batch: Batch) -> None:
    """The first has come about; the second waits for nothing any more."""
    several.work()
    several.tick()
    act.settle(now=several.now(), feed=several.feed, enqueue=several.enqueue, record=several.record)
    assert several.states(batch) == ["observed", "waiting", "waiting"]


def to_the_end(several: Several) -> None:
    for _ in range(14):
        several.tick()
        several.work()
        several.settle()


@pytest.mark.parametrize("pace", [act.Pace(), IN_TURN])
def test_killed_while_it_is_written_there_is_none_of_it(several: Several, pace: act.Pace) -> None:
    several.release()
    seen = several.preview(Act.PAUSE)

    def last(command: Command) -> None:
        if command.place.name == CLUSTERS[-1]:
            kill()

    with pytest.raises(Killed):
        several.request(Act.PAUSE, pace, seen=seen, record=last)
    assert (Batch.objects.count(), Command.objects.count()) == (0, 0)
    assert several.states(several.request(Act.PAUSE, pace, seen=seen))


@pytest.mark.parametrize("pace", [act.Pace(), IN_TURN])
def test_killed_before_any_worker_was_asked_it_is_found(several: Several, pace: act.Pace) -> None:
    several.release()
    batch = several.request(Act.PAUSE, pace, enqueue=lambda *_: None)
    lost(several)
    to_the_end(several)
    assert several.states(batch) == ["observed"] * 3


def test_killed_before_the_next_turn_is_written_another_takes_it(several: Several) -> None:
    several.release()
    batch = several.request(Act.PAUSE, IN_TURN)
    to_the_second_turn(several, batch)
    with pytest.raises(Killed):
        several.settle(record=kill)
    assert several.states(batch) == ["observed", "waiting", "waiting"]
    several.settle()
    assert several.states(batch) == ["observed", "requested", "waiting"]


def test_killed_before_a_worker_was_asked_for_the_next_it_is_found(several: Several) -> None:
    several.release()
    batch = several.request(Act.PAUSE, IN_TURN)
    to_the_second_turn(several, batch)
    with pytest.raises(Killed):
        several.settle(enqueue=kill)
    second = batch.commands.order_by("id")[1]
    assert (second.state, several.asked) == ("requested", [])
    lost(several)
    several.settle()
    assert several.asked == [second.pk]
    to_the_end(several)
    assert several.states(batch) == ["observed"] * 3


def test_killed_while_it_is_stopped_nothing_more_begins(several: Several) -> None:
    several.release()
    batch = several.request(Act.PAUSE, IN_TURN)
    to_the_second_turn(several, batch)
    with pytest.raises(Killed):
        several.stop(batch, record=kill)
    assert several.states(batch) == ["observed", "waiting", "waiting"]
    to_the_end(several)
    assert several.states(batch) == ["observed", "cancelled", "cancelled"]
    assert several.paused == [True, False, False]
    batch.refresh_from_db()
    assert batch.ended_at is not None


def test_killed_before_its_end_is_written_it_ends_later_and_once(several: Several) -> None:
    several.release()
    batch = several.request(Act.PAUSE)
    several.work()
    several.tick(2)
    act.settle(now=several.now(), feed=several.feed, enqueue=several.enqueue, record=several.record)
    with pytest.raises(Killed):
        several.settle(record_batch=kill)
    for _ in range(2):
        several.settle()
    batch.refresh_from_db()
    assert batch.ended_at is not None
    assert several.recorded.count((str(batch), "ended")) == 1


def test_two_who_look_after_it_at_once_begin_one_turn(several: Several, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second has read the batch before the first began the turn."""
    several.release()
    batch = several.request(Act.PAUSE, IN_TURN)
    to_the_second_turn(several, batch)
    take_turn = turns._take_turn
    others = iter([several.settle])

    def meanwhile(*args: Any) -> None:
        next(others, lambda: None)()
        take_turn(*args)

    monkeypatch.setattr(turns, "_take_turn", meanwhile)
    several.settle()
    assert several.states(batch) == ["observed", "requested", "waiting"]
    assert len(several.asked) == 1


def test_a_turn_that_was_due_when_it_was_stopped_does_not_begin(
    several: Several, monkeypatch: pytest.MonkeyPatch
) -> None:
    several.release()
    batch = several.request(Act.PAUSE, IN_TURN)
    to_the_second_turn(several, batch)
    monkeypatch.setattr(batching, "cancel_rest", lambda **_: None)  # it has not come so far yet
    take_turn = turns._take_turn

    def meanwhile(*args: Any) -> None:
        assert several.stop(Batch.objects.get(pk=batch.pk))
        take_turn(*args)

    monkeypatch.setattr(turns, "_take_turn", meanwhile)
    several.settle()
    assert several.states(batch) == ["observed", "waiting", "waiting"]
    assert several.asked == []
