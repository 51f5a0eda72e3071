"""A question that a source does not finish answering says little about the source: it is the question that may be slow.
Two different ones in a row say that it hangs.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from rollouts.domain.errors import MetricsUnfinished
from rollouts.domain.metrics import Answer, Side
from rollouts.models import Curve
from rollouts.services.measure import due
from tests.support.builders import NOW
from tests.support.measuring import DURATION, RATE, START, Scene, run
from tests.support.metrics import FakeMetrics

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)
SLOW = MetricsUnfinished("It had not finished after 8 s.")


@pytest.fixture
def scene() -> Scene:
    return Scene()


def test_a_slow_check_leaves_the_others_of_its_source_on_time(scene: Scene) -> None:
    scene.moved(1, NOW - 20 * SECOND)
    scene.metrics.errors = {RATE: SLOW}
    scene.measure()
    assert (scene.curve().values, scene.curve().note) == ([], str(SLOW))
    assert set(scene.curve(DURATION).values) == {100.0}
    (found,) = scene.measurements(DURATION, transition=1)
    assert found.verdict == "passed"
    assert scene.release.measure_at == NOW + 4 * SECOND, "it is read at Flagger's next tick, as ever"


def test_a_slow_check_is_asked_for_once_a_pass(scene: Scene) -> None:
    scene.moved(1, NOW - 20 * SECOND, why="success rate 65.62% < 99%")
    scene.metrics.errors = {RATE: SLOW}
    scene.measure()
    assert [one.side for one in scene.metrics.asked if one.check == RATE] == [Side.GREEN]
    (found,) = scene.measurements(transition=1)
    assert (found.verdict, found.note, found.said) == ("unreadable", str(SLOW), "65.62")


def test_what_was_slow_is_asked_for_again_in_the_next_pass(scene: Scene) -> None:
    scene.moved(1, NOW - 20 * SECOND)
    scene.metrics.errors = {RATE: SLOW}
    scene.measure()
    scene.metrics.errors = {}
    scene.measure_when_due()
    assert set(scene.curve().values) == {100.0}
    (found,) = scene.measurements(transition=1)
    assert (found.green, found.verdict, found.note) == (100.0, "passed", "")


def test_a_check_that_is_slow_for_every_release_keeps_none_from_its_other_checks(scene: Scene) -> None:
    others = [run(scene.cluster, name=f"app-{number}") for number in range(3)]
    scene.metrics.errors = {RATE: SLOW}
    scene.measure()
    read = Curve.objects.filter(check_name=DURATION, side="green").exclude(values=[])
    assert {one.release_id for one in read} == {one.pk for one in (scene.release, *others)}


def test_a_source_that_leaves_two_checks_in_a_row_unfinished_is_not_asked_again(scene: Scene) -> None:
    for number in range(3):
        run(scene.cluster, name=f"app-{number}")
    scene.metrics.errors = {"": SLOW}
    assert scene.measure() == 4
    assert [(one.check, one.side) for one in scene.metrics.asked] == [(RATE, Side.GREEN), (DURATION, Side.GREEN)]
    assert set(Curve.objects.values_list("note", flat=True)) == {str(SLOW)}
    assert scene.release.measure_at == NOW + 30 * SECOND, "the longer it hangs, the more rarely it is asked"


class Late(FakeMetrics):
    """Takes eight seconds for each question about one check."""

    now = 0.0

    def range(self, query: str, begin: datetime, end: datetime, step: int) -> Answer:
        try:
            return super().range(query, begin, end, step)
        except MetricsUnfinished:
            self.now += 8
            raise


def test_who_was_read_longest_ago_is_read_first_where_a_pass_has_no_time_for_all() -> None:
    metrics = Late(errors={RATE: SLOW})
    scene = Scene(metrics=metrics, clock=lambda: metrics.now)
    releases = [scene.release, *(run(scene.cluster, name=f"app-{number}") for number in range(5))]
    for place, release in enumerate(releases):
        release.measured_at = START - place * SECOND
        release.save()
    read = Curve.objects.filter(check_name=DURATION, side="green").exclude(values=[])
    scene.measure()
    assert {one.release_id for one in read.all()} == {one.pk for one in releases[-2:]}
    scene.measure()
    scene.measure()
    assert {one.release_id for one in read.all()} == {one.pk for one in releases}
    assert due(now=NOW) == {}
