"""What lies close together is asked for at once, and read as if it had been asked for apart."""

from __future__ import annotations

from datetime import timedelta

import pytest

from rollouts.domain.errors import QueryRefused
from rollouts.domain.metrics import Side
from tests.support.builders import CHECKS, NOW
from tests.support.measuring import RATE, Scene

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)
MOVED = NOW + 10 * SECOND


@pytest.fixture
def scene() -> Scene:
    """With a curve up to now, and a transition since."""
    found = Scene()
    found.metrics.otherwise = lambda at: at
    found.measure()
    found.moved(1, MOVED)
    found.metrics.asked.clear()
    return found


def test_the_newest_part_of_a_curve_is_asked_for_with_a_transition_beside_it(scene: Scene) -> None:
    scene.measure(after=20 * SECOND)
    assert [(one.check, one.side, one.step) for one in scene.metrics.asked] == [
        (check.name, side, 1) for check in CHECKS for side in (Side.GREEN, Side.BLUE)
    ]
    curve = scene.curve()
    assert curve.values == [(curve.begin + number * 15 * SECOND).timestamp() for number in range(len(curve.values))]
    assert curve.begin + len(curve.values) * 15 * SECOND > NOW
    (found,) = scene.measurements(transition=1)
    assert (found.at, found.green, found.blue) == (MOVED, MOVED.timestamp(), MOVED.timestamp())


def test_what_lies_far_apart_is_not(scene: Scene) -> None:
    scene.measure(after=60 * SECOND)
    asked = [
        (one.begin, one.end, one.step) for one in scene.metrics.asked if (one.check, one.side) == (RATE, Side.BLUE)
    ]
    assert [step for _, _, step in asked] == [15, 1]
    assert asked[1][:2] == (MOVED.timestamp() - 2, MOVED.timestamp() + 2)


def test_a_series_that_has_no_value_around_a_transition_does_not_count_for_it(scene: Scene) -> None:
    scene.metrics.more_series = 1
    scene.measure(after=20 * SECOND)
    (found,) = scene.measurements(transition=1)
    assert scene.curve().note == "The query gives 2 series; the last one counts, as it does for Flagger."
    assert (found.green, found.note) == (MOVED.timestamp(), "")


def test_where_there_are_values_beside_a_transition_alone_it_has_none(scene: Scene) -> None:
    scene.metrics.otherwise = lambda at: at if abs(at - MOVED.timestamp()) > 3 else None
    scene.measure(after=20 * SECOND)
    (found,) = scene.measurements(transition=1)
    assert (found.green, found.verdict) == (None, "no-values")
    assert scene.curve().values[-1] is not None


def test_a_refusal_holds_for_both(scene: Scene) -> None:
    scene.metrics.errors = {"": QueryRefused("Too many series.")}
    scene.measure(after=20 * SECOND)
    (found,) = scene.measurements(transition=1)
    assert (found.verdict, found.note) == ("error", "Too many series.")
    assert scene.curve().note == "Too many series."
    assert scene.release.measured_to == 1
