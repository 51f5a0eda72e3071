from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, expect

from rollouts.models import Command, DraftTrial
from tests.support.governed import POLICY, make_another_policy, make_policy
from tests.support.site import session_cookie

pytestmark = pytest.mark.browser
APPLY = "Apply to the ticked policies"


@pytest.fixture
def choosing(context: BrowserContext, site: str) -> Page:
    """The page where the other policies are chosen."""
    application = make_policy("eu-west", "us-east")
    make_another_policy("cart", rolloutPolicy__trafficAnalysis__checkFailedTimes=7)
    make_another_policy("stock", rolloutPolicy__trafficAnalysis__checkFailedTimes=5)
    context.add_cookies([session_cookie(site, "root", is_superuser=True)])
    page = context.new_page()
    page.goto(f"{site}/applications/{application.pk}/policy/edit/?policy={POLICY}")
    page.locator("#f-failures").fill("5")
    page.locator("#f-failures").press("Enter")
    page.get_by_role("link", name="the same for other policies").click()
    return page


def to_the_review(page: Page) -> None:
    page.get_by_label("cart-prod").check()
    page.get_by_label("stock-prod").check()
    page.get_by_role("button", name="See what changes in each").click()
    expect(page.locator("#policy-all")).to_contain_text("Every cluster is being asked")


def test_one_review_and_one_click_by_keyboard_give_each_its_own_result(choosing: Page) -> None:
    to_the_review(choosing)
    expect(choosing.get_by_role("button", name=APPLY)).to_have_count(0)
    DraftTrial.objects.update(answer="accepted")
    expect(choosing.get_by_role("button", name=APPLY)).to_be_visible()
    expect(choosing.locator(".left-out")).to_contain_text("stock-prod of stock: It says all of this already.")
    expect(choosing.get_by_role("row", name="Failed checks that end it").last).to_contain_text("75")
    choosing.get_by_label("Reason").fill("more patience")
    choosing.keyboard.press("Enter")
    expect(choosing.get_by_role("heading", level=1)).to_have_text("One change of several policies")
    expect(choosing.locator("#policy-batch li[id]")).to_have_count(2)
    Command.objects.filter(policy="cart-prod").update(state="refused", sentence="Not this one.")
    expect(choosing.locator("#policy-batch")).to_contain_text("Not this one.")
    choosing.get_by_role("button", name="Stop what has not begun").click()
    expect(choosing.locator("#policy-batch")).to_contain_text("Stopped by root.")
    assert dict(Command.objects.values_list("policy", "state")) == {POLICY: "cancelled", "cart-prod": "refused"}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1360])
def test_the_pages_are_accessible_and_no_wider_than_the_screen(choosing: Page, scheme: str, width: int) -> None:
    choosing.set_viewport_size({"width": width, "height": 900})
    choosing.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    choosing.reload()  # colours change over a moment
    _is_good(choosing, width)
    to_the_review(choosing)
    _is_good(choosing, width)
    DraftTrial.objects.update(answer="accepted")
    expect(choosing.get_by_role("button", name=APPLY)).to_be_visible()
    _is_good(choosing, width)
    choosing.get_by_role("button", name=APPLY).click()
    expect(choosing.locator("#policy-batch li[id]")).to_have_count(2)
    _is_good(choosing, width)


def _is_good(page: Page, width: int) -> None:
    assert Axe().run(page).response["violations"] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
