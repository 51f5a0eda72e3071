"""The report of a release on a screen, on a phone and on paper."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from rollouts import wiring
from rollouts.domain.observations import Hook, Phase
from rollouts.domain.ports import Hint
from rollouts.models import Measurement, Release
from tests.support.builders import CHECKS, make_cluster, make_measurement, make_rollout
from tests.support.measured import make_measured
from tests.support.site import session_cookie

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]
PATIENCE = 20_000


@pytest.fixture
def release(site: str) -> Release:
    """An earlier one that succeeded, and one that is running."""
    hooks = (Hook("load-test", "", "http://loadtester"), Hook("release-board", "confirm-promotion"))
    rollout = make_rollout(
        make_cluster("eu-west-1"), phase=Phase.PROGRESSING, checks=CHECKS, hooks=hooks, policy="checkout-policy"
    )
    make_measured(rollout)
    running = make_measured(rollout, number=2, steps=5)
    Measurement.objects.filter(release=running).update(said="97.21", agrees=True)
    make_measurement(
        running, timezone.now(), green=None, verdict="no-values", said="97.21", agrees=False,
        note="Green had no traffic: its query gave no series.",
    )  # fmt: skip
    return running


def look(page: Page, address: str) -> None:
    page.goto(address)
    expect(page.locator("h1")).to_be_visible()


def charts_drawn(page: Page) -> None:
    page.locator("#steps-chart").scroll_into_view_if_needed()
    for chart in page.locator(".chart").all():
        expect(chart.locator(".plot .main-svg").first).to_be_visible(timeout=PATIENCE)


def addresses(release: Release) -> list[str]:
    earlier = Release.objects.get(rollout=release.rollout, number=1)
    return [f"/releases/{release.pk}/", f"/releases/{earlier.pk}/", f"/releases/{release.pk}/compare/{earlier.pk}/"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_reports_can_be_used_by_everybody(browser: Browser, site: str, release: Release, scheme: Any) -> None:
    context = browser.new_context(color_scheme=scheme, viewport={"width": 1280, "height": 900})
    context.add_cookies([session_cookie(site)])
    page = context.new_page()
    refused: list[str] = []
    page.on("console", lambda said: refused.append(said.text) if said.type == "error" else None)
    for address in addresses(release):
        look(page, site + address)
        if "compare" not in address:
            charts_drawn(page)
            page.locator("#compare summary").click()
        assert Axe().run(page).response["violations"] == []
    assert refused == []
    context.close()


@pytest.mark.parametrize("width", [390, 768, 1280, 2560])
def test_no_report_is_wider_than_the_window(browser: Browser, site: str, release: Release, width: int) -> None:
    context = browser.new_context(viewport={"width": width, "height": 844})
    context.add_cookies([session_cookie(site)])
    page = context.new_page()
    for address in addresses(release):
        look(page, site + address)
        assert page.evaluate("() => document.documentElement.scrollWidth") <= width, address
    context.close()


def test_a_running_release_is_followed_and_what_was_opened_stays_open(
    visitor: Page, site: str, release: Release
) -> None:
    look(visitor, f"{site}/releases/{release.pk}/")
    expect(visitor.locator("#live")).to_have_attribute("data-state", "live", timeout=PATIENCE)
    visitor.locator("#check-1 .values summary").click()
    make_measurement(release, timezone.now(), note="measured while somebody looked on")
    Release.objects.filter(pk=release.pk).update(measured_at=timezone.now())
    wiring.change_feed().publish([Hint(f"measured-{release.rollout_id}", int(timezone.now().timestamp()))])
    expect(visitor.locator("#check-1")).to_contain_text("measured while somebody looked on", timeout=PATIENCE)
    assert visitor.locator("#check-1 .values").get_attribute("open") is None


def test_times_are_whole_and_in_the_zone_of_the_viewer(browser: Browser, site: str, release: Release) -> None:
    Release.objects.filter(number=1).update(started_at=datetime(2026, 1, 31, 23, 30, 5, tzinfo=UTC))
    context = browser.new_context(timezone_id="Asia/Tokyo")
    context.add_cookies([session_cookie(site)])
    page = context.new_page()
    look(page, f"{site}/releases/{Release.objects.get(number=1).pk}/")
    expect(page.locator(".facts time").first).to_have_text("2026-02-01 08:30:05")
    expect(page.locator("[data-zone]")).to_have_text("Asia/Tokyo")
    context.close()


def test_from_a_rollout_to_its_report_and_on_to_a_comparison(visitor: Page, site: str, release: Release) -> None:
    look(visitor, f"{site}/rollouts/{release.rollout_id}/")
    visitor.locator(".release-line").get_by_role("link", name="Report of release 2").click()
    expect(visitor.get_by_role("heading", level=1)).to_have_text("Release 2 of checkout")
    visitor.locator("#compare summary").click()
    visitor.get_by_role("link", name="Release 1, succeeded").first.click()
    expect(visitor.get_by_role("heading", level=1)).to_have_text("Releases 1 and 2 of checkout")
    visitor.get_by_role("link", name="Release 1", exact=True).click()
    expect(visitor.get_by_role("heading", level=1)).to_have_text("Release 1 of checkout")


def test_on_paper_every_measurement_is_there_and_no_button(
    visitor: Page, site: str, release: Release, tmp_path: Path, tool: Callable[[str], str]
) -> None:
    for one in Measurement.objects.filter(release=release):
        Measurement.objects.filter(pk=one.pk).update(note=f"n{one.pk}")
    look(visitor, f"{site}/releases/{release.pk}/")
    charts_drawn(visitor)
    for summary in visitor.locator(".values summary").all():
        summary.click()  # closed on the screen, they are there on paper
    visitor.pdf(path=tmp_path / "report.pdf", prefer_css_page_size=True)
    command = [tool("pdftotext"), "-layout", str(tmp_path / "report.pdf"), "-"]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "Release 2 of checkout" in printed
    kept = Measurement.objects.filter(release=release).values_list("pk", flat=True)
    assert [pk for pk in kept if f"n{pk}" not in printed.split()] == []
    for button in ("Compare with", "CSV", "JSON", "viewer", "Values as a table", "Find a rollout"):
        assert button not in printed


def test_charts_are_light_and_fit_on_paper_and_are_dark_again_afterwards(
    browser: Browser, site: str, release: Release
) -> None:
    context = browser.new_context(color_scheme="dark", viewport={"width": 1280, "height": 900})
    context.add_cookies([session_cookie(site)])
    page = context.new_page()
    look(page, f"{site}/releases/{release.pk}/")
    charts_drawn(page)
    looks = "(plot) => [plot.layout.paper_bgcolor, plot.layout.width <= 680]"
    steps = page.locator("#steps-chart .plot")
    dark = steps.evaluate(looks)
    page.evaluate("() => { window.dispatchEvent(new Event('beforeprint')); }")
    assert steps.evaluate(looks) == ["rgb(255, 255, 255)", True]
    page.evaluate("() => { window.dispatchEvent(new Event('afterprint')); }")
    assert steps.evaluate(looks) == dark
    assert dark == ["rgb(23, 27, 33)", False]
    context.close()
