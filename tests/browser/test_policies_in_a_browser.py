"""The buttons of a policy in a real browser."""

from __future__ import annotations

import pytest
from django.conf import settings
from playwright.sync_api import Page, expect

from rollouts.domain.observations import Kind, Phase, Route
from rollouts.models import Application, Command
from tests.support.governed import POLICY, make_policy, suspend

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not settings.EMBEDDED, reason="the page asks the same, whoever carries it out"),
]


@pytest.fixture
def application(site: str) -> Application:
    route = Route(Kind.VIRTUAL_SERVICE, "shop", "checkout", green_weight=100)
    return make_policy("eu-west", "us-east", phase=Phase.PROGRESSING, iterations=4, route=route)


def test_a_policy_is_paused_by_keyboard_and_the_page_shows_the_command(
    operator: Page, site: str, application: Application
) -> None:
    operator.goto(f"{site}/applications/{application.pk}/")
    operator.get_by_role("button", name=f"Pause policy {POLICY}").focus()
    operator.keyboard.press("Enter")
    dialog = operator.get_by_role("dialog", name=f"Pause policy {POLICY}?")
    expect(dialog.get_by_role("heading")).to_be_focused()
    expect(dialog.get_by_role("row", name="us-east")).to_contain_text("Progressing")
    expect(dialog).to_contain_text("Users are on green in eu-west and us-east")
    dialog.get_by_label("Reason").fill("freeze")
    operator.keyboard.press("Enter")
    expect(dialog).to_be_hidden()
    expect(operator.locator("#policies .commands li[id]")).to_contain_text("Reason: freeze")
    assert Command.objects.get().policy == POLICY


def test_a_policy_is_paused_for_a_time_by_keyboard(operator: Page, site: str, application: Application) -> None:
    operator.goto(f"{site}/applications/{application.pk}/")
    operator.get_by_role("button", name=f"Pause policy {POLICY}").press("Enter")
    dialog = operator.get_by_role("dialog", name=f"Pause policy {POLICY}?")
    expect(dialog.get_by_role("heading")).to_be_focused()
    dialog.get_by_label("Paused").select_option("60")
    expect(dialog).to_contain_text("after 1 hour the page of the application and the fleet remind of it")
    expect(dialog.get_by_label("Paused")).to_be_focused()
    dialog.get_by_label("When the time is over").select_option("resume")
    expect(dialog).to_contain_text("by itself 1 hour after it is paused")
    dialog.get_by_role("button", name="Pause", exact=True).press("Enter")
    expect(dialog).to_be_hidden()
    assert Command.objects.get().choice == {"for": "60", "then": "resume"}


def test_a_button_that_comes_to_life_on_an_open_page_still_names_its_policy(
    operator: Page, site: str, application: Application
) -> None:
    operator.goto(f"{site}/applications/{application.pk}/")
    resume = operator.get_by_role("button", name=f"Resume policy {POLICY}")
    expect(resume).to_have_attribute("aria-disabled", "true")
    suspend(application)
    operator.evaluate("() => htmx.trigger('#application', 'changed')")
    expect(resume).not_to_have_attribute("aria-disabled", "true")
    resume.click()
    expect(operator.get_by_role("dialog", name=f"Resume policy {POLICY}?")).to_be_visible()


def test_from_a_rollout_the_same_dialog_leads_on_to_the_application(
    operator: Page, site: str, application: Application
) -> None:
    operator.goto(f"{site}/rollouts/{application.rollouts.all()[0].pk}/")
    operator.get_by_role("button", name="Pause in all clusters").click()
    dialog = operator.get_by_role("dialog", name=f"Pause policy {POLICY}?")
    dialog.get_by_role("button", name="Pause", exact=True).click()
    operator.wait_for_url(f"{site}/applications/{application.pk}/#policies")
    expect(operator.locator("#policies .commands li[id]")).to_contain_text("Pause")


def test_the_dialog_fits_a_narrow_screen(operator: Page, site: str, application: Application) -> None:
    operator.set_viewport_size({"width": 390, "height": 800})
    operator.goto(f"{site}/applications/{application.pk}/policy/pause/?policy={POLICY}")
    assert operator.evaluate("() => document.documentElement.scrollWidth") <= 390
