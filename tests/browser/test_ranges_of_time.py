"""Charts over the last hours, and over a range that somebody types in the zone they are in."""

from __future__ import annotations

import http.client
import json
import re
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import timezone
from playwright.sync_api import Browser, Locator, Page, expect

from kurator_ui.run.preflight import free_port
from rollouts.models import RangeCopy, Rollout
from tests.support.builders import CHECKS, make_cluster, make_rollout
from tests.support.measured import make_measured
from tests.support.program import running, signed_in
from tests.support.site import session_cookie

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]
PATIENCE = 20_000
BLUE = "(plot) => plot.data.find((trace) => trace.name === 'blue').x"


@pytest.fixture
def rollout(site: str) -> Rollout:
    made = make_rollout(make_cluster("eu-west-1"), checks=CHECKS)
    make_measured(made, begin=datetime(2026, 11, 20, 11, tzinfo=UTC))
    return made


@pytest.fixture
def indian(browser: Browser, site: str) -> Iterator[Page]:
    """A page of somebody who is five and a half hours ahead of UTC."""
    context = browser.new_context(timezone_id="Asia/Kolkata", viewport={"width": 1360, "height": 900})
    context.add_cookies([session_cookie(site)])
    yield context.new_page()
    context.close()


def choose(page: Page, begin: str, end: str) -> None:
    page.get_by_text("From, to").click()
    page.locator("#range-from").fill(begin)
    page.locator("#range-to").fill(end)
    page.get_by_role("button", name="Show", exact=True).click()


def test_moments_are_drawn_in_the_zone_of_the_viewer(indian: Page, site: str, rollout: Rollout) -> None:
    indian.goto(f"{site}/rollouts/{rollout.pk}/")
    plot = indian.locator(".plot").first
    plot.scroll_into_view_if_needed()
    expect(plot.locator(".main-svg").first).to_be_visible(timeout=PATIENCE)
    first = plot.evaluate("(plot) => plot.data.find((trace) => trace.name === 'marks').x[0]")
    assert first.startswith("2026-11-20T16:30:00")


def test_a_range_is_typed_in_the_zone_of_the_viewer_and_addressed_in_utc(
    indian: Page, site: str, rollout: Rollout
) -> None:
    indian.goto(f"{site}/rollouts/{rollout.pk}/")
    choose(indian, "2026-11-20T16:00", "2026-11-20T17:30")
    indian.wait_for_url(re.compile(r"from=2026-11-20T10%3A30Z&to=2026-11-20T12%3A00Z"))
    plot = indian.locator(".plot").first
    plot.scroll_into_view_if_needed()
    expect(plot.locator(".main-svg").first).to_be_visible(timeout=PATIENCE)
    shown = plot.evaluate("(plot) => plot.layout.xaxis.range")
    assert [at[:16] for at in shown] == ["2026-11-20T16:00", "2026-11-20T17:30"]
    indian.get_by_text("From, to").click()
    expect(indian.locator("#range-from")).to_have_value("2026-11-20T16:00")
    expect(indian.locator("label[for=range-from]")).to_have_text(re.compile(r"From \(Asia/(Kolkata|Calcutta)\)"))


def test_a_range_that_cannot_be_shown_keeps_what_was_typed(indian: Page, site: str, rollout: Rollout) -> None:
    indian.goto(f"{site}/rollouts/{rollout.pk}/")
    choose(indian, "2026-11-20T17:30", "2026-11-20T16:00")
    expect(indian.get_by_role("alert")).to_contain_text("The range ends before it begins")
    expect(indian.locator("#range-from")).to_have_value("2026-11-20T17:30")
    expect(indian.locator("#range-to")).to_have_value("2026-11-20T16:00")


