"""One act in both members of an application, asked for on its page: real Flagger does it in each."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.cluster.acting import TICK_MS, confirm
from tests.cluster.laboratory import Member, wait_for
from tests.cluster.program import Program
from tests.cluster.test_releases import next_image


def begin_everywhere(members: list[Member]) -> None:
    for member in members:
        member.release(next_image())
    for member in members:
        wait_for(
            lambda member=member: member.phase() == "Progressing" and member.canary()["status"].get("iterations"),  # type: ignore[misc]
            60,
            f"the first iteration on {member.name}",
        )


def test_both_members_are_rolled_back_with_one_confirmation(
    program: Program, members: list[Member], page: Page
) -> None:
    begin_everywhere(members)
    query = "select application_id from rollouts_rollout where id = ?"
    [(application,)] = program.rows(query, program.rollout(members[0].name))
    page.goto(f"{program.address}/applications/{application}/")
    expect(page.locator("#live")).to_have_attribute("data-state", "live", timeout=15_000)
    page.locator("#batches").get_by_role("button", name="Roll back").click()
    dialog = page.get_by_role("dialog")
    for member in members:
        expect(dialog.get_by_role("checkbox", name=member.name)).to_be_checked()
    dialog.get_by_label("Reason").fill("wrong everywhere")
    confirm(page, "Roll back")
    for member in members:
        stage = page.locator("#batches .stages li").filter(has_text=member.name)
        expect(stage).to_contain_text("observed", timeout=TICK_MS)
        assert member.phase() == "Failed"
    states = "select state from rollouts_command where reason = ?"
    assert program.rows(states, "wrong everywhere") == [("observed",)] * len(members)
    trail = "select outcome from rollouts_auditentry where kind = 'application' and reason = ? order by number"
    assert program.rows(trail, "wrong everywhere")[0] == ("requested",)
