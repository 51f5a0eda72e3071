"""What a source may answer instead of a number, and that it may not answer at all."""

from __future__ import annotations

import math
from datetime import timedelta

import pytest

from rollouts.domain.errors import MetricsDenied, MetricsUnreachable, QueryRefused
from rollouts.domain.metrics import Side
from tests.support.builders import NOW
from tests.support.measuring import DURATION, RATE, Scene

pytestmark = pytest.mark.django_db
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


@pytest.fixture
def scene() -> Scene:
    return Scene()


@pytest.mark.parametrize("value", [None, math.nan])
def test_without_a_number_flagger_finds_no_values_and_so_do_we(scene: Scene, value: float | None) -> None:
    scene.moved(1, NOW - 20 * SECOND, why="no values found for istio metric request-success-rate probably it is new")
    scene.metrics.curves = {(RATE, Side.GREEN): lambda at: value}
    scene.measure()
    (found,) = scene.measurements(transition=1)
    assert (found.green, found.verdict, found.agrees) == (None, "no-values", True)
    assert found.note
    assert set(scene.curve().values) == {None}


def test_a_source_without_any_series_says_so_on_the_curve(scene: Scene) -> None:
    scene.metrics.curves = {(RATE, Side.GREEN): lambda at: None}
    scene.measure()
    assert scene.curve().note == "The source has no values for this query."
    assert set(scene.curve().values) == {None}


def test_an_infinite_value_fails_and_is_kept_in_words(scene: Scene) -> None:
    scene.moved(1, NOW - 20 * SECOND)
    scene.metrics.curves = {(DURATION, Side.GREEN): lambda at: math.inf}
    scene.measure()
    (found,) = scene.measurements(DURATION, transition=1)
    assert (found.green, found.verdict, found.note) == (None, "failed", "The value is +Inf.")


def test_of_several_series_the_last_counts_and_a_warning_is_passed_on(scene: Scene) -> None:
    scene.moved(1, NOW - 20 * SECOND)
    scene.metrics.more_series, scene.metrics.warnings = 2, ("one store was away",)
    scene.measure()
    note = "The query gives 3 series; the last one counts, as it does for Flagger. The source warns: one store was away"
    (found,) = scene.measurements(transition=1)
    assert (found.green, found.note) == (100.0, note)
    assert scene.curve().note == note
    assert set(scene.curve().values) == {100.0}


def test_a_refused_query_fails_its_check_and_no_other(scene: Scene) -> None:
    scene.moved(1, NOW - 20 * SECOND, why="Prometheus query failed: parse error")
    scene.metrics.errors = {RATE: QueryRefused("Prometheus refused the query: parse error.")}
    scene.measure()
    (found,) = scene.measurements(transition=1)
    assert (found.green, found.verdict, found.agrees) == (None, "error", None)
    assert found.note == "Prometheus refused the query: parse error."
    assert scene.curve().note == "Prometheus refused the query: parse error."
    (other,) = scene.measurements(DURATION, transition=1)
    assert (other.green, other.verdict) == (100.0, "passed")


@pytest.mark.parametrize("error", [MetricsUnreachable("It does not answer."), MetricsDenied("It may not be asked.")])
def test_a_source_that_gives_no_answer_is_not_asked_again_in_the_same_pass(scene: Scene, error: Exception) -> None:
    scene.moved(1, NOW - 20 * SECOND, why="success rate 65.62% < 99%")
    scene.metrics.errors = {"": error}  # type: ignore[dict-item]
    assert scene.measure() == 1
    assert len(scene.metrics.asked) == 1
    (found,) = scene.measurements(transition=1)
    assert (found.green, found.verdict, found.note) == (None, "unreadable", str(error))
    assert (found.said, found.agrees) == ("65.62", None)
    assert (scene.curve().values, scene.curve().note) == ([], str(error))


def test_what_could_not_be_read_is_read_as_soon_as_the_source_answers(scene: Scene) -> None:
    scene.measure()
    scene.metrics.errors = {"": MetricsUnreachable("It does not answer.")}
    scene.at += MINUTE
    scene.moved(1, scene.at - 20 * SECOND)
    scene.measure()
    kept = len(scene.curve().values)
    assert kept > 0
    scene.metrics.errors = {}
    scene.measure_when_due()
    curve = scene.curve()
    assert set(curve.values) == {100.0}
    assert curve.begin + len(curve.values) * 15 * SECOND > scene.at - 18 * SECOND
    (found,) = scene.measurements(transition=1)
    assert (found.green, found.verdict, found.note) == (100.0, "passed", "")


def test_the_longer_a_source_is_silent_the_more_rarely_it_is_asked(scene: Scene) -> None:
    scene.measure()
    scene.metrics.errors = {"": MetricsUnreachable("It does not answer.")}
    rests = []
    for _ in range(12):
        scene.measure_when_due()
        assert scene.release.measure_at is not None
        rests.append((scene.release.measure_at - scene.at).total_seconds())
    assert rests[0] == 30
    assert rests == sorted(rests)
    assert rests[-1] == 300


class TestAMetricWithoutValuesOnBothSides:
    @pytest.fixture(autouse=True)
    def _empty(self, scene: Scene) -> None:
        scene.moved(
            1, NOW - 20 * SECOND, why="no values found for istio metric request-success-rate probably it is new"
        )
        scene.metrics.curves = {(RATE, Side.GREEN): lambda at: None, (RATE, Side.BLUE): lambda at: None}

    def test_that_does_not_exist_says_so(self, scene: Scene) -> None:
        scene.metrics.exist = False
        scene.measure()
        (found,) = scene.measurements(transition=1)
        assert found.note.startswith("Prometheus has no series of this name at all.")
        assert scene.metrics.probes == ["count(istio_requests_total)"]

    def test_that_exists_says_nothing_more(self, scene: Scene) -> None:
        scene.measure()
        (found,) = scene.measurements(transition=1)
        assert "no series of this name" not in found.note
        assert len(scene.metrics.probes) == 1

    def test_whose_question_is_not_answered_says_nothing_more(self, scene: Scene) -> None:
        scene.metrics.errors = {"probe": MetricsUnreachable("It does not answer.")}
        scene.measure()
        (found,) = scene.measurements(transition=1)
        assert (found.verdict, "no series of this name" in found.note) == ("no-values", False)

    def test_whose_question_is_not_answered_is_asked_for_once_a_pass(self, scene: Scene) -> None:
        scene.moved(2, NOW - 10 * SECOND, why="success rate 65.62% < 99%")
        scene.metrics.errors = {"probe": MetricsUnreachable("It does not answer.")}
        scene.measure()
        assert len(scene.measurements(transition__isnull=False)) == 2
        assert len(scene.metrics.probes) == 1


def test_a_metric_with_values_on_blue_is_not_asked_for_once_more(scene: Scene) -> None:
    scene.moved(1, NOW - 20 * SECOND)
    scene.metrics.curves = {(RATE, Side.GREEN): lambda at: None}
    scene.measure()
    assert scene.metrics.probes == []
