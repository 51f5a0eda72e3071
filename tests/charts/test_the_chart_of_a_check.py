from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from rollouts.charts.checks import CheckData, Judged, check_figure, value_extent
from rollouts.charts.figure import Figure, Mark, MarkKind, Points, Window, moment, thinned
from rollouts.domain.observations import Check
from tests.support.builders import CHECKS
from tests.support.plotly_schema import assert_valid

BEGIN = datetime(2026, 11, 23, 16, 0, tzinfo=UTC)
WINDOW = Window(BEGIN, BEGIN + timedelta(minutes=5))
RATE, DURATION = CHECKS


def at(seconds: float) -> datetime:
    return BEGIN + timedelta(seconds=seconds)


def points(*values: float | None) -> Points:
    return [(at(15 * place), value) for place, value in enumerate(values)]


def drawn(check: Check = RATE, **given: Any) -> Figure:
    data = CheckData(check, given.pop("green", points(99.9, 97.2)), given.pop("blue", points(99.9, 99.8)), **given)
    figure = check_figure(data, MARKS, WINDOW, "release 1")
    assert_valid(figure)
    return figure


MARKS = (
    Mark(at(0), MarkKind.PHASE, "Progressing", "Progressing: new revision"),
    Mark(at(60), MarkKind.FAILED, "check failed", "success rate 97.21% < 99%"),
    Mark(at(90), MarkKind.USERS, "users on green", "users on green", "green"),
    Mark(at(9999), MarkKind.PHASE, "Succeeded", "outside of the chart"),
)


def named(figure: Figure, name: str) -> Any:
    return next(trace for trace in figure["data"] if trace["name"] == name)


def test_a_value_that_is_missing_is_a_gap_and_not_a_bridge() -> None:
    green = named(drawn(green=points(99.9, None, float("nan"), float("inf"), 99.7)), "green")
    assert green["y"] == [99.9, None, None, None, 99.7]
    assert green["connectgaps"] is False


@pytest.mark.parametrize(
    ("check", "limit", "below"), [(RATE, 99, True), (DURATION, 500, False), (Check("own", 30, maximum=5), 5, False)]
)
def test_the_forbidden_side_is_shaded_up_to_the_limit(check: Check, limit: float, below: bool) -> None:
    figure = drawn(check, green=points(limit, limit), blue=points(limit + 1, limit - 1))
    low, high = figure["layout"]["yaxis"]["range"]
    (shaded,) = [shape for shape in figure["layout"]["shapes"] if shape["type"] == "rect"]
    assert (shaded["y0"], shaded["y1"]) == (limit, low if below else high)
    assert low < limit < high


def test_a_check_with_two_limits_has_two_forbidden_sides() -> None:
    figure = drawn(Check("own", 30, minimum=1, maximum=5), green=points(2, 3), blue=points(2, 3))
    assert [shape["y0"] for shape in figure["layout"]["shapes"] if shape["type"] == "rect"] == [1, 5]


def test_each_moment_of_the_release_within_the_chart_has_a_line_and_its_words() -> None:
    figure = drawn()
    lines = [trace["x"][0] for trace in figure["data"] if trace["name"] == "moments"]
    assert lines == [moment(at(0)), moment(at(60)), moment(at(90))]
    assert named(figure, "failures")["text"] == ["success rate 97.21% &lt; 99%"]
    assert named(figure, "marks")["x"] == [moment(at(0)), moment(at(90))]


def test_pointing_at_a_line_tells_the_value_as_flagger_writes_it() -> None:
    assert named(drawn(), "green")["hovertemplate"] == "%{y:.2f}%"
    assert named(drawn(Check("own", 30)), "green")["hovertemplate"] == "%{y:.2f}"
    assert named(drawn(DURATION, green=points(612.4, None, 1515.0)), "green")["text"] == ["612ms", "", "1.515s"]


def test_judged_values_stand_on_green_as_dots_and_crosses() -> None:
    judged = (
        Judged(at(0), 99.9, "passed", "passed: 99.90%"),
        Judged(at(30), 97.2, "failed", "failed: 97.20%"),
        Judged(at(60), None, "no-values", "no values"),
    )
    passed, failed = (trace for trace in drawn(judged=judged)["data"] if trace["name"] == "judged")
    assert (passed["y"], passed["marker"]["symbol"]) == ([99.9], "circle")
    assert (failed["y"], failed["marker"]["symbol"]) == ([97.2], "x")


def test_text_from_a_cluster_is_no_markup() -> None:
    link = '<a href="https://elsewhere.example">x</a>'
    figure = check_figure(
        CheckData(RATE, points(99.9), points(99.9), (Judged(at(0), 99.9, "passed", link),)),
        [Mark(at(0), MarkKind.PHASE, link, link)], WINDOW, "1",
    )  # fmt: skip
    assert "<a" not in str(figure)


def test_several_charts_share_the_axis_of_all_their_values() -> None:
    several = [CheckData(RATE, points(99.9, 80.0), points(99.9)), CheckData(RATE, points(99.5), points(99.9))]
    low, high = value_extent(several, WINDOW)
    assert low < 80 and high > 99.9
    assert check_figure(several[1], (), WINDOW, "1", extent=(low, high))["layout"]["yaxis"]["range"] == [low, high]


def test_an_axis_has_room_although_all_values_are_the_same_or_missing() -> None:
    for values in (points(7.0, 7.0), points(0.0), points(None), points()):
        low, high = value_extent([CheckData(Check("own", 30), values, ())], WINDOW)
        assert low < high


def test_a_long_curve_is_thinned_without_losing_its_extremes() -> None:
    values = [99.9] * 5000
    values[1234], values[4321] = 12.5, 100.0
    kept = thinned(points(*values))
    assert len(kept) <= 720
    assert {12.5, 100.0} <= {value for _, value in kept}
    assert [moment for moment, _ in kept] == sorted(moment for moment, _ in kept)
