"""What an act in several clusters was told holds in each of them, by the time of each."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from rollouts.domain.commands import Act
from rollouts.models import AuditEntry, Reversal
from rollouts.services import act
from tests.services.act.several import CLUSTERS, Several

HALF_AN_HOUR = {"for": "30", "then": "resume"}
IN_TURN = act.Pace(in_turn=True, pause=60)


def put_back(several: Several) -> None:
    """What the schedule and a worker do: whatever is due is tried once."""
    due: list[int] = []

    def enqueue(_: str, arguments: Mapping[str, Any]) -> None:
        due.append(arguments["reversal"])

    act.look_after(now=several.now(), feed=several.feed, enqueue=enqueue)
    for reversal in due:
        act.put_back(
            reversal=reversal, connect=several.connect, record=act.record_put_back, feed=several.feed,
            now=several.now,
        )  # fmt: skip


def pass_by(several: Several, seconds: int = 0) -> None:
    several.wait(seconds)
    several.work()
    several.look()
    several.settle()
    put_back(several)


def test_in_turn_each_pause_ends_when_its_own_time_is_over(several: Several) -> None:
    several.release()
    several.request(Act.PAUSE, IN_TURN, seen=several.preview(Act.PAUSE, **HALF_AN_HOUR))
    for paused in ([True, False, False], [True, True, False], [True, True, True]):
        pass_by(several)
        assert several.paused == paused
        pass_by(several, 61)
    made = [one.made_at for one in Reversal.objects.order_by("id")]
    assert made[1] - made[0] >= timedelta(seconds=60)
    assert [one.until - one.made_at for one in Reversal.objects.all()] == [timedelta(minutes=30)] * 3
    several.wait((made[0] + timedelta(minutes=30, seconds=1) - several.now()).total_seconds())
    put_back(several)
    assert several.paused == [False, True, True]
    several.wait(3 * 60)
    put_back(several)
    assert several.paused == [False] * 3
    assert AuditEntry.objects.filter(act="put-back", outcome="done").count() == len(CLUSTERS)
