"""What a person does with the form of a policy: fills it, looks at what changes, and applies it."""

from __future__ import annotations

from collections.abc import Mapping

from playwright.sync_api import Page, expect

from tests.cluster.laboratory import wait_for
from tests.cluster.program import Program

ENDED = ("observed", "failed", "refused", "expired", "cancelled")


def fill(page: Page, texts: Mapping[str, str]) -> None:
    """Fields of the form as it stands, also those that are folded up."""
    page.locator(".policy-form details").evaluate_all("all => all.forEach(one => { one.open = true })")
    for name, said in texts.items():
        field = page.locator(f"#f-{name}")
        match field.evaluate("one => one.type"):
            case "checkbox":
                field.set_checked(said == "on")
            case "select-one" if field.input_value() == said:
                pass  # choosing it again would draw the form anew
            case "select-one":
                field.select_option(said)
            case _:
                field.fill(said)


def choose(page: Page, name: str, value: str, shows: str) -> None:
    """A provider or strategy; the form is drawn anew, with another field."""
    if page.locator(f"#f-{name}").input_value() != value:
        page.locator(f"#f-{name}").select_option(value)
    expect(page.locator(f"#f-{shows}")).to_be_attached(timeout=15_000)


def apply(page: Page, reason: str, *, typed: str = "") -> None:
    """From the form on. What has changed since the look, at a tick in between, is shown first."""
    page.get_by_role("button", name="See what changes").last.click()
    button = page.get_by_role("button", name="Apply to all clusters")
    for _ in range(3):
        expect(button).to_be_enabled(timeout=40_000)
        assert set(page.locator("#policy-apply tbody b").all_inner_texts()) == {"accepted"}
        page.get_by_label("Reason").fill(reason)
        if typed:
            page.get_by_label(f"Type {typed} to confirm").fill(typed)
        with page.expect_navigation() as answer:
            button.click()
        if "#policies" in page.url:
            return
        assert answer.value is not None
        assert answer.value.status == 409
    raise AssertionError("the world changed three times before it was applied")


def observed(program: Program, reason: str, seconds: float) -> str:
    """What is said of the command that was seen to its end."""
    query = "select state, sentence from rollouts_command where reason = ?"
    wait_for(lambda: program.rows(query, reason)[0][0] in ENDED, seconds, f"the end of “{reason}”")
    ((state, sentence),) = program.rows(query, reason)
    assert state == "observed", sentence
    return str(sentence)
