"""Ranges of time that charts are drawn of: which there are, and for how long what was read of one is good."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from rollouts.domain.errors import InvalidInput

RANGES: Mapping[str, timedelta] = {
    "1h": timedelta(hours=1),
    "6h": timedelta(hours=6),
    "24h": timedelta(hours=24),
}
"""Up to now, by name."""
CUSTOM = "custom"
LONGEST = timedelta(days=31)
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
AHEAD = timedelta(minutes=1)
"""A viewer's clock may be ahead by this much."""
SETTLED = timedelta(minutes=1)
"""A source has all it will ever have of a moment after this time."""
LEAST_REUSE = timedelta(minutes=1)
PAST_REUSE = timedelta(minutes=10)
"""What lies behind does not change, but what is asked may: the policy, the address of the source."""


@dataclass(frozen=True, slots=True)
class Range:
    """Without a name: what belongs to the release. A custom one comes from `between`."""

    name: str = ""
    begin: datetime | None = None
    end: datetime | None = None

    def at(self, now: datetime) -> tuple[datetime, datetime] | None:
        """From when to when; None for what belongs to the release."""
        if self.name in RANGES:
            return now - RANGES[self.name], now
        return (self.begin, self.end) if self.begin and self.end else None

    @property
    def key(self) -> str:
        """Tells it from all others; at most 51 characters."""
        return f"{self.begin.isoformat()}/{self.end.isoformat()}" if self.begin and self.end else self.name


def between(begin: datetime, end: datetime, now: datetime) -> Range:
    """In whole seconds. Raises InvalidInput."""
    if min(begin, end) < EARLIEST:
        raise InvalidInput("The range begins before the year 2000.")
    if end <= begin:
        raise InvalidInput("The range ends before it begins: “to” has to be later than “from”.")
    if end > now + AHEAD:
        raise InvalidInput("The range ends in the future, of which nothing is known yet.")
    if end - begin > LONGEST:
        days = -(-(end - begin) // timedelta(days=1))
        raise InvalidInput(f"The range is {days} days long; at most {LONGEST.days} days can be shown.")
    return Range(CUSTOM, *(at.astimezone(UTC).replace(microsecond=0) for at in (begin, end)))


def good_until(end: datetime, step: int, read_at: datetime, *, whole: bool) -> datetime:
    """When a range up to `end`, read with a value every `step` seconds, is to be read again. It is not `whole` while
    some check could not be read.
    """
    if not whole:
        return read_at + LEAST_REUSE
    if end + SETTLED <= read_at:
        return read_at + PAST_REUSE
    return read_at + max(LEAST_REUSE, timedelta(seconds=step))
