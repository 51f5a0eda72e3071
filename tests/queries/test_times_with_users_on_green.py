"""When users were on green is told from the transitions of a release. What was not seen is not told as if it was."""

from __future__ import annotations

from datetime import timedelta

import pytest

from rollouts.models import Transition
from rollouts.queries.report import exposures
from tests.support.builders import NOW

MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("sides", "expected"),
    [
        (["blue"], []),
        (["blue", "green"], [("green", 1, None, False)]),
        (["blue", "green", "green", "blue"], [("green", 1, 3, False)]),
        (["split", "green", "blue"], [("split", 0, 1, False), ("green", 1, 2, False)]),
        (["green", "unknown"], [("green", 0, None, True)]),
        (["green", "unknown", "unknown", "blue"], [("green", 0, 3, True)]),
        (["green", "unknown", "green", "blue"], [("green", 0, 3, False)]),
        (["green", "unknown", "split", "blue"], [("green", 0, 2, True), ("split", 2, 3, False)]),
        (["unknown", "green"], [("green", 1, None, False)]),
    ],
)
def test_they_end_where_users_are_seen_elsewhere(
    sides: list[str], expected: list[tuple[str, int, int | None, bool]]
) -> None:
    found = exposures(Transition(at=NOW + place * MINUTE, live_side=side) for place, side in enumerate(sides))
    ends = [None if one.end is None else (one.end - NOW) // MINUTE for one in found]
    told = [(one.side, (one.begin - NOW) // MINUTE, end, one.unsure) for one, end in zip(found, ends, strict=True)]
    assert told == expected
