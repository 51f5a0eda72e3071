"""What a person does on the page of a rollout: opens it, asks for something, and follows that to its end."""

from __future__ import annotations

import re
import time
from typing import Any

from playwright.sync_api import Browser, Page, expect

from tests.cluster.laboratory import NAME, Member, wait_for
from tests.cluster.program import Program
from tests.cluster.test_releases import next_image

TICK_MS = 25_000


def signed_in(browser: Browser, program: Program, name: str, password: str) -> Page:
    page = browser.new_context(viewport={"width": 1360, "height": 900}).new_page()
    page.goto(f"{program.address}/sign-in/")
    page.fill("[name=username]", name)
    page.fill("[name=password]", password)
    page.press("[name=password]", "Enter")
    page.wait_for_url(f"{program.address}/")
    return page


def open_rollout(page: Page, program: Program, cluster: str, name: str = NAME) -> int:
    query = (
        "select r.id from rollouts_rollout r join rollouts_cluster c on c.id = r.cluster_id"
        " where c.name = ? and r.name = ? and r.deleted_at is null"
    )
    found = wait_for(lambda: program.rows(query, cluster, name), 30, f"{name} to be known")
    id = int(found[0][0])
    page.goto(f"{program.address}/rollouts/{id}/")
    expect(page.locator("#live")).to_have_attribute("data-state", "live", timeout=15_000)
    return id


def ask(page: Page, act: str, reason: str, *, typed: str = "", **choices: str) -> float:
    """Through the dialog; gives the moment of the click."""
    button = page.locator(".acts").get_by_role("button", name=act, exact=True)
    expect(button).not_to_have_attribute("aria-disabled", "true", timeout=TICK_MS)
    button.click()
    dialog = page.get_by_role("dialog")
    for label, value in choices.items():
        dialog.get_by_label(label).select_option(value)
        # The dialog is drawn anew with what that makes of the plan.
        expect(dialog.locator(f"form[method=post] input[type=hidden][value='{value}']")).to_be_attached()
    dialog.get_by_label("Reason").fill(reason)
    if typed:
        dialog.get_by_label(f"Type {typed} to confirm").fill(typed)
    return confirm(page, act)


def confirm(page: Page, act: str) -> float:
    """Gives the moment of the click that was taken. What has changed since the look, at a tick in between, is shown
    first, and has to be confirmed again.
    """
    dialog = page.get_by_role("dialog")
    for _ in range(3):
        clicked = time.monotonic()
        with page.expect_response(lambda answer: answer.request.method == "POST") as answer:
            dialog.get_by_role("button", name=act, exact=True).click()
        if answer.value.status != 409:
            break
    expect(dialog).to_be_hidden()
    return clicked


def see_through(page: Page, program: Program, reason: str) -> dict[str, Any]:
    """Waits until the page says that it was observed; gives the command as it is stored."""
    line = page.locator(".commands li[id]", has_text=reason)
    expect(line).to_contain_text("accepted by the cluster", timeout=10_000)
    expect(line.locator(".stages")).to_have_text(
        _stages("requested", "accepted by the cluster", "observed"), timeout=TICK_MS
    )
    query = "select state, sentence from rollouts_command where reason = ?"
    wait_for(lambda: program.rows(query, reason) and program.rows(query, reason)[0][0] == "observed", 25, reason)
    trail = program.rows("select outcome from rollouts_auditentry where reason = ? order by number", reason)
    assert [outcome for (outcome,) in trail] == ["requested", "accepted", "observed"]
    return dict(zip(("state", "sentence"), program.rows(query, reason)[0], strict=True))


def _stages(*words: str) -> Any:
    return re.compile(r"\s*.*".join(map(re.escape, words)), re.DOTALL)


def begin(member: Member, iterations: int = 1) -> None:
    member.release(next_image())
    wait_for(
        lambda: (
            member.canary()["status"]["phase"] == "Progressing"
            and member.canary()["status"].get("iterations", 0) >= iterations
        ),
        60,
        "the first iteration",
    )
