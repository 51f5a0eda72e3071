from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from rollouts.domain.observations import Phase
from tests.support.builders import make_cluster, make_release, make_rollout, make_transition
from tests.support.site import session_cookie

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


@pytest.fixture
def fleet(visitor: Page, site: str) -> Page:
    cluster = make_cluster("eu-west-1")
    for name in ("checkout", "payments", "search"):
        make_rollout(cluster, name=name, namespace=f"{name}-team")
    visitor.goto(site + "/?sort=name")
    expect(visitor.locator("#live")).to_have_attribute("data-state", "live")
    return visitor


def focused(page: Page) -> str:
    return str(page.evaluate("() => document.activeElement.textContent.trim()"))


def test_j_and_k_walk_the_lines_and_enter_opens_one(fleet: Page) -> None:
    walked = []
    for key in ("j", "j", "j", "j", "k"):
        fleet.keyboard.press(key)
        walked.append(focused(fleet))
    assert walked == ["checkout", "payments", "search", "search", "payments"]
    fleet.keyboard.press("Enter")
    expect(fleet.get_by_role("heading", name="payments")).to_be_visible()


def test_slash_finds_a_rollout(fleet: Page) -> None:
    fleet.keyboard.press("/")
    fleet.keyboard.type("pay/j?")
    expect(fleet.locator("#search")).to_have_value("pay/j?")
    fleet.locator("#search").fill("pay")
    fleet.keyboard.press("Enter")
    fleet.wait_for_url("**/?q=pay")
    expect(fleet.locator(".row-link")).to_have_text(["payments"])


def test_the_back_button_returns_to_the_filter_before(fleet: Page) -> None:
    fleet.locator(".filters summary", has_text="Namespace").click()
    fleet.get_by_role("checkbox", name="search-team").check()
    fleet.get_by_role("button", name="Show").first.click()
    fleet.wait_for_url("**namespace=search-team**")
    expect(fleet.locator(".row-link")).to_have_text(["search"])
    fleet.get_by_role("link", name="Remove the filter namespace: search-team").click()
    expect(fleet.locator(".row-link")).to_have_count(3)
    fleet.go_back()
    expect(fleet.locator(".row-link")).to_have_text(["search"])
    fleet.go_back()
    expect(fleet.locator(".row-link")).to_have_count(3)


def test_g_and_a_letter_go_to_a_page(fleet: Page, site: str) -> None:
    for letter, address in (("c", "/clusters/"), ("h", "/history/"), ("f", "/")):
        fleet.keyboard.press("g")
        fleet.keyboard.press(letter)
        expect(fleet).to_have_url(site + address)
        fleet.wait_for_load_state()  # it has its address before it listens to keys


def test_clock_times_are_in_the_zone_of_the_viewer(browser: Browser, site: str) -> None:
    rollout = make_rollout(phase=Phase.PROGRESSING)
    make_release(rollout)
    at = (timezone.now() - timedelta(hours=1)).replace(microsecond=0)
    make_transition(rollout, 1, at=at)
    context = browser.new_context(timezone_id="Asia/Tokyo")
    context.add_cookies([session_cookie(site)])
    page = context.new_page()
    page.goto(f"{site}/rollouts/{rollout.pk}/")
    expect(page.locator("#t1 time")).to_have_text(f"{at + timedelta(hours=9):%H:%M:%S}")
    context.close()
