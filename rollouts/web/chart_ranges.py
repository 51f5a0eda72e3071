"""The range of time of charts as part of an address, both ways. A custom one that cannot be shown says why, and keeps
what was typed; anything else that cannot be read is ignored.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

from django.http import QueryDict
from django.utils.http import urlencode

from rollouts.domain import ranges
from rollouts.domain.errors import InvalidInput
from rollouts.domain.ranges import CUSTOM, RANGES, Range

LONGEST_QUOTE = 40


@dataclass(frozen=True, slots=True)
class Chosen:
    """With a `problem` (a sentence) the range is the release's, and `begin` and `end` are what was typed."""

    range: Range = field(default_factory=Range)
    problem: str = ""
    begin: str = ""
    end: str = ""

    @property
    def query(self) -> str:
        """The part of an address, without `?`."""
        if self.problem:
            return urlencode({"range": CUSTOM, "from": self.begin, "to": self.end})
        if self.range.begin and self.range.end:
            begin, end = written(self.range.begin), written(self.range.end)
            return urlencode({"range": CUSTOM, "from": begin, "to": end})
        return urlencode({"range": self.range.name}) if self.range.name else ""


def parse(query: QueryDict, now: datetime) -> Chosen:
    name = query.get("range", "")
    if name != CUSTOM:
        return Chosen(Range(name)) if name in RANGES else Chosen()
    begin, end = (query.get(which, "")[:LONGEST_QUOTE] for which in ("from", "to"))
    try:
        return Chosen(ranges.between(_moment(begin), _moment(end), now))
    except InvalidInput as error:
        return Chosen(problem=str(error), begin=begin, end=end)


def written(at: datetime) -> str:
    """As `<input type="datetime-local">` has it, in UTC."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M")


def typed(text: str) -> str:
    """What was typed in the same form; empty when it is no time."""
    try:
        return written(_moment(text))
    except InvalidInput:
        return ""


def _moment(text: str) -> datetime:
    """In whole minutes, as addresses have it; UTC unless it says otherwise. Raises InvalidInput."""
    if not text:
        raise InvalidInput("A range needs both times: from when, and to when.")
    try:
        found = datetime.fromisoformat(text).replace(second=0, microsecond=0)
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise InvalidInput(f"“{text}” is not a time; one looks like 2026-11-20T10:00.") from None
