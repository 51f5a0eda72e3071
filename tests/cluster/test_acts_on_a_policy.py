"""The buttons of a policy on a real hub with real Kurator, through a browser, by somebody who is no more than an
operator: what is asked for comes about in every member.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.cluster.acting import TICK_MS, begin, open_rollout, see_through
from tests.cluster.laboratory import TICK, Member, stay_for, wait_for
from tests.cluster.program import Program
from tests.cluster.test_why_it_is_here import suspend


@pytest.fixture
def hub(hub_kubeconfig: Path) -> Iterator[Member]:
    hub = Member.of(hub_kubeconfig)
    yield hub
    suspend(hub, False)


def ask(page: Page, act: str, reason: str) -> None:
    button = page.locator("#policies").get_by_role("button", name=f"{act} policy")
    expect(button).not_to_have_attribute("aria-disabled", "true", timeout=TICK_MS)
    button.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Reason").fill(reason)
    dialog.get_by_role("button", name=act, exact=True).click()
    expect(dialog).to_be_hidden()


def suspended(members: list[Member]) -> list[bool]:
    return [bool(one.canary()["spec"].get("suspend")) for one in members]


def test_a_policy_is_paused_and_resumed_in_every_member(
    program: Program, hub: Member, members: list[Member], operator: Page
) -> None:
    begin(members[0])
    open_rollout(operator, program, members[0].name)
    operator.locator(".acts").get_by_role("button", name="Pause in all clusters").click()
    dialog = operator.get_by_role("dialog")
    for member in members:
        expect(dialog.get_by_role("row", name=member.name)).to_be_visible()
    dialog.get_by_label("Reason").fill("hold all")
    dialog.get_by_role("button", name="Pause", exact=True).click()
    operator.wait_for_url("**/applications/*/#policies")
    found = see_through(operator, program, "hold all")
    assert found["sentence"] == f"It is suspended in all {len(members)} clusters."
    assert suspended(members) == [True] * len(members)
    at = members[0].canary()["status"]["iterations"]
    stay_for(2.5 * TICK, lambda: members[0].canary()["status"]["iterations"] == at)

    ask(operator, "Resume", "go on all")
    assert see_through(operator, program, "go on all")["sentence"] == f"It is resumed in all {len(members)} clusters."
    assert suspended(members) == [False] * len(members)
    wait_for(lambda: members[0].canary()["status"]["iterations"] != at, 40, "the release to go on")
