"""The buttons of a rollout in a real browser, on the demo fleet with its observer and workers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from playwright.sync_api import BrowserContext, Page, expect

from rollouts.domain.commands import Act
from rollouts.models import Command
from tests.support.people import make_operator
from tests.support.risky import make_risky
from tests.support.site import session_cookie
from tests.support.worked import Worked, worked

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(180),
    pytest.mark.skipif(not settings.EMBEDDED, reason="with Redis the workers are processes of their own"),
]
PATIENCE = 20_000


@pytest.fixture
def world(site: str, tmp_path: Path) -> Iterator[Worked]:
    with worked(tmp_path, "settle") as world:
        yield world


@pytest.fixture
def running(operator: Page, site: str, world: Worked) -> Page:
    """The page of a release that runs."""
    world.release()
    operator.goto(f"{site}/rollouts/{world.rollout.pk}/")
    expect(operator.locator("#live")).to_have_attribute("data-state", "live", timeout=PATIENCE)
    return operator


def focused(page: Page) -> str:
    return str(page.evaluate("() => document.activeElement.textContent.trim()"))


def test_a_release_is_rolled_back_by_keyboard_alone(running: Page, world: Worked) -> None:
    running.keyboard.press("Tab")
    while focused(running) != "Roll back":
        running.keyboard.press("Tab")
    running.keyboard.press("Enter")
    dialog = running.get_by_role("dialog", name="Roll back checkout?")
    expect(dialog).to_be_visible()
    expect(dialog.get_by_role("heading")).to_be_focused()
    while running.evaluate("() => document.activeElement.id") != "reason":
        running.keyboard.press("Tab")
    running.keyboard.type("wrong colour")
    while focused(running) != "Roll back":
        running.keyboard.press("Tab")
    running.keyboard.press("Enter")
    expect(dialog).to_be_hidden()
    box = running.locator(".commands")
    expect(box).to_contain_text("Flagger rolls back at its next tick", timeout=PATIENCE)
    expect(running.locator("#commands")).to_have_attribute("data-phase", f"{Command.objects.get().pk} accepted")
    assert focused(running) == "Roll back"
    world.tick()
    expect(box).to_contain_text("The release is rolled back.", timeout=PATIENCE)
    expect(box).to_contain_text("Reason: wrong colour")
    expect(running.locator("#announcements")).to_contain_text("Roll back: observed", timeout=PATIENCE)
    assert world.status["phase"] == "Failed"


def test_escape_closes_the_dialog_and_the_button_has_the_focus_again(running: Page) -> None:
    running.get_by_role("button", name="Pause").focus()
    running.keyboard.press("Enter")
    dialog = running.get_by_role("dialog", name="Pause checkout?")
    expect(dialog).to_be_visible()
    running.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(running.get_by_role("button", name="Pause")).to_be_focused()
    assert not Command.objects.exists()


def test_a_form_is_listened_to_from_the_moment_it_is_there(running: Page) -> None:
    """Else who is quick leaves the page for the one that there is without scripts."""
    running.evaluate(
        """() => {
            new MutationObserver(() => {
                const form = document.querySelector("dialog form[hx-post]");
                if (form === null || "heard" in document.body.dataset) return;
                document.addEventListener("htmx:confirm", (event) => event.preventDefault());
                const submit = new SubmitEvent("submit", { bubbles: true, cancelable: true });
                form.dispatchEvent(submit);
                document.body.dataset.heard = String(submit.defaultPrevented);
            }).observe(document.body, { childList: true, subtree: true });
        }"""
    )
    running.get_by_role("button", name="Roll back").press("Enter")
    expect(running.locator("body")).to_have_attribute("data-heard", "true")


def test_a_button_that_cannot_work_has_its_reason_and_does_nothing(running: Page) -> None:
    resume = running.get_by_role("button", name="Resume")
    expect(resume).to_have_accessible_description("It is not suspended.")
    expect(running.get_by_text("It is not suspended.")).to_be_hidden()
    resume.focus()
    expect(running.get_by_text("It is not suspended.")).to_be_visible()
    running.keyboard.press("Enter")
    resume.dispatch_event("click")
    expect(running.locator("#dialog")).to_be_hidden()


def test_what_changed_under_the_dialog_is_shown_before_anything_is_done(running: Page, world: Worked) -> None:
    running.get_by_role("button", name="Skip iterations").click()
    dialog = running.get_by_role("dialog")
    expect(dialog).to_contain_text("2 iterations are skipped")
    dialog.get_by_label("Reason").fill("it is urgent")
    world.tick()
    dialog.get_by_role("button", name="Skip iterations").click()
    expect(dialog).to_contain_text("Something has changed since this was shown.")
    expect(dialog).to_contain_text("1 iteration is skipped")
    expect(dialog.get_by_label("Reason")).to_have_value("it is urgent")
    assert not Command.objects.exists()
    dialog.get_by_role("button", name="Skip iterations").click()
    expect(dialog).to_be_hidden()
    assert Command.objects.get().reason == "it is urgent"


def test_no_answer_is_said_to_be_none(running: Page, context: BrowserContext) -> None:
    running.get_by_role("button", name="Pause").click()
    dialog = running.get_by_role("dialog")
    expect(dialog).to_be_visible()
    context.set_offline(True)
    dialog.get_by_role("button", name="Pause").click()
    expect(dialog.get_by_role("alert")).to_contain_text("No answer came.")
    context.set_offline(False)
    dialog.get_by_role("button", name="Pause").click()
    expect(dialog).to_be_hidden()
    assert Command.objects.count() == 1


def test_the_name_is_typed_where_an_act_adds_risk(running: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    make_risky(monkeypatch, Act.PAUSE)
    running.get_by_role("button", name="Pause").focus()
    running.keyboard.press("Enter")
    dialog = running.get_by_role("dialog", name="Pause checkout?")
    asked = dialog.get_by_label("Type checkout to confirm")
    expect(asked).to_be_visible()
    dialog.get_by_label("Reason").fill("lunch")
    asked.fill("checkuot")
    running.keyboard.press("Enter")
    expect(dialog.get_by_role("alert").filter(visible=True)).to_have_text("“checkuot” is not the name. Type checkout.")
    expect(asked).to_be_focused()
    expect(asked).to_have_accessible_description("“checkuot” is not the name. Type checkout.")
    expect(dialog.get_by_label("Reason")).to_have_value("lunch")
    assert not Command.objects.exists()
    running.keyboard.press("ControlOrMeta+A")
    running.keyboard.type("checkout")
    running.keyboard.press("Enter")
    expect(dialog).to_be_hidden()
    assert Command.objects.get().reason == "lunch"


def test_a_pause_is_given_a_time_by_keyboard(running: Page) -> None:
    running.get_by_role("button", name="Pause").focus()
    running.keyboard.press("Enter")
    dialog = running.get_by_role("dialog", name="Pause checkout?")
    dialog.get_by_label("Paused").focus()
    dialog.get_by_label("Paused").select_option("60")
    expect(dialog).to_contain_text("after 1 hour its page and the fleet remind of it")
    expect(dialog.get_by_label("Paused")).to_be_focused()
    dialog.get_by_label("Reason").fill("lunch")
    dialog.get_by_label("When the time is over").select_option("resume")
    expect(dialog).to_contain_text("by itself 1 hour after it is paused")
    expect(dialog.get_by_label("When the time is over")).to_be_focused()
    expect(dialog.get_by_label("Reason")).to_have_value("lunch")
    dialog.get_by_label("Reason").press("Enter")
    expect(dialog).to_be_hidden()
    expect(running.locator("#rollout")).to_contain_text("Paused by operator. It goes on by itself at", timeout=PATIENCE)
    command = Command.objects.get()
    assert (command.choice, command.reason) == ({"for": "60", "then": "resume"}, "lunch")


def test_a_release_is_promoted_now_and_the_page_says_that_the_analysis_is_off(running: Page, world: Worked) -> None:
    running.get_by_role("button", name="Promote now").focus()
    running.keyboard.press("Enter")
    dialog = running.get_by_role("dialog", name="Promote now checkout?")
    dialog.get_by_label("Type checkout to confirm").fill("checkout")
    running.keyboard.press("Enter")
    expect(dialog).to_be_hidden()
    told = running.get_by_text("The analysis is switched off by operator until")
    expect(told).to_be_visible(timeout=PATIENCE)
    world.tick()
    expect(told).to_be_hidden(timeout=PATIENCE)


def test_without_scripts_it_is_a_page(browser: object, site: str, world: Worked) -> None:
    make_operator()
    world.release()
    plain = browser.new_context(java_script_enabled=False)  # type: ignore[attr-defined]
    plain.add_cookies([session_cookie(site, "operator")])
    page = plain.new_page()
    page.goto(f"{site}/rollouts/{world.rollout.pk}/")
    page.get_by_role("button", name="Pause").click()
    page.get_by_label("Reason").fill("lunch")
    page.get_by_role("button", name="Pause").click()
    expect(page.locator(".commands")).to_contain_text("Reason: lunch")
    world.becomes("observed")
    page.reload()
    expect(page.get_by_role("button", name="Resume")).not_to_have_attribute("aria-disabled", "true")
    plain.close()
