from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, expect

from rollouts.models import Command, DraftTrial, Rollout
from tests.support.governed import POLICY, make_policy
from tests.support.site import session_cookie

pytestmark = pytest.mark.browser


@pytest.fixture
def reviewing(context: BrowserContext, site: str) -> Page:
    """The page that shows what changes, while no cluster has answered yet."""
    application = make_policy("eu-west", "us-east")
    context.add_cookies([session_cookie(site, "root", is_superuser=True)])
    page = context.new_page()
    page.goto(f"{site}/applications/{application.pk}/policy/edit/?policy={POLICY}")
    page.locator("#f-failures").fill("5")
    page.locator("#f-failures").press("Enter")
    expect(page.locator("#policy-apply")).to_contain_text("Every cluster is being asked")
    return page


def answer(answer: str, said: str = "", **which: str) -> None:
    DraftTrial.objects.filter(**which).update(answer=answer, said=said)


def test_the_button_comes_by_itself_once_every_cluster_has_answered_and_is_pressed_by_keyboard(reviewing: Page) -> None:
    button = reviewing.get_by_role("button", name="Apply to all clusters")
    expect(button).to_have_count(0)
    answer("accepted")
    expect(button).to_be_visible()
    reviewing.get_by_label("Reason").fill("more patience")
    reviewing.keyboard.press("Enter")
    expect(reviewing.locator("#policies .commands li[id]")).to_contain_text("Reason: more patience")
    assert Command.objects.get().act == "edit-policy"


def test_a_refusal_stands_in_the_clusters_own_words_and_the_button_cannot_be_pressed(reviewing: Page) -> None:
    answer("accepted")
    answer("refused", "spec.analysis.interval should match", cluster__name="us-east")
    expect(reviewing.get_by_role("row", name="us-east").last).to_contain_text("spec.analysis.interval should match")
    button = reviewing.get_by_role("button", name="Apply to all clusters")
    expect(button).to_have_attribute("aria-disabled", "true")
    button.click(force=True)
    assert not Command.objects.exists()


def test_a_click_that_comes_to_nothing_is_answered_where_the_button_is(reviewing: Page) -> None:
    answer("accepted")
    reviewing.set_viewport_size({"width": 1360, "height": 500})
    reviewing.get_by_role("button", name="Apply to all clusters").wait_for()
    Rollout.objects.update(suspended=True)
    for one in Rollout.objects.all():
        one.state["canary"]["phase"] = "Progressing"
        one.save(update_fields=["state"])
    reviewing.get_by_role("button", name="Apply to all clusters").click()
    expect(reviewing.get_by_role("alert")).to_contain_text("Something has changed since this was shown")
    expect(reviewing.get_by_role("alert")).to_be_in_viewport()
    assert not Command.objects.exists()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1360])
def test_the_answers_are_accessible_and_no_wider_than_the_screen(reviewing: Page, scheme: str, width: int) -> None:
    reviewing.set_viewport_size({"width": width, "height": 900})
    reviewing.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    answer("accepted")
    answer("unknown", "api.example:6443 was asked, but nothing listens there.", cluster__name="us-east")
    expect(reviewing.get_by_role("button", name="Apply to all clusters")).to_be_visible()
    assert Axe().run(reviewing).response["violations"] == []
    assert reviewing.evaluate("document.documentElement.scrollWidth") <= width
