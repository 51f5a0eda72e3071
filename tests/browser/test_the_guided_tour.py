"""The whole guided tour, by clicking, on the demo fleet with observer and workers; ten of its seconds pass in one."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import LazySettings, settings
from playwright.sync_api import BrowserContext, Locator, Page, expect

from kurator_ui.celery import app
from kurator_ui.demo.cast import BARE, cast_bare
from kurator_ui.demo.clock import VirtualClock
from kurator_ui.demo.fleet import FLEET_NAMESPACE
from kurator_ui.demo.serve import DemoFleet
from kurator_ui.embedded import Embedded
from rollouts import tasks, wiring
from rollouts.models import Application
from rollouts.services import clusters
from tests.support.passing import passing
from tests.support.site import session_cookie
from tests.support.waiting import until

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(400),
    pytest.mark.skipif(not settings.EMBEDDED, reason="with Redis the workers are processes of their own"),
]
PATIENCE = 60_000


@pytest.fixture
def toured(site: str, tmp_path: Path, settings: LazySettings) -> Iterator[None]:
    """The application of the tour in two clusters, as the demo begins with it."""
    settings.TOUR = f"{FLEET_NAMESPACE}/{BARE.name}"
    kept = app.conf.beat_schedule
    app.conf.beat_schedule = {"settle": tasks.BEAT["settle"]}
    embedded = Embedded(observe=True)
    with DemoFleet(tmp_path, members=2, clock=VirtualClock(time.time())) as fleet:
        fleet.call(lambda: cast_bare(fleet.fleet))
        fleet.advance(25)
        clusters.add(name="hub", ways=wiring.ways(), kubeconfig=fleet.kubeconfig("hub").read_bytes(), hub=True)
        embedded.start()
        try:
            until(Application.objects.filter(name=BARE.name, workload="").exists)
            with passing(fleet):
                yield
        finally:
            embedded.stop()
            app.conf.beat_schedule = kept


@pytest.fixture
def admin(context: BrowserContext, site: str, toured: None) -> Page:
    context.add_cookies([session_cookie(site, "root", is_superuser=True)])
    page = context.new_page()
    page.goto(site)
    page.get_by_role("navigation", name="Pages").get_by_role("link", name="Tour").click()
    return page


def step(page: Page, stage: str) -> Locator:
    return page.locator(f"#step-{stage}")


def becomes(page: Page, stage: str, standing: str = "done") -> None:
    """Without a reload, on the page that stays open."""
    expect(step(page, stage).get_by_role("heading")).to_contain_text(standing, timeout=PATIENCE)


def back(page: Page) -> None:
    page.get_by_role("link", name="Tour").click()


def set_up(page: Page) -> None:
    step(page, "configure").get_by_role("link", name="Set up blue/green").click()
    page.get_by_role("link", name="Set up shop/gift-cards on port 8080", exact=True).click(timeout=PATIENCE)
    page.locator("#f-interval").fill("10")
    page.get_by_role("button", name="See what changes").last.click()
    apply = page.get_by_role("button", name="Apply to all clusters")
    expect(apply).to_be_visible(timeout=PATIENCE)
    apply.click()
    back(page)


def release(page: Page, stage: str, name: str) -> None:
    step(page, stage).get_by_role("link", name=name, exact=True).click(timeout=PATIENCE)
    page.get_by_label("All at once").check()
    page.get_by_role("button", name="New version", exact=True).click()
    back(page)


def remove(page: Page) -> None:
    step(page, "clean-up").get_by_role("link", name="Remove the rollout").click(timeout=PATIENCE)
    page.get_by_label("Type gift-cards to confirm").fill("gift-cards")
    page.get_by_role("button", name="Remove", exact=True).click()
    expect(page.get_by_role("heading", name="Removal of policy")).to_be_visible()
    back(page)


def test_the_tour_goes_from_setting_up_to_cleaning_up_and_begins_again(admin: Page) -> None:
    becomes(admin, "configure", "to do")
    set_up(admin)
    becomes(admin, "configure")
    release(admin, "trigger", "Start the release")
    becomes(admin, "trigger")
    becomes(admin, "promote")
    release(admin, "fail", "Start the release that fails")
    becomes(admin, "fail")
    expect(step(admin, "clean-up")).to_contain_text("a removal refuses that", timeout=PATIENCE)
    release(admin, "clean-up", "Release a good version")
    remove(admin)
    becomes(admin, "clean-up")
    expect(admin.get_by_role("status").filter(has_text="Begin again")).to_be_visible()
    expect(step(admin, "configure").get_by_role("link", name="Set up blue/green")).to_be_visible(timeout=PATIENCE)
    set_up(admin)
    expect(step(admin, "promote").get_by_role("heading")).to_contain_text("to do", timeout=PATIENCE)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1360])
def test_its_page_is_accessible_and_no_wider_than_the_screen(admin: Page, scheme: str, width: int) -> None:
    admin.set_viewport_size({"width": width, "height": 900})
    admin.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    admin.reload()
    assert Axe().run(admin).response["violations"] == []
    assert admin.evaluate("document.documentElement.scrollWidth") <= width
