"""From what one plain Canary says to the review of another, in a real browser."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import BrowserContext, Page, expect

from rollouts.models import PolicyDraft, Rollout
from rollouts.services import revisions
from tests.support.builders import make_cluster, make_rollout
from tests.support.canaries import read_by_a_task, spec
from tests.support.site import session_cookie

pytestmark = pytest.mark.browser
LASTING = timedelta(hours=1)
"""However slow the machine is, each Canary was read just now."""
TO_CART = "Copy to shop/cart in west"


def says(one: Rollout, **changes: Any) -> Rollout:
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": one.name}
    found = spec(targetRef=target, **changes)
    read_by_a_task(one, found, at=timezone.now() + LASTING)
    revisions.note_spec(rollout=one, spec=found, now=timezone.now())
    return one


@pytest.fixture
def other(site: str) -> Rollout:
    made = make_rollout(make_cluster("west"), name="cart")
    return says(made, service__port=9090, service__hosts=["cart.example.test"], analysis__webhooks=[])


@pytest.fixture
def copying(context: BrowserContext, site: str, other: Rollout) -> Page:
    """The page on which it is chosen what is to say the same, as it is reached from that of the rollout."""
    one = says(make_rollout(make_cluster("edge")), analysis__interval="45s")
    says(make_rollout(make_cluster("north"), name="stock"))
    context.add_cookies([session_cookie(site, "root", is_superuser=True)])
    page = context.new_page()
    page.goto(f"{site}/rollouts/{one.pk}/")
    page.get_by_role("link", name="Copy what the Canary says to another one").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Copy checkout")
    return page


def test_from_the_rollout_to_the_review_of_the_other_canary(copying: Page, other: Rollout) -> None:
    expect(copying.get_by_role("button", name="Copy to shop/stock in north")).to_be_visible()
    copying.get_by_label("Canary, namespace or cluster").fill("west")
    copying.keyboard.press("Enter")
    expect(copying.get_by_role("button", name="Copy to shop/stock in north")).to_have_count(0)
    copying.get_by_role("button", name=TO_CART).press("Enter")
    expect(copying.get_by_role("heading", level=1)).to_have_text("Edit cart")
    filled = copying.get_by_label("What is copied")
    expect(filled).to_contain_text("Filled with what the Canary checkout in edge says.")
    expect(copying.locator("#f-interval")).to_have_value("45")
    expect(copying.locator("#f-hosts")).to_have_value("cart.example.test")
    expect(copying.locator("#f-port")).to_have_value("9090")
    expect(copying.locator("#f-hooks-0-metadata")).to_have_value(
        "type: cmd\ncmd: hey -z 1m http://cart-canary.shop:9090/"
    )
    copying.get_by_role("button", name="Add an alert").click()
    expect(copying.get_by_role("group", name="Alert new alert")).to_be_visible()
    expect(filled).to_be_visible()
    copying.get_by_role("button", name="Remove alert new alert").click()
    expect(copying.get_by_role("group", name="Alert new alert")).to_have_count(0)
    copying.locator("#f-interval").press("Enter")
    expect(copying.get_by_role("heading", level=1)).to_have_text("What changes of cart")
    patch = copying.get_by_label("Patch to commit")
    expect(patch).to_contain_text("value: 45s")
    expect(patch).to_contain_text("/spec/analysis/webhooks")
    expect(patch).not_to_contain_text("/spec/service/hosts")
    draft = PolicyDraft.objects.get()
    assert (draft.rollout_id, draft.texts["interval"]) == (other.pk, "45")


@pytest.mark.parametrize("width", [390, 1360])
def test_the_pages_are_accessible_and_no_wider_than_the_screen(copying: Page, width: int) -> None:
    copying.set_viewport_size({"width": width, "height": 900})
    for button in (None, TO_CART):
        if button is not None:
            copying.get_by_role("button", name=button).click()
            expect(copying.get_by_label("What is copied")).to_be_visible()
        found = Axe().run(copying)
        assert found.violations_count == 0, found.generate_report()
        assert copying.evaluate("document.documentElement.scrollWidth") <= width
