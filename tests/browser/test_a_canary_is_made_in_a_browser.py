"""A Canary made in a real browser: the choice, the form by keyboard, what its cluster says, and pages that follow."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from rollouts.models import ChangeState, Cluster, NewCanary
from tests.support.bare import make_inventory
from tests.support.builders import make_cluster
from tests.support.new_canaries import CART, make_new_canary
from tests.support.site import session_cookie

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not settings.EMBEDDED, reason="the page asks the same, whoever carries it out"),
]
MOST_STEPS = 200
PATIENCE = 20_000


@pytest.fixture
def cluster(site: str) -> Cluster:
    made = make_cluster("edge", mesh_provider="istio", flagger_version="1.44.0")
    make_inventory("edge", CART)
    return made


@pytest.fixture
def editor(page: Page, site: str) -> Page:
    page.context.add_cookies([session_cookie(site, "root", is_superuser=True)])
    return page


def test_a_workload_is_chosen_its_form_corrected_and_the_canary_asked_for(
    editor: Page, site: str, cluster: Cluster
) -> None:
    editor.goto(f"{site}/clusters/")
    editor.get_by_role("link", name="Set up blue/green in edge").press("Enter")
    editor.get_by_role("link", name="Set up shop/cart by port 8080 of Service cart").press("Enter")
    expect(editor.get_by_role("heading", level=1)).to_have_text("Set up blue/green for cart")
    interval = editor.locator("#f-interval")
    interval.fill("soon")
    expect(editor.locator("#said-interval")).to_contain_text("“soon” is no whole number.")
    editor.get_by_role("button", name="Add a webhook").click()
    expect(editor.locator(".policy-row.hook")).to_have_count(1)
    editor.get_by_role("button", name="Remove webhook new webhook").click()
    expect(editor.locator(".policy-row.hook")).to_have_count(0)
    interval.fill("60")
    expect(editor.locator("#policy-says")).to_contain_text("(3 + 4) × 60 s = 7 min")
    interval.press("Enter")
    editor.wait_for_url(f"{site}/new-canaries/*/")
    found = {"state": ChangeState.LOOKED, "seen": {"refused": "", "pods": 3}, "digest": "d" * 64, "sentence": ""}
    NewCanary.objects.update(**found)
    expect(editor.get_by_text("edge would take it as it is")).to_be_visible(timeout=PATIENCE)
    expect(editor.locator("pre")).to_contain_text("interval: 60s")
    editor.get_by_label("Reason").fill("checked first from now on")
    editor.keyboard.press("Enter")
    expect(editor.get_by_role("status").first).to_contain_text("Going on")
    NewCanary.objects.update(sentence="Flagger has not made blue yet.")
    expect(editor.get_by_role("status").first).to_contain_text("has not made blue yet", timeout=PATIENCE)


def tab_to(page: Page, selector: str) -> None:
    """By keyboard, as whoever has no mouse."""
    for _ in range(MOST_STEPS):
        page.keyboard.press("Tab")
        if page.evaluate("(selector) => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"nobody comes to {selector} with Tab")


def test_it_is_made_by_keyboard_alone(editor: Page, site: str, cluster: Cluster) -> None:
    heading = editor.get_by_role("heading", level=1)
    editor.goto(f"{site}/clusters/")
    tab_to(editor, '[aria-label="Set up blue/green in edge"]')
    editor.keyboard.press("Enter")
    expect(heading).to_have_text("Set up blue/green in edge")
    tab_to(editor, '[aria-label="Set up shop/cart by port 8080 of Service cart"]')
    editor.keyboard.press("Enter")
    expect(heading).to_have_text("Set up blue/green for cart")
    tab_to(editor, "#f-interval")
    editor.keyboard.press("ControlOrMeta+A")
    editor.keyboard.type("soon")
    editor.keyboard.press("Enter")
    wrong = editor.get_by_role("alert").filter(has_text="1 field must be corrected")
    expect(wrong).to_be_focused()
    assert not NewCanary.objects.exists()
    tab_to(editor, "#f-interval")
    expect(editor.locator("#f-interval")).to_have_accessible_description("“soon” is no whole number.")
    editor.keyboard.press("ControlOrMeta+A")
    editor.keyboard.type("60")
    expect(editor.locator("#policy-says")).to_contain_text("(3 + 4) × 60 s = 7 min")
    tab_to(editor, "button.primary")
    editor.keyboard.press("Enter")
    editor.wait_for_url(f"{site}/new-canaries/*/")
    found = {"state": ChangeState.LOOKED, "seen": {"refused": "", "pods": 3}, "digest": "d" * 64, "sentence": ""}
    NewCanary.objects.update(**found)
    expect(editor.get_by_text("edge would take it as it is")).to_be_visible(timeout=PATIENCE)
    tab_to(editor, "#reason")
    editor.keyboard.type("checked first from now on")
    tab_to(editor, "button.primary")
    editor.keyboard.press("Enter")
    expect(heading).to_have_text("Creation of Canary cart")
    expect(editor.get_by_role("status").first).to_contain_text("Going on")
    row = NewCanary.objects.get()
    assert (row.name, row.texts["interval"], row.reason) == ("cart", "60", "checked first from now on")


def test_no_page_has_a_barrier_or_is_wider_than_a_narrow_screen(editor: Page, site: str, cluster: Cluster) -> None:
    editor.set_viewport_size({"width": 390, "height": 800})
    row = make_new_canary(cluster, User.objects.get(username="root"))
    form = f"clusters/{cluster.pk}/canaries/new/?namespace=shop&workload=cart&port=8080"
    pages = ("applications/set-up/", f"clusters/{cluster.pk}/canaries/choose/", form, f"new-canaries/{row.pk}/")
    for path in pages:
        editor.goto(f"{site}/{path}")
        assert editor.evaluate("() => document.documentElement.scrollWidth") <= 390, path
        found = Axe().run(editor)
        assert found.violations_count == 0, (path, found.generate_report())
