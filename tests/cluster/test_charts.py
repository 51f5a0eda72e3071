"""With real Flagger and real Prometheus servers: what is drawn in the browser is what happens in the cluster."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.sync_api import Locator, Page

from tests.cluster.laboratory import Member, wait_for
from tests.cluster.program import Program
from tests.cluster.test_measurements import LATEST, LIMIT, RATE, SCRAPED_EVERY, measured, needs_prometheus
from tests.cluster.test_releases import RELEASE_SECONDS, next_image
from tests.cluster.test_why_it_is_here import EVENTS, wait_for_box

pytestmark = needs_prometheus
__all__ = ["measured"]

DRAWN = """(plot) => ({
  traces: plot.data.map((one) => ({name: one.name, x: [...one.x], y: [...one.y], symbol: one.marker?.symbol})),
  limits: plot.layout.shapes.filter((one) => one.type === 'line').map((one) => one.y0),
})"""
DECIDED_WITHIN = 2.0
"""Seconds: times of Events are whole ones, and Flagger asks a moment before it writes."""


class Chart:
    """The chart of one check on a page, as Plotly holds it."""

    def __init__(self, plot: Locator) -> None:
        found = plot.evaluate(DRAWN)
        self.limits: list[float] = found["limits"]
        self._traces: list[dict[str, Any]] = found["traces"]

    def line(self, side: str) -> dict[float, float]:
        (trace,) = [one for one in self._traces if one["name"] == side]
        return {at: value for at, value in self._points(trace) if value is not None}

    @property
    def failed(self) -> dict[float, float]:
        """Where a cross stands on green's line."""
        return dict(
            point
            for trace in self._traces
            if trace["name"] == "judged" and trace["symbol"] == "x"
            for point in self._points(trace)
        )

    def _points(self, trace: dict[str, Any]) -> list[tuple[float, float]]:
        times = [datetime.fromisoformat(at).replace(tzinfo=UTC).timestamp() for at in trace["x"]]
        return list(zip(times, trace["y"], strict=True))


def halts(member: Member, since: float) -> list[tuple[float, str]]:
    """When Flagger said that the check failed, and with which value, from its own Events."""
    found = []
    for event in member.get(EVENTS)["items"]:
        said = re.search(r"success rate ([\d.]+)% < ", event["message"])
        at = datetime.fromisoformat(event["lastTimestamp"]).timestamp()
        if said and at >= since:
            found.append((at, said[1]))
    return sorted(found)


@dataclass(frozen=True)
class Failure:
    """A value that is beyond the limit, as it is stored. `said` is what Flagger said of it, if it decided there."""

    at: float
    value: float
    said: str
    agrees: bool


def failures(program: Program, member: Member) -> list[Failure]:
    """Of the newest release: where Flagger decided, and at the ticks at which it only wrote."""
    ((release, _),) = program.rows(LATEST, program.rollout(member.name))
    query = (
        "select at, green, said, agrees from rollouts_measurement"
        " where release_id = ? and check_name = ? and verdict = 'failed'"
    )
    return [
        Failure(datetime.fromisoformat(at).replace(tzinfo=UTC).timestamp(), green, said, bool(agrees))
        for at, green, said, agrees in program.rows(query, release, RATE)
    ]


def _near(points: dict[float, float], moment: float) -> list[tuple[float, float]]:
    near = [(at, value) for at, value in points.items() if abs(at - moment) <= DECIDED_WITHIN]
    return sorted(near, key=lambda point: abs(point[0] - moment))


def test_a_green_that_turns_bad_is_drawn_as_it_happens_with_limit_and_marks_where_flagger_decided(
    program: Program,
    measured: Member,
    page: Page,
) -> None:
    member, begun = measured, time.time()
    page.goto(f"{program.address}/rollouts/{program.rollout(member.name)}/")
    plot = page.locator("#charts .chart", has_text=RATE).locator(".plot").first
    member.release(next_image())
    wait_for(lambda: member.canary()["status"].get("iterations", 0) >= 1, 60, "the first iteration")
    spoiled = time.time()
    member.fault(0.3)

    def drawn() -> Chart | None:
        page.wait_for_timeout(200)
        return Chart(plot) if plot.locator(".main-svg").count() else None

    def bad() -> float:
        """When the first bad value is that is drawn since; the page is never loaded anew."""
        chart = drawn()
        line = chart.line("green") if chart else {}
        return min((at for at, value in line.items() if at >= spoiled and value < LIMIT), default=0.0)

    first = wait_for(bad, 60, "the chart to show that green is bad")
    step = 10  # of the analysis in the laboratory, which is also how often it is read
    assert first - spoiled <= step + SCRAPED_EVERY + 1
    wait_for_box_of(page, member)
    wait_for(lambda: member.phase() == "Failed", RELEASE_SECONDS, "the release to fail")
    said = halts(member, begun)
    assert len(said) == 2

    def judged() -> Chart | None:
        chart = drawn()
        return chart if chart and all(_near(chart.failed, decided) for decided, _ in said) else None

    chart = wait_for(judged, 60, "the marks of the failures")
    assert chart is not None
    assert chart.limits == [LIMIT]
    blue = {at: value for at, value in chart.line("blue").items() if at >= begun}
    assert blue
    assert set(blue.values()) == {100.0}
    stored = failures(program, member)
    for at, value in chart.failed.items():
        assert [one.value for one in stored if abs(one.at - at) < 1] == [pytest.approx(value)], "and nothing else"
    for decided, stated in said:
        (at, shown) = _near(chart.failed, decided)[0]
        (kept,) = [one for one in stored if abs(one.at - at) < 1]
        assert (kept.said, kept.agrees) == (stated, f"{shown:.2f}" == stated)
    wait_for_box(page, program, member, rf"{RATE} on green was {said[-1][1]}%, below its limit of 99\.00%")


def wait_for_box_of(page: Page, member: Member) -> None:
    """Live on the page that is open: the sentence names check, value and limit as Flagger's Event states them."""

    def told() -> bool:
        box = page.locator("#why")
        words = " ".join(box.inner_text().split()) if box.count() else ""
        found = re.search(rf"{RATE} on green was ([\d.]+)%, below its limit of 99\.00%\.", words)
        return found is not None and any(found[1] == value for _, value in halts(member, 0.0))

    wait_for(told, 60, "the box to name check, value and limit")
