"""One check in many clusters, side by side."""

from __future__ import annotations

import time

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from rollouts import wiring
from rollouts.domain.observations import Phase
from rollouts.domain.ports import Hint
from rollouts.models import Application, Curve, Release, Rollout
from tests.support.builders import make_measurement
from tests.support.measured import make_measured_application

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]
PATIENCE = 20_000
POINTS = "(plot) => plot.data.find((trace) => trace.name === 'blue').x.length"
RANGE = "(plot) => plot.layout.xaxis.range"


def test_several_plots_of_a_chart_are_saved_as_one_picture(visitor: Page, site: str) -> None:
    application = make_measured_application(4)
    visitor.goto(f"{site}/applications/{application.pk}/")
    chart = visitor.locator("#application-check")
    chart.scroll_into_view_if_needed()
    expect(chart.locator(".plot")).to_have_count(4)
    for plot in chart.locator(".plot").all():
        expect(plot.locator(".main-svg").first).to_be_visible(timeout=PATIENCE)
    one = chart.locator(".plot").first.evaluate("(plot) => [plot.layout.width, plot.layout.height + 50]")
    with visitor.expect_download(timeout=PATIENCE) as saving:
        chart.get_by_role("button", name="PNG").click()
    content = saving.value.path().read_bytes()
    width, height = (int.from_bytes(content[place : place + 4], "big") for place in (16, 20))
    assert (width, height) == (2 * 3 * one[0], 2 * 2 * one[1])


def look_at_many(page: Page, site: str, application: Application) -> None:
    page.goto(f"{site}/applications/{application.pk}/")
    expect(page.locator("#live")).to_have_attribute("data-state", "live", timeout=PATIENCE)
    page.locator("#application-check").scroll_into_view_if_needed()
    for plot in page.locator(".plot").all():
        expect(plot.locator(".main-svg").first).to_be_visible(timeout=PATIENCE)


def measure_more_of(application: Application, cluster: str, values: list[float]) -> None:
    """As the measuring does: curves grow and are judged, then one hint for the application."""
    release = Release.objects.get(rollout__application=application, rollout__cluster__name=cluster)
    for curve in release.curves.all():
        Curve.objects.filter(pk=curve.pk).update(values=[*curve.values, *values])
    make_measurement(release, timezone.now(), green=values[-1], blue=99.9)
    Release.objects.filter(pk=release.pk).update(measured_at=timezone.now())
    wiring.change_feed().publish([Hint(f"compared-{application.pk}", int(time.time() * 1000))])


def test_charts_of_many_clusters_follow_each_measurement_and_keep_zoom_and_focus(visitor: Page, site: str) -> None:
    application = make_measured_application(3)
    Rollout.objects.update(phase=Phase.PROGRESSING)
    Release.objects.update(outcome="running", ended_at=None)
    look_at_many(visitor, site, application)
    parts = visitor.locator("#application-check .plot-part")
    expect(parts.locator("h4 a")).to_have_text(["store-02", "store-01", "store-00"])
    store = parts.filter(has_text="store-00")
    plot = store.locator(".plot")
    box = plot.locator(".nsewdrag").bounding_box()
    assert box is not None
    visitor.mouse.move(box["x"] + box["width"] / 3, box["y"] + 60)
    visitor.mouse.down()
    visitor.mouse.move(box["x"] + box["width"] * 2 / 3, box["y"] + 60, steps=5)
    visitor.mouse.up()
    expect(plot).to_have_attribute("data-zoomed", "yes")
    before, zoomed = plot.evaluate(POINTS), plot.evaluate(RANGE)
    plot.evaluate("(plot) => { plot.remembered = true; }")
    store.locator("h4 a").focus()
    measure_more_of(application, "store-00", [99.5, 42.0])
    expect(parts.locator("h4 a")).to_have_text(["store-00", "store-02", "store-01"], timeout=PATIENCE)
    expect(store.locator("h4 a")).to_be_focused()
    deadline = time.monotonic() + PATIENCE / 1000
    while plot.evaluate(POINTS) == before and time.monotonic() < deadline:
        visitor.wait_for_timeout(50)  # the policy refuses the code that Playwright itself would wait with
    assert plot.evaluate(POINTS) == before + 2
    assert plot.evaluate(RANGE) == pytest.approx(zoomed, abs=0.01)
    assert plot.evaluate("(plot) => plot.remembered"), "the plot was made anew"
