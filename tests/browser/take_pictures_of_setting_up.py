"""Takes pictures of setting up blue/green, as `take_pictures.py` does of the other pages."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.take_pictures import FOLDER, SIZES
from tests.support.bare import OFFER, make_bare, make_inventory
from tests.support.site import session_cookie


@pytest.mark.browser
@pytest.mark.timeout(600)
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1360])
def test_every_page_of_setting_up_is_taken(browser: Browser, site: str, scheme: Any, width: int) -> None:
    application = make_bare("eu-west-1", "eu-west-2")
    make_inventory("eu-west-1", OFFER, replace(OFFER, name="basket", ports=(80, 8443), autoscaler="basket"))
    notes = ("This account may not list services. deploy/rbac/ has what it needs.",)
    make_inventory("eu-west-2", replace(OFFER, service=False, ports=()), notes=notes)
    context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": SIZES[width]})
    context.add_cookies([session_cookie(site, "root", is_superuser=True)])
    page = context.new_page()
    FOLDER.mkdir(parents=True, exist_ok=True)

    def take(name: str) -> None:
        page.screenshot(path=FOLDER / f"set-up-{name}-{scheme}-{width}.png", full_page=True)

    page.goto(f"{site}/applications/set-up/")
    take("any")
    page.goto(f"{site}/applications/{application.pk}/")
    take("application")
    page.get_by_role("link", name="Set up blue/green").click()
    page.get_by_text("Not offered").or_(page.locator("table.choices")).first.wait_for()
    take("choices")
    page.get_by_role("link", name="Set up shop/basket on port 80", exact=True).click()
    take("form")
    page.get_by_role("button", name="See what changes").last.click()
    expect(page.get_by_role("heading", name="The patch")).to_be_visible()
    take("review")
    context.close()
