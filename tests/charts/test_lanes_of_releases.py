from __future__ import annotations

from datetime import UTC, datetime, timedelta

from rollouts.charts.figure import Window
from rollouts.charts.lanes import Failure, Lane, Span, lanes_figure
from tests.support.plotly_schema import assert_valid

BEGIN = datetime(2026, 11, 23, 16, 0, tzinfo=UTC)


def at(minutes: float) -> datetime:
    return BEGIN + timedelta(minutes=minutes)


LATER = Lane("eu-west-2", (Span(at(3), at(4), "run", "iteration 1", "Progressing"),), (Failure(at(3.5), "a < b"),))
LANES = (Lane("eu-west-1", (Span(at(0), at(2), "run", "iteration 1", "Progressing"),)), LATER, Lane("idle", ()))
WINDOW = Window(at(0), at(10))


def test_on_a_clock_a_bar_begins_where_it_did_and_lasts_as_long() -> None:
    figure = lanes_figure(LANES, WINDOW, "1")
    assert_valid(figure)
    bars, failed = figure["data"]
    assert bars["base"] == ["2026-11-23T16:00:00Z", "2026-11-23T16:03:00Z"]
    assert bars["x"] == [120_000, 60_000]
    assert failed["x"] == ["2026-11-23T16:03:30Z"]
    assert failed["text"] == ["eu-west-2<br>a &lt; b"]
    assert failed["yaxis"] == "y2", "beside the names of lanes there is room below each lane"


def test_counted_from_their_start_all_lanes_begin_together() -> None:
    figure = lanes_figure(LANES, WINDOW, "1", from_start=True)
    assert_valid(figure)
    bars, failed = figure["data"]
    assert bars["base"] == [0, 0]
    assert bars["x"] == [2, 1]
    assert failed["x"] == [0.5]
    assert figure["layout"]["xaxis"]["type"] == "linear"


def test_a_release_of_which_the_beginning_was_not_seen_is_counted_from_it_all_the_same() -> None:
    late = Lane("late", (Span(at(5), at(6), "run", "iteration 3", "Progressing"),), start=at(2))
    assert lanes_figure([late], WINDOW, "1", from_start=True)["data"][0]["base"] == [3]


def test_a_lane_without_any_bar_has_its_place() -> None:
    layout = lanes_figure(LANES, WINDOW, "1")["layout"]
    assert layout["yaxis"]["categoryarray"] == ["eu-west-1", "eu-west-2", "idle"]
    assert layout["yaxis"]["range"] == layout["yaxis2"]["range"] == [2.7, -0.5]


def test_what_is_too_short_to_be_seen_is_drawn_all_the_same() -> None:
    short = Lane("one", (Span(at(1), at(1), "bad", "", "Failed"),))
    assert lanes_figure([short], WINDOW, "1")["data"][0]["x"][0] > 0