def test_what_is_half_typed_stays_while_the_charts_follow(indian: Page, site: str, rollout: Rollout) -> None:
    now = timezone.now()
    given = {"begin": now - timedelta(hours=1), "end": now, "requested_at": now, "step": 15}
    copy = RangeCopy.objects.create(rollout=rollout, range="1h", **given)
    indian.goto(f"{site}/rollouts/{rollout.pk}/?range=1h")
    expect(indian.get_by_text("Asking Prometheus …")).to_be_visible()
    indian.get_by_text("From, to").click()
    indian.locator("#range-from").fill("2026-11-20T16:00")
    RangeCopy.objects.filter(pk=copy.pk).update(read_at=timezone.now(), good_until=now + timedelta(hours=1))
    expect(indian.get_by_text("Asking Prometheus …")).to_have_count(0, timeout=PATIENCE)
    expect(indian.locator("#range-from")).to_have_value("2026-11-20T16:00")
    expect(indian.locator("label[for=range-from]")).to_have_text(re.compile("Asia/"))


def test_without_scripts_the_times_are_in_utc_and_say_so(browser: Browser, site: str, rollout: Rollout) -> None:
    context = browser.new_context(java_script_enabled=False, timezone_id="Asia/Kolkata")
    context.add_cookies([session_cookie(site)])
    page = context.new_page()
    page.goto(f"{site}/rollouts/{rollout.pk}/?range=custom&from=2026-11-20T10:30&to=2026-11-20T12:00")
    page.get_by_text("From, to").click()
    expect(page.locator("label[for=range-from]")).to_have_text("From (UTC)")
    expect(page.locator("#range-from")).to_have_value("2026-11-20T10:30")
    page.locator("#range-to").fill("2026-11-20T11:30")
    page.get_by_role("button", name="Show", exact=True).click()
    page.wait_for_url(re.compile(r"from=2026-11-20T10%3A30&to=2026-11-20T11%3A30"))
    context.close()


def test_the_last_hour_of_the_demo_reaches_beyond_its_release(browser: Browser, tmp_path: Path) -> None:
    """The whole way: page, queue, worker, API server, Prometheus, hint, fragment."""
    port, before = free_port("127.0.0.1"), datetime.now(UTC)
    with running(tmp_path, port, "demo", observe=True):
        name, password = next(iter(json.loads((tmp_path / "people.json").read_text()).items()))
        cookie = signed_in(port, name, password)
        address = f"http://127.0.0.1:{port}"
        context = browser.new_context(timezone_id="UTC", viewport={"width": 1360, "height": 900})
        context.add_cookies([
            {"name": settings.SESSION_COOKIE_NAME, "value": cookie.partition("=")[2], "url": address}
        ])  # fmt: skip
        page = context.new_page()
        page.goto(address + measured_rollout(port, cookie) + "?range=1h")
        plot = page.locator("figure[id^=check-0] .plot")
        page.mouse.wheel(0, 600)  # they are drawn when they come near
        expect(plot.locator(".main-svg").first).to_be_visible(timeout=PATIENCE)
        deadline = time.monotonic() + PATIENCE / 1000
        while before - first_point(plot) < timedelta(minutes=20):  # what is kept of a release begins 15 min before it
            assert time.monotonic() < deadline, "the line begins with the release"
            page.wait_for_timeout(50)
        expect(page.get_by_text("1 release ran in this range.")).to_be_visible()
        expect(page.get_by_text("Asking Prometheus …")).to_have_count(0)
        context.close()


def first_point(plot: Locator) -> datetime:
    return datetime.fromisoformat(plot.evaluate(BLUE)[0]).replace(tzinfo=UTC)


def measured_rollout(port: int, cookie: str) -> str:
    """The address of one whose release runs and is measured; the demo brings some about in its first moments."""
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        found = re.search(r'href="(/rollouts/\d+/)', body(port, "/?phase=Progressing&cluster=eu-west", cookie))
        if found:
            _, _, chart = body(port, found[1], cookie).partition('id="check-0')
            if re.search("blue (was|stayed)", chart.partition("</figure>")[0]):
                return found[1]
        time.sleep(0.2)
    raise AssertionError("no release is measured in eu-west")


def body(port: int, path: str, cookie: str) -> str:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=20)) as connection:
        connection.request("GET", path, headers={"Cookie": cookie})
        return connection.getresponse().read().decode()
