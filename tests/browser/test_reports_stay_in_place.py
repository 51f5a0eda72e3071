"""What somebody reads in the report of a running release stays where it is while the release goes on."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from rollouts import wiring
from rollouts.domain.metrics import Side
from rollouts.domain.observations import Phase
from rollouts.domain.ports import Hint
from rollouts.models import Cluster, ClusterState, Release, Rollout
from tests.support.builders import (
    CHECKS,
    make_cluster,
    make_curve,
    make_measurement,
    make_release,
    make_rollout,
    make_transition,
)
from tests.support.site import session_cookie

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]
PATIENCE = 20_000
MOST = 0.02
"""Of layout shift in all: a tenth counts as good for a whole visit."""
WATCH = """
window.shifts = [];
window.watchShifts = () => new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) {
    const where = (node) => (node?.nodeType === 1 ? node : node?.parentElement);
    const moved = (one) => [where(one.node)?.outerHTML.slice(0, 80), one.previousRect.y, one.currentRect.y];
    window.shifts.push([entry.value, entry.sources.map(moved)]);
  }
}).observe({type: "layout-shift"});
"""


@pytest.fixture
def release(site: str) -> Release:
    """One that has just begun."""
    rollout = make_rollout(make_cluster("eu-west-1"), name="checkout-api", phase=Phase.PROGRESSING, checks=CHECKS)
    begin = timezone.now() - timedelta(minutes=4)
    release = make_release(rollout, started_at=begin, ended_at=None, outcome="running")
    Rollout.objects.filter(pk=rollout.pk).update(release_number=1)
    make_transition(rollout, 1, at=begin, phase="Progressing")
    return release


def tell(release: Release) -> None:
    Rollout.objects.filter(pk=release.rollout_id).update(version=Rollout.objects.get().version + 1)
    wiring.change_feed().publish([Hint(f"rollout-{release.rollout_id}", int(timezone.now().timestamp() * 1000))])


def measure(release: Release) -> None:
    for check in CHECKS:
        for side, value in ((Side.BLUE, 99.9), (Side.GREEN, 98.7)):
            make_curve(release, side, [value] * 12, begin=release.started_at, check_name=check.name)
        at = release.started_at + timedelta(minutes=1)
        make_measurement(release, at, check_name=check.name, green=98.7, verdict="failed")


def move_users(release: Release) -> None:
    for number in (1, 2, 3, 4):
        at, side = release.started_at + number * timedelta(seconds=30), "green" if number == 4 else "blue"
        make_transition(release.rollout, 1 + number, at=at, phase="Progressing", iterations=number, live_side=side)


def lose_the_cluster(release: Release) -> None:
    since = timezone.now() - timedelta(seconds=40)
    Cluster.objects.update(state=ClusterState.UNREACHABLE, state_since=since, fresh_at=since)


def finish(release: Release) -> None:
    Cluster.objects.update(state=ClusterState.REACHABLE, fresh_at=timezone.now())
    at = release.started_at + timedelta(minutes=3)
    make_transition(release.rollout, 6, at=at, phase="Succeeded", live_side="blue")
    Release.objects.update(outcome="succeeded", ended_at=at)


def look(browser: Browser, site: str, release: Release, width: int) -> Page:
    context = browser.new_context(viewport={"width": width, "height": 844})
    context.add_cookies([session_cookie(site)])
    page = context.new_page()
    page.add_init_script(WATCH)
    page.goto(f"{site}/releases/{release.pk}/")
    expect(page.locator("#live")).to_have_attribute("data-state", "live", timeout=PATIENCE)
    page.locator("#steps-chart").scroll_into_view_if_needed()
    expect(page.locator("#steps-chart .main-svg").first).to_be_visible(timeout=PATIENCE)
    return page


@pytest.mark.parametrize("width", [390, 1360])
@pytest.mark.parametrize("place", ["#outcome", "#steps-chart"])
def test_nothing_moves_while_a_release_is_measured_moves_users_and_ends(
    browser: Browser, site: str, release: Release, width: int, place: str
) -> None:
    page = look(browser, site, release, width)
    if place == "#outcome":
        page.evaluate("() => window.scrollTo(0, 0)")
    else:
        page.locator(place).evaluate("(chart) => chart.scrollIntoView({block: 'end'})")
    page.evaluate("() => window.watchShifts()")
    measure(release)
    tell(release)
    expect(page.locator(".chart").first).to_contain_text("below the limit", timeout=PATIENCE)
    move_users(release)
    tell(release)
    expect(page.locator(".facts").first).to_contain_text("on green from", timeout=PATIENCE)
    lose_the_cluster(release)
    tell(release)
    expect(page.locator(".page-head")).to_contain_text("unreachable", timeout=PATIENCE)
    finish(release)
    tell(release)
    expect(page.locator(".page-head")).to_contain_text("Succeeded", timeout=PATIENCE)
    page.evaluate("() => new Promise((seen) => requestAnimationFrame(() => requestAnimationFrame(seen)))")
    shifts = page.evaluate("() => window.shifts")
    assert sum(value for value, _ in shifts) <= MOST, shifts
    page.context.close()


@pytest.mark.parametrize("width", [390, 1360])
def test_nothing_moves_while_a_report_becomes_live(browser: Browser, site: str, release: Release, width: int) -> None:
    context = browser.new_context(viewport={"width": width, "height": 844})
    context.add_cookies([session_cookie(site)])
    page = context.new_page()
    page.add_init_script(f"{WATCH}; window.watchShifts();")
    page.goto(f"{site}/releases/{release.pk}/")
    expect(page.locator("#live")).to_have_attribute("data-state", "live", timeout=PATIENCE)
    page.evaluate("() => new Promise((seen) => requestAnimationFrame(() => requestAnimationFrame(seen)))")
    shifts = page.evaluate("() => window.shifts")
    assert sum(value for value, _ in shifts) <= MOST, shifts
    context.close()
