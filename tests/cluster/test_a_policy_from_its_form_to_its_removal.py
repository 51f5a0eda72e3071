"""The guide's example on a real hub and real members, through a browser: it is made of nothing by the form, released,
failed, edited while a release runs, and removed. All the while the Service of the users is looked at ten times a
second: it leads to a ready pod at every one of these moments.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.cluster.editing import apply, fill, observed
from tests.cluster.fleeting import (
    APPLICATION,
    FLEETING,
    LABELS,
    POLICY,
    PORT,
    REPLICAS,
    SERVICES,
    address_of,
    find,
    made,
    phase,
    phases_told,
    pods_ready,
    release,
)
from tests.cluster.laboratory import CANARIES, NAMESPACE, Member, wait_for
from tests.cluster.lookout import watched
from tests.cluster.plain import DEPLOYMENTS
from tests.cluster.program import Program
from tests.cluster.test_releases import RELEASE_SECONDS, next_image
from tests.cluster.traffic import Traffic, seen

OWNED = (f"{DEPLOYMENTS}/{FLEETING}-primary", f"{SERVICES}/{FLEETING}-primary", f"{SERVICES}/{FLEETING}-canary")
SHORT = {
    "interval": "10", "failures": "2", "times": "1", "metrics-0-interval": "10", "metrics-1-interval": "10",
    "hosts": f"{FLEETING}.{NAMESPACE}", "gateways": "istio-system/public-gateway\nmesh",
}  # fmt: skip


@pytest.fixture
def hub(hub_kubeconfig: Path, members: list[Member]) -> Iterator[Member]:
    """With an Application whose policy has no rollout, and its workload and Service on every member."""
    hub = Member.of(hub_kubeconfig)
    with made(hub, members):
        yield hub


@pytest.fixture
def traffic(members: list[Member]) -> Iterator[Traffic]:
    addresses = os.environ["LAB_PROMETHEUS"].split(",")
    beside = {member.name: address for member, address in zip(members, addresses, strict=True)}
    with seen(Traffic(FLEETING), FLEETING, beside) as traffic:
        yield traffic


def test_users_have_a_ready_pod_at_every_moment(
    program: Program, hub: Member, members: list[Member], traffic: Traffic, page: Page
) -> None:
    good, bad = members[0], members[-1]
    ((entries,),) = program.rows("select count(*) from rollouts_auditentry")
    with watched(members, FLEETING) as lookouts:
        set_up(page, program, members)
        assert [phase(one) for one in members] == ["Initialized"] * len(members)

        traffic.errors[bad.name] = 0.5
        release_to(members)
        wait_for(lambda: [phase(good), phase(bad)] == ["Succeeded", "Failed"], RELEASE_SECONDS, "both ends")
        wait_for(lambda: phases_told(program)[bad.name] == "Failed", 20, "the failure to be told")

        traffic.errors[bad.name] = 0.0
        release_to([bad])
        edit(page, program, members)
        wait_for(lambda: phase(bad) == "Succeeded", RELEASE_SECONDS, "the good version to be promoted")
        wait_for(lambda: set(phases_told(program).values()) == {"Succeeded"}, 20, "all to be told")

        remove(page, program)
    blue = LABELS | {"app": f"{FLEETING}-primary"}
    assert [one.selectors for one in lookouts] == [[LABELS, blue, LABELS]] * len(members)
    for member in members:
        assert member.get(f"{DEPLOYMENTS}/{FLEETING}")["spec"]["replicas"] == pods_ready(member) == REPLICAS
        assert [path for path in (f"{CANARIES}/{FLEETING}", *OWNED) if find(member, path)] == []
    (policy,) = hub.get(APPLICATION)["spec"]["syncPolicies"]
    assert "rollout" not in policy
    removals = "select kind, outcome from rollouts_auditentry where act = 'remove' and number > ? order by number"
    trail = program.rows(removals, entries)
    assert trail[:2] == [("policy", "requested"), ("policy", "accepted")], "it reverts already"
    assert trail[2:] == [*[("rollout", "accepted")] * 2 * len(members), ("policy", "done")]


def release_to(members: list[Member]) -> None:
    image = next_image()
    for member in members:
        release(member, image)
    for member in members:
        wait_for(lambda member=member: phase(member) == "Progressing", 40, "the release to begin")  # type: ignore[misc]


def set_up(page: Page, program: Program, members: list[Member]) -> None:
    begin = page.get_by_role("link", name=f"Set up blue/green for {POLICY}")

    def offered() -> bool:
        page.goto(f"{program.address}/applications/set-up/")
        return begin.count() > 0

    wait_for(offered, 30, "the policy to be offered")
    begin.click()
    every = f"in {len(members)} of {len(members)} clusters"
    row = page.get_by_role("row").filter(has_text=f"{NAMESPACE}/{FLEETING}").filter(has_text=every)
    row.get_by_role("link", name=f"Set up {NAMESPACE}/{FLEETING} on port {PORT}").click(timeout=30_000)
    fill(page, SHORT)
    apply(page, "blue/green at last")
    assert observed(program, "blue/green at last", 120)


def edit(page: Page, program: Program, members: list[Member]) -> None:
    """While a release runs in the last of them."""
    page.goto(address_of(program))
    page.get_by_role("link", name=f"Edit policy {POLICY}").click()
    fill(page, {"route_timeout": "33", "failures": "3"})
    page.get_by_role("button", name="See what changes").last.click()
    expect(page.get_by_text(f"A release runs in {members[-1].name}")).to_be_visible()
    page.get_by_role("button", name="Edit further").click()
    apply(page, "more patience here")
    assert observed(program, "more patience here", 60) == (
        f"The Canary says what the policy says in all {len(members)} clusters."
    )
    for member in members:
        spec = member.get(f"{CANARIES}/{FLEETING}")["spec"]
        assert (spec["service"]["timeout"], spec["analysis"]["threshold"]) == ("33s", 3)


def remove(page: Page, program: Program) -> None:
    page.goto(address_of(program))
    page.get_by_role("link", name=f"Remove policy {POLICY}").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label(f"Type {FLEETING} to confirm").fill(FLEETING)
    dialog.get_by_label("Reason").fill("it had its time")
    dialog.get_by_role("button", name="Remove", exact=True).click()
    page.wait_for_url("**/removals/*/")
    try:
        expect(page.get_by_role("status").first).to_contain_text("targets serve users", timeout=120_000)
    finally:
        print(page.locator("main").inner_text())
