from __future__ import annotations

from dataclasses import replace

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, expect

from tests.support.bare import NAME, OFFER, make_bare, make_inventory
from tests.support.site import session_cookie

pytestmark = pytest.mark.browser


@pytest.fixture
def choosing(context: BrowserContext, site: str) -> Page:
    application = make_bare("eu-west", "us-east")
    make_inventory("eu-west", OFFER, replace(OFFER, name="basket", label=""))
    make_inventory("us-east", OFFER)
    context.add_cookies([session_cookie(site, "root", is_superuser=True)])
    page = context.new_page()
    page.goto(f"{site}/applications/{application.pk}/")
    return page


def test_from_the_application_to_the_policy_to_commit(choosing: Page) -> None:
    choosing.get_by_role("link", name=f"Set up blue/green for {NAME}").click()
    expect(choosing.locator("#choices")).to_contain_text("in 2 of 2 clusters")
    choosing.get_by_role("link", name="Set up shop/cart on port 8080").click()
    expect(choosing.get_by_role("heading", level=1)).to_have_text(f"Set up blue/green for {NAME}")
    choosing.locator("#f-workload").fill("basket")
    expect(choosing.locator("#said-workload")).to_contain_text("Not found in us-east.")
    expect(choosing.locator("#said-service")).to_contain_text("has to be the name of the workload")
    choosing.locator("#f-workload").fill("cart")
    expect(choosing.locator("#said-service")).to_be_empty()
    choosing.locator("#f-workload").press("Enter")
    expect(choosing.get_by_role("heading", level=1)).to_have_text(f"The new policy of {NAME}")
    expect(choosing.get_by_label("Patch to commit")).to_contain_text("path: /spec/syncPolicies/1/rollout\n")
    choosing.get_by_role("button", name="Edit further").click()
    expect(choosing.locator("#f-workload")).to_have_value("cart")


def test_what_is_typed_by_hand_goes_the_same_way(choosing: Page) -> None:
    choosing.get_by_role("link", name=f"Set up blue/green for {NAME}").click()
    choosing.get_by_label("Namespace", exact=True).fill("shop")
    choosing.get_by_label("Workload, and its Service").fill("later")
    choosing.get_by_label("Port of the Service").fill("80")
    choosing.get_by_role("button", name="Use this one").click()
    expect(choosing.locator("#said-workload")).to_contain_text("Not found in eu-west and us-east.")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1360])
def test_the_pages_are_accessible_and_no_wider_than_the_screen(choosing: Page, scheme: str, width: int) -> None:
    choosing.set_viewport_size({"width": width, "height": 900})
    choosing.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    choosing.reload()  # colours change over a moment
    for name in (None, f"Set up blue/green for {NAME}", "Set up shop/cart on port 8080"):
        if name is not None:
            choosing.get_by_role("link", name=name).click()
            choosing.wait_for_load_state()
        assert Axe().run(choosing).response["violations"] == [], name
        assert choosing.evaluate("document.documentElement.scrollWidth") <= width, name
