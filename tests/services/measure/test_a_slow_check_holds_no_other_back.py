"""While one check is slow, transitions wait for its values alone: of the other checks each is measured once."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
from pytest_django.fixtures import DjangoAssertNumQueries

from rollouts.domain.errors import MetricsUnfinished
from rollouts.domain.metrics import Side
from rollouts.models import Release
from rollouts.services.measure.cases import cases
from tests.support.builders import NOW, make_transition
from tests.support.measuring import DURATION, RATE, START, Scene, run
from tests.support.metrics import Question

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)
SLOW = MetricsUnfinished("It had not finished after 8 s.")


@pytest.fixture
def scene() -> Scene:
    """Of two checks the first is slow."""
    found = Scene()
    found.metrics.errors = {RATE: SLOW}
    return found


def waiting(scene: Scene, number: int) -> None:
    """So many transitions, too far apart to be read at once."""
    for one in range(1, number + 1):
        scene.moved(one, START + one * 10 * SECOND)


def around(scene: Scene) -> list[Question]:
    """Questions of the second check about nothing but a transition."""
    return [one for one in scene.metrics.asked if one.check == DURATION and (one.end - one.begin, one.step) == (4, 1)]


@pytest.mark.parametrize("number", [1, 4, 10])
def test_each_transition_is_asked_for_once_however_many_passes_it_waits(scene: Scene, number: int) -> None:
    waiting(scene, number)
    for _ in range(4):
        scene.measure_when_due()
    assert scene.release.measured_to == 0, "the slow check's values are still waited for"
    times = Counter((one.side, one.begin) for one in around(scene))
    assert set(times.values()) == {1}
    assert len(times) == 2 * number
    assert [one.verdict for one in scene.measurements(DURATION, transition__isnull=False)] == ["passed"] * number


def test_what_joins_those_that_wait_is_measured_too(scene: Scene) -> None:
    waiting(scene, 3)
    scene.measure_when_due()
    scene.metrics.asked.clear()
    at = scene.at
    scene.moved(4, at)
    scene.measure_when_due()
    scene.measure_when_due()
    assert {one.transition for one in scene.measurements(DURATION, transition__isnull=False)} == {1, 2, 3, 4}
    assert {at.timestamp() - one.begin for one in around(scene)} <= {2.0}


def test_once_it_answers_all_that_waited_are_measured_and_the_others_stay(scene: Scene) -> None:
    waiting(scene, 3)
    scene.measure_when_due()
    before = scene.measurements(DURATION, transition__isnull=False)
    scene.metrics.errors = {}
    scene.metrics.otherwise = lambda at: 7.0
    scene.measure_when_due()
    assert [one.green for one in scene.measurements(transition__isnull=False)] == [7.0] * 3
    assert scene.release.measured_to == 3
    after = scene.measurements(DURATION, transition__isnull=False)
    assert [(one.pk, one.green) for one in after] == [(one.pk, 100.0) for one in before]


def test_what_a_pass_knows_of_them_takes_one_query_for_all_releases(
    scene: Scene, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    several = [scene.release, run(scene.cluster, name="cart"), run(scene.cluster, name="search")]
    for place, release in enumerate(several):
        make_transition(release.rollout, place + 1, at=START, why="")
    scene.measure()
    releases = list(Release.objects.select_related("rollout"))
    with django_assert_num_queries(3):
        found = cases(releases)
    assert [one.answered for one in found] == [{(DURATION, 1)}, {(DURATION, 2)}, {(DURATION, 3)}]


def test_of_two_transitions_of_one_second_what_flagger_said_stays(scene: Scene) -> None:
    scene.metrics.errors = {DURATION: SLOW}
    scene.moved(1, NOW - 60 * SECOND, why="iteration 2 of 3")
    scene.moved(2, NOW - 60 * SECOND, why="")
    for _ in range(3):
        scene.measure_when_due()
    (found,) = scene.measurements(transition__isnull=False)
    assert (found.transition, found.agrees) == (1, True)


def test_two_transitions_of_one_second_are_asked_for_once(scene: Scene) -> None:
    scene.moved(1, NOW - 60 * SECOND, why=None)
    scene.moved(2, NOW - 60 * SECOND, why=None)
    for _ in range(3):
        scene.measure_when_due()
    assert [one.side for one in around(scene)] == [Side.GREEN, Side.BLUE]
