from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from rollouts.web import times

NOW = datetime(2026, 11, 23, 16, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "rough", "exact"),
    [
        (-5, "0 s", "0 s"),
        (0, "0 s", "0 s"),
        (59.4, "59 s", "59 s"),
        (119, "119 s", "1 min 59 s"),
        (120, "2 min", "2 min"),
        (3600, "60 min", "1 h"),
        (7325, "2 h", "2 h 2 min"),
        (86400, "24 h", "1 day"),
        (200_000, "2 days", "2 days 7 h"),
    ],
)
def test_a_duration_has_rough_and_exact_words(seconds: float, rough: str, exact: str) -> None:
    assert (times.rough(seconds), times.exact(seconds)) == (rough, exact)


@time_machine.travel(NOW, tick=False)
def test_a_moment_carries_its_exact_time_for_the_browser() -> None:
    assert times.since(NOW - timedelta(minutes=3)) == (
        '<time datetime="2026-11-23T15:57:00Z" data-time="ago" title="2026-11-23 15:57:00 UTC">3 min ago</time>'
    )


@time_machine.travel(NOW, tick=False)
@pytest.mark.parametrize(("ago", "said"), [(0, "in 30 s"), (10, "in 20 s"), (30, "in 30 s"), (95, "in 25 s")])
def test_the_next_check_is_a_whole_number_of_intervals_after_the_last_write(ago: int, said: str) -> None:
    assert f">{said}<" in times.next_tick(NOW - timedelta(seconds=ago), 30)


@time_machine.travel(NOW, tick=False)
def test_what_is_due_is_due_now() -> None:
    assert ">now<" in times.countdown(NOW - timedelta(seconds=1))
    assert ">now<" in times.countdown(NOW + timedelta(seconds=0.9))
    assert ">now<" in times.next_tick(NOW - timedelta(seconds=59.5), 30)
    assert ">in 41 s<" in times.countdown(NOW + timedelta(seconds=41))


@time_machine.travel(NOW, tick=False)
def test_a_time_of_another_day_has_its_date() -> None:
    assert ">15:00:00<" in times.clock(NOW - timedelta(hours=1))
    assert ">20 Nov 16:00<" in times.clock(NOW - timedelta(days=3))


@time_machine.travel(NOW, tick=False)
def test_a_moment_of_a_report_says_the_same_whenever_it_is_read() -> None:
    assert ">2026-11-23 16:00:00<" in times.moment(NOW)
    assert ">2025-01-02 00:00:00<" in times.moment(datetime(2025, 1, 2, tzinfo=UTC))


def test_no_moment_is_nothing() -> None:
    shown = [one(None) for one in (times.since, times.lasting, times.clock, times.moment, times.about, times.countdown)]
    assert shown == [""] * 6
    assert times.next_tick(None, 30) == times.next_tick(NOW, 0) == ""
