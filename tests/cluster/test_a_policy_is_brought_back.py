"""An earlier version fast in every member of a real hub, through the policy, by an operator in a browser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.cluster.acting import TICK_MS, confirm
from tests.cluster.laboratory import DEPLOYMENT, NAME, Member, wait_for
from tests.cluster.program import Program
from tests.cluster.test_an_earlier_version import image
from tests.cluster.test_releases import next_image
from tests.cluster.test_why_it_is_here import APPLICATIONS, set_in_policies

REASON, FAST = "errors everywhere", "Earlier version, fast"
SKIPS = "skipTrafficAnalysis"


@pytest.fixture
def hub(hub_kubeconfig: Path) -> Iterator[Member]:
    hub = Member.of(hub_kubeconfig)
    yield hub
    set_in_policies(hub, SKIPS, False)


def test_every_member_is_back_after_two_ticks_and_the_analysis_is_on_again(
    program: Program, hub: Member, members: list[Member], operator: Page
) -> None:
    old, new = next_image(), next_image()
    set_in_policies(hub, SKIPS, True)  # two versions in few ticks
    for each in (old, new):
        for member in members:
            member.release(each)
        wait_for(lambda each=each: all(has(one, each) for one in members), 60, f"{each} to be promoted")  # type: ignore[misc]
    set_in_policies(hub, SKIPS, False)
    wait_for(lambda: not any(skips(hub, members)), 40, "the analysis to be on")

    ask(operator, program, old)
    wait_for(lambda: all(skips(hub, members)), 40, "the analysis to be off everywhere")
    wait_for(lambda: all(has(one, old) for one in members), 60, "the old version to be promoted")
    wait_for(lambda: not any(skips(hub, members)), 40, "the analysis to be on again")
    line = operator.locator("#policies .commands li[id]", has_text=REASON)
    said = f"The earlier version is promoted and blue ready with it in all {len(members)} clusters."
    expect(line).to_contain_text(said, timeout=TICK_MS)
    assert {image(one, DEPLOYMENT) for one in members} == {old}
    assert trail(program) == {
        ("policy", "laboratory", "requested,accepted,observed"),
        *(("rollout", one.name, "waiting,requested,accepted,observed") for one in members),
    }
    put_back = "select outcome, answer from rollouts_auditentry where act = 'put-back' and kind = 'policy'"
    assert program.rows(put_back)[-1] == ("done", "The analysis is switched on again.")


def ask(page: Page, program: Program, wanted: str) -> None:
    (found,) = program.rows("select id from rollouts_application where workload = ?", NAME)
    page.goto(f"{program.address}/applications/{found[0]}/")
    button = page.locator("#policies").get_by_role("button", name=f"{FAST} policy")
    expect(button).not_to_have_attribute("aria-disabled", "true", timeout=TICK_MS)
    button.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("radio", name=wanted).check(timeout=15_000)
    dialog.get_by_role("button", name="Show what happens").click()
    expect(dialog.get_by_text("It is put on the target.")).to_have_count(2)
    dialog.get_by_label("Reason").fill(REASON)
    dialog.get_by_label(re.compile(r"Type .+ to confirm")).fill(dialog.locator("b.to-type").inner_text())
    confirm(page, FAST)


def has(member: Member, wanted: str) -> bool:
    return member.phase() == "Succeeded" and image(member, f"{DEPLOYMENT}-primary") == wanted


def skips(hub: Member, members: list[Member]) -> list[bool]:
    """In the policy, and in the Canary of each member."""
    (application,) = hub.get(APPLICATIONS)["items"]
    policies = [one["rollout"]["rolloutPolicy"] for one in application["spec"]["syncPolicies"] if one.get("rollout")]
    canaries = [bool(one.canary()["spec"].get("skipAnalysis")) for one in members]
    return [*(bool(one.get(SKIPS)) for one in policies), *canaries]


def trail(program: Program) -> set[tuple[str, str, str]]:
    """Each subject, where it is, and its stages in their order."""
    query = (
        "select kind, cluster, group_concat(outcome) from"
        " (select * from rollouts_auditentry where reason = ? order by number) group by kind, cluster"
    )
    return {(str(kind), str(cluster), str(outcomes)) for kind, cluster, outcomes in program.rows(query, REASON)}
