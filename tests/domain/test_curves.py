"""Curves grow without losing or doubling a moment, and get coarser without moving one."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as some

from rollouts.domain.curves import (
    Curve,
    empty,
    extended,
    few,
    missing,
    running_step,
    thinned,
    whole_step,
)

BEGIN = 1_790_000_000


def answered(first: int, last: int, step: int) -> list[tuple[float, float]]:
    """As a source answers that has a value for each moment: here the moment itself."""
    return [(float(at), float(at)) for at in range(first, last + 1, step)]


def grown(curve: Curve, until: float, most: int) -> Curve:
    curve = thinned(curve, until, most)
    asked = missing(curve, until)
    return extended(curve, answered(*asked, curve.step) if asked else [], until)


@given(
    some.integers(BEGIN, BEGIN + 100),
    some.integers(5, 20),
    some.lists(some.floats(0, 4000), min_size=1, max_size=30),
    some.integers(3, 60),
)
def test_however_it_grows_each_moment_is_on_it_once(begin: int, step: int, pauses: list[float], most: int) -> None:
    curve, now = empty(begin, step), float(begin)
    for pause in pauses:
        now += pause
        curve = grown(curve, now, most)
        assert len(curve.values) <= most
        assert list(curve.values) == [curve.begin + number * curve.step for number in range(len(curve.values))]
        assert curve.end - curve.step <= now < curve.end
    assert curve.begin == empty(begin, step).begin
    assert curve.step % step == 0


@given(some.lists(some.none() | some.floats(0, 100), max_size=200), some.integers(0, 6))
def test_thinning_leaves_values_at_their_moments(values: list[float | None], times: int) -> None:
    curve = Curve(BEGIN, 15, tuple(values))
    coarse = thinned(curve, curve.end - 1, most=max(1, len(values) >> times))
    kept = {coarse.begin + number * coarse.step: value for number, value in enumerate(coarse.values)}
    assert kept == {at: curve.at(at) for at in range(BEGIN, curve.end, coarse.step)}


def test_both_sides_share_their_moments_whenever_they_were_begun() -> None:
    assert empty(BEGIN + 7.9, 15).begin == empty(BEGIN + 1, 15).begin
    assert empty(BEGIN + 7.9, 15).begin % 15 == 0


def test_moments_without_a_sample_have_no_value_and_samples_beside_the_grid_count_for_none() -> None:
    curve = Curve(BEGIN, 15, (1.0,))
    samples = [(BEGIN, 9.0), (BEGIN + 30.0, 2.0), (BEGIN + 52.0, 3.0), (BEGIN + 60.0, 4.0), (BEGIN + 75.0, 5.0)]
    assert extended(curve, samples, BEGIN + 70).values == (1.0, None, 2.0, None, 4.0)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_no_finite_number_is_a_gap(value: float) -> None:
    assert extended(Curve(BEGIN, 15), [(BEGIN, value), (BEGIN + 15, 1.0)], BEGIN + 15).values == (None, 1.0)


def test_nothing_is_asked_for_until_the_next_moment_has_come() -> None:
    curve = Curve(BEGIN, 15, (1.0, 2.0))
    assert missing(curve, BEGIN + 29.9) is None
    assert missing(curve, BEGIN + 30) == (BEGIN + 30, BEGIN + 30)
    assert extended(curve, [(BEGIN + 30, 3.0)], BEGIN + 29) is curve


def test_the_value_at_a_moment_is_that_of_the_grid_before_it() -> None:
    curve = Curve(BEGIN, 15, (1.0, None, 3.0))
    assert [curve.at(BEGIN + after) for after in (-1, 0, 14, 15, 44, 45)] == [None, 1.0, 1.0, None, 3.0, None]
    assert curve.moment(BEGIN + 44) == BEGIN + 30
    assert curve.known == 30


@pytest.mark.parametrize(("interval", "step"), [(10, 10), (1, 5), (15, 15), (90, 15)])
def test_a_running_release_is_sampled_every_fifteen_seconds_at_least(interval: int, step: int) -> None:
    assert running_step(interval) == step


@pytest.mark.parametrize(("window", "step"), [(600, 15), (3600, 15), (3601, 16), (86_400, 360)])
def test_the_whole_curve_has_at_most_240_steps(window: int, step: int) -> None:
    assert whole_step(window) == step
    assert window / step <= 240


VALUES = some.lists(some.none() | some.floats(-1e6, 1e6), max_size=800)


@given(VALUES)
def test_few_points_keep_the_extremes_near_their_moments(values: list[float | None]) -> None:
    whole = Curve(BEGIN, 15, tuple(values))
    thin = few(whole)
    assert len(thin.values) <= 60
    assert set(thin.values) <= set(values)
    known = [value for value in values if value is not None]
    if not known:
        return
    for extreme in (min(known), max(known)):
        at = BEGIN + 15 * values.index(extreme)
        near = [abs(thin.begin + thin.step * n - at) for n, value in enumerate(thin.values) if value == extreme]
        assert min(near) < 2 * thin.step


def test_each_two_of_few_points_are_in_the_order_in_which_they_came() -> None:
    curve = few(Curve(BEGIN, 15, (1.0, 2.0, 9.0, 3.0, 8.0, 5.0, 4.0, 6.0)), most=4)
    assert curve == Curve(BEGIN, 30, (1.0, 9.0, 8.0, 4.0))


def test_a_time_without_values_stays_one_and_a_single_value_stays_seen() -> None:
    curve = few(Curve(BEGIN, 15, (None, None, None, None, None, 5.0, None, None)), most=4)
    assert curve.values == (None, None, 5.0, 5.0)


def test_few_points_of_few_are_the_same() -> None:
    curve = Curve(BEGIN, 15, (1.0,) * 60)
    assert few(curve) is curve
