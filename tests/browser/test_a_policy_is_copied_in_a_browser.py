from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, expect

from rollouts.models import PolicyDraft
from tests.support.bare import make_bare
from tests.support.governed import POLICY, make_another_policy, make_policy
from tests.support.site import session_cookie

pytestmark = pytest.mark.browser


@pytest.fixture
def copying(context: BrowserContext, site: str) -> Page:
    """The page of the application whose policy is copied."""
    application = make_policy("eu-west", "us-east")
    make_another_policy("basket", rolloutPolicy__trafficAnalysis__checkIntervalSeconds=30)
    make_another_policy("stock")
    make_bare()
    context.add_cookies([session_cookie(site, "root", is_superuser=True)])
    page = context.new_page()
    page.goto(f"{site}/applications/{application.pk}/")
    return page


def test_from_the_application_to_the_review_of_the_other_policy(copying: Page) -> None:
    copying.get_by_role("link", name=f"Copy policy {POLICY} to another one").click()
    copying.get_by_label("Application, namespace or workload").fill("bask")
    copying.keyboard.press("Enter")
    expect(copying.get_by_role("button", name="Copy to stock-prod")).to_have_count(0)
    copying.get_by_role("button", name="Copy to basket-prod of basket").click()
    expect(copying.get_by_role("heading", level=1)).to_have_text("Edit policy basket-prod")
    expect(copying.get_by_label("What is copied")).to_contain_text(
        f"Filled with what policy {POLICY} of checkout says."
    )
    expect(copying.locator("#f-interval")).to_have_value("90")
    expect(copying.locator("#f-workload")).to_have_value("basket")
    copying.get_by_role("button", name="Add a metric").click()
    expect(copying.get_by_role("group", name="Metric new metric")).to_be_visible()
    expect(copying.get_by_label("What is copied")).to_be_visible()
    copying.get_by_role("button", name="Remove metric new metric").click()
    expect(copying.get_by_role("group", name="Metric new metric")).to_have_count(0)
    copying.locator("#f-interval").press("Enter")
    expect(copying.get_by_role("heading", level=1)).to_have_text("What changes of policy basket-prod")
    expect(copying.get_by_label("Patch to commit")).to_contain_text("checkIntervalSeconds")
    assert PolicyDraft.objects.get().policy == "basket-prod"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1360])
def test_the_pages_are_accessible_and_no_wider_than_the_screen(copying: Page, scheme: str, width: int) -> None:
    copying.set_viewport_size({"width": width, "height": 900})
    copying.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    copying.get_by_role("link", name=f"Copy policy {POLICY} to another one").click()
    for button in (None, "Copy to basket-prod of basket"):
        if button is not None:
            copying.get_by_role("button", name=button).click()
            expect(copying.get_by_label("What is copied")).to_be_visible()
        assert Axe().run(copying).response["violations"] == []
        assert copying.evaluate("document.documentElement.scrollWidth") <= width
