"""Which ranges of time can be shown, and for how long what was read of one is good."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from rollouts.domain.errors import InvalidInput
from rollouts.domain.ranges import Range, between, good_until

NOW = datetime(2026, 11, 23, 16, tzinfo=UTC)
SECOND, MINUTE, HOUR, DAY = (timedelta(**{unit: 1}) for unit in ("seconds", "minutes", "hours", "days"))


def test_a_named_range_ends_now() -> None:
    assert Range("6h").at(NOW) == (NOW - 6 * HOUR, NOW)
    assert Range().at(NOW) is None


def test_a_custom_range_is_the_same_in_whatever_zone_it_was_given() -> None:
    india = timezone(timedelta(hours=5, minutes=30))
    one, other = between(NOW - HOUR, NOW, NOW), between((NOW - HOUR).astimezone(india), NOW.astimezone(india), NOW)
    assert one == other
    assert one.key == other.key == "2026-11-23T15:00:00+00:00/2026-11-23T16:00:00+00:00"
    assert len(between(NOW - HOUR - timedelta(microseconds=7), NOW, NOW).key) <= 64


@pytest.mark.parametrize(
    ("begin", "end", "sentence"),
    [
        (NOW, NOW - HOUR, "ends before it begins"),
        (NOW - HOUR, NOW - HOUR, "ends before it begins"),
        (NOW - HOUR, NOW + HOUR, "in the future"),
        (NOW - 32 * DAY, NOW, "is 32 days long; at most 31"),
        (NOW - 31 * DAY - SECOND, NOW, "is 32 days long; at most 31"),
        (datetime(1999, 1, 1, tzinfo=UTC), NOW, "before the year 2000"),
    ],
)
def test_a_range_that_cannot_be_shown_says_why(begin: datetime, end: datetime, sentence: str) -> None:
    with pytest.raises(InvalidInput, match=sentence):
        between(begin, end, NOW)


def test_the_longest_range_and_a_clock_that_is_a_little_ahead_are_allowed() -> None:
    assert between(NOW - 31 * DAY, NOW, NOW).at(NOW) == (NOW - 31 * DAY, NOW)
    assert between(NOW - HOUR, NOW + MINUTE, NOW).end == NOW + MINUTE


@pytest.mark.parametrize(
    ("end", "step", "whole", "good"),
    [
        (NOW, 15, True, MINUTE),
        (NOW, 360, True, 6 * MINUTE),
        (NOW - 30 * SECOND, 15, True, MINUTE),
        (NOW - MINUTE, 15, True, 10 * MINUTE),
        (NOW - DAY, 15, False, MINUTE),
    ],
)
def test_a_range_up_to_now_is_good_for_a_step_and_a_past_one_for_longer_if_it_is_whole(
    end: datetime, step: int, whole: bool, good: timedelta
) -> None:
    assert good_until(end, step, NOW, whole=whole) == NOW + good
