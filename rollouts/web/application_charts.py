"""The charts of an application: its newest release in each cluster as lanes, and one check side by side."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.urls import reverse
from django.utils.http import urlencode

from rollouts.charts.checks import check_figure, value_extent
from rollouts.charts.figure import Window
from rollouts.charts.lanes import Lane, lanes_figure
from rollouts.domain.checks import in_words
from rollouts.domain.observations import Check
from rollouts.queries.application_charts import (
    MOST_CURVES,
    MOST_LANES,
    Compared,
    Run,
    compared,
    curves,
    ended,
)
from rollouts.queries.measured import MeasuredCheck
from rollouts.web import application_words, chart_words, times
from rollouts.web.chart_blocks import ChartBlock, Plot, plot, table
from rollouts.web.release_charts import check_data, marks_of
from rollouts.web.steps_chart import failures_of, steps_of

SHORTEST = timedelta(minutes=2)


def lanes_block(application: int, several: Sequence[Run], now: datetime, *, from_start: bool) -> ChartBlock:
    shown = several[:MOST_LANES]
    lanes = [
        Lane(
            run.name,
            steps_of(run.history, ended(run, now), run.release),
            failures_of(run.history),
            run.release.started_at,
        )
        for run in shown
        if run.history
    ]
    rows = [
        (
            run.name,
            run.release.started_at,
            run.release.outcome,
            times.exact((ended(run, now) - run.release.started_at).total_seconds()),
            str(len(failures_of(run.history))),
        )
        for run in reversed(several)
    ]
    plots: tuple[Plot, ...] = ()
    if lanes:
        figure = lanes_figure(lanes, _lanes_window(lanes, from_start), f"lanes {from_start}", from_start=from_start)
        plots = (plot(figure),)
    left_out = len(several) - len(shown)
    return ChartBlock(
        id="application-lanes",
        title="The newest release in each cluster",
        summary=application_words.of_lanes(several, now),
        plots=plots,
        table=table(("Cluster", "Began", "Outcome", "Took", "Failed checks"), rows) if rows else None,
        csv_url=reverse("application-steps-csv", args=[application]),
        notes=(application_words.drawn(len(shown), "newest"),) if left_out else (),
        wide=True,
    )


def _lanes_window(lanes: Sequence[Lane], from_start: bool) -> Window:
    spans = [lane.spans for lane in lanes]
    begin = min(several[0].begin for several in spans)
    if from_start:
        return Window(begin, begin + max(SHORTEST, *(lane.spans[-1].end - (lane.origin or begin) for lane in lanes)))
    return Window(begin, max(begin + SHORTEST, *(several[-1].end for several in spans)))


def compared_block(application: int, several: Sequence[Run], name: str, now: datetime) -> ChartBlock:
    """The worst cluster first; all plots have the same axes, counted from the start of each release."""
    order = compared(several, name)
    shown = [one for one in order if one.judged or one.run.release.ended_at is None][:MOST_CURVES]
    found = curves(shown, name)
    drawn = [(one, found[one.run.release.pk]) for one in shown if one.run.release.pk in found]
    drawn = [(one, measured) for one, measured in drawn if _has_values(measured)]
    longest = max([SHORTEST, *(ended(one.run, now) - one.run.release.started_at for one, _ in drawn)])
    windows = [_window(one.run, longest) for one, _ in drawn]
    data = [check_data(measured) for _, measured in drawn]
    extents = [value_extent([one], window) for one, window in zip(data, windows, strict=True)]
    extent = (min(low for low, _ in extents), max(high for _, high in extents)) if extents else None
    plots = []
    for (one, _), window, values in zip(drawn, windows, data, strict=True):
        marks = marks_of(one.run.history)
        figure = check_figure(values, marks, window, f"{one.run.release.pk}", extent=extent, small=True)
        plots.append(_named(one, figure))
    left_out = len([one for one in order if one.judged]) - len(plots)
    first = order[0].check if order else None
    address = reverse("application-check-csv", args=[application])
    return ChartBlock(
        id="application-check",
        title=f"{name} in each cluster",
        summary=application_words.of_compared(order, name),
        beside=chart_words.limits(first),
        plots=tuple(plots),
        table=table(HEAD, [_row(one) for one in reversed(order)]) if order else None,
        csv_url=f"{address}?{urlencode({'check': name})}",
        notes=(application_words.drawn(len(plots), "worst"),) if plots and left_out > 0 else (),
        wide=True,
    )


HEAD = ("Cluster", "Green’s lowest", "Green’s highest", "Limit", "Failed", "Outcome")


def _row(one: Compared) -> tuple[str, ...]:
    check = one.check or Check("", 0)
    low, high = ("" if value is None else in_words(check, value) for value in (one.low, one.high))
    failed = f"{one.failed} of {one.judged}"
    return one.run.name, low, high, chart_words.limits(one.check), failed, one.run.release.outcome


def _has_values(measured: MeasuredCheck) -> bool:
    return any(value is not None for line in (measured.green, measured.blue) for _, value in line.points)


def _window(run: Run, longest: timedelta) -> Window:
    begin = run.release.started_at
    return Window(begin - longest * 0.05, begin + longest, origin=begin)


def _named(one: Compared, figure: dict[str, object]) -> Plot:
    address = f"{reverse('rollout', args=[one.run.rollout.pk])}?release={one.run.release.number}#charts"
    note = application_words.outcome(one)
    return plot(figure, id=f"compared-{one.run.rollout.pk}", title=one.run.name, address=address, note=note)
