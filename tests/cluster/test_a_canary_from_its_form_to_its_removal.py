"""A Canary that no policy makes, on a real member, through a browser: it is made by its form for what the cluster has,
its spec is edited while a release fails by it, the release is judged by what it says then, an earlier text is gone back
to, and the Canary is removed. All the while the Service of the users is looked at ten times a second: it leads to a
ready pod at every one of these moments.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.cluster.acting import open_rollout
from tests.cluster.editing import choose, fill, observed
from tests.cluster.fleeting import (
    FLEETING,
    LABELS,
    PORT,
    REPLICAS,
    SERVICES,
    create,
    delete,
    find,
    let_go,
    phase,
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
CANARY = f"{CANARIES}/{FLEETING}"
ENTERED = {
    "interval": "10", "failures": "20", "times": "2", "metrics-0-interval": "10", "metrics-1-interval": "10",
    "hosts": f"{FLEETING}.{NAMESPACE}",
}  # fmt: skip
ERRORS = 0.3
"""Of green's requests: too many for the first spec, few enough for the second."""


@pytest.fixture
def member(members: list[Member]) -> Iterator[Member]:
    """With a workload and its Service, which nothing governs."""
    member, meta = members[0], {"name": FLEETING, "namespace": NAMESPACE}
    container = {"name": FLEETING, "image": next_image(), "ports": [{"containerPort": PORT}]}
    template = {"metadata": {"labels": LABELS}, "spec": {"containers": [container]}}
    deployment = {"replicas": REPLICAS, "selector": {"matchLabels": LABELS}, "template": template}
    service = {"selector": LABELS, "ports": [{"port": PORT}]}
    try:
        create(member, DEPLOYMENTS, {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": meta}, deployment)
        create(member, SERVICES, {"apiVersion": "v1", "kind": "Service", "metadata": meta}, service)
        wait_for(lambda: pods_ready(member) == REPLICAS, 30, "its pods to be ready")
        yield member
    finally:
        let_go(member, CANARY)
        for path in (f"{DEPLOYMENTS}/{FLEETING}", f"{SERVICES}/{FLEETING}", f"{SERVICES}/{FLEETING}-canary"):
            delete(member, path)


@pytest.fixture
def traffic(members: list[Member]) -> Iterator[Traffic]:
    addresses = os.environ["LAB_PROMETHEUS"].split(",")
    with seen(Traffic(FLEETING), FLEETING, {members[0].name: addresses[0]}) as traffic:
        yield traffic


def test_users_have_a_ready_pod_at_every_moment(program: Program, member: Member, traffic: Traffic, page: Page) -> None:
    traffic.errors[member.name] = ERRORS
    with watched([member], FLEETING) as (lookout,):
        make(page, program, member)
        release(member, next_image())
        wait_for(lambda: status(member).get("failedChecks", 0) >= 1, 60, "a check to fail by the first spec")

        edit(page, program, member)
        wait_for(lambda: phase(member) == "Succeeded", RELEASE_SECONDS, "the release to be good enough now")
        assert status(member)["failedChecks"] >= 1

        go_back(page)
        remove(page, program, member)
    blue = LABELS | {"app": f"{FLEETING}-primary"}
    assert lookout.selectors == [LABELS, blue, LABELS]
    assert member.get(f"{DEPLOYMENTS}/{FLEETING}")["spec"]["replicas"] == pods_ready(member) == REPLICAS
    assert [path for path in (CANARY, *OWNED) if find(member, path)] == []
    trail = program.rows("select kind, outcome from rollouts_auditentry where act = 'remove' order by number")
    assert trail[-1][1] in ("accepted", "done")


def status(member: Member) -> dict[str, Any]:
    return dict(member.get(CANARY).get("status") or {})


def spec(member: Member) -> dict[str, Any]:
    return dict(member.get(CANARY)["spec"])


def make(page: Page, program: Program, member: Member) -> None:
    """Until Flagger has made blue."""
    page.goto(f"{program.address}/clusters/")
    page.get_by_role("link", name=f"Set up blue/green in {member.name}").click()
    way = page.get_by_role("link", name=f"Set up {NAMESPACE}/{FLEETING} by port {PORT} of Service {FLEETING}")

    def offered() -> bool:
        """What was read a minute ago is not read again."""
        page.reload()
        return way.count() > 0

    wait_for(offered, 90, "the workload to be offered")
    way.click()
    choose(page, "provider", "istio", "gateways")
    fill(page, ENTERED)
    foreign = {"name": f"{FLEETING}-canary", "namespace": NAMESPACE}
    create(member, SERVICES, {"apiVersion": "v1", "kind": "Service", "metadata": foreign}, {"ports": [{"port": PORT}]})
    page.get_by_role("button", name="See what is created").last.click()
    expect(page.locator("main")).to_contain_text("is there already, and Flagger has not made it", timeout=30_000)
    delete(member, f"{SERVICES}/{FLEETING}-canary")
    page.get_by_role("button", name="Ask again").click()
    expect(page.locator("main")).to_contain_text(f"{member.name} would take it as it is.", timeout=30_000)
    expect(page.locator("main")).to_contain_text(f"with {REPLICAS} pods now")
    assert find(member, CANARY) is None
    page.get_by_label("Reason").fill("blue/green at last")
    page.get_by_role("button", name="Create", exact=True).click()
    expect(page.get_by_role("status").first).to_contain_text("Flagger has made blue", timeout=120_000)
    assert phase(member) == "Initialized"
    assert member.get(f"{DEPLOYMENTS}/{FLEETING}-primary")["status"]["readyReplicas"] == REPLICAS
    trail = "select outcome, reason from rollouts_auditentry where act = 'add' and name = ? order by number"
    assert program.rows(trail, FLEETING) == [(one, "blue/green at last") for one in ("requested", "accepted", "done")]
    page.get_by_role("link", name="Open the rollout").click()
    expect(page.locator("main")).to_contain_text("Initialized", timeout=15_000)


def edit(page: Page, program: Program, member: Member) -> None:
    """While its release fails."""
    open_rollout(page, program, member.name, FLEETING)
    page.get_by_role("link", name="Edit what the Canary says").click()
    expect(page.locator("#f-interval")).to_be_attached(timeout=15_000)
    fill(page, {"metrics-0-minimum": "50", "route_timeout": "33"})
    page.get_by_role("button", name="See what changes").last.click()
    expect(page.get_by_text("A release runs: from the next tick on it is judged by the new policy.")).to_be_visible()
    apply(page, "good enough for now")
    assert observed(program, "good enough for now", 60) == "The Canary says it."
    found = spec(member)
    assert found["service"]["timeout"] == "33s"
    assert found["analysis"]["metrics"][0]["thresholdRange"] == {"min": 50}
    assert found["analysis"]["threshold"] == 20


def go_back(page: Page) -> None:
    """To what it said at first: only looked at."""
    page.get_by_role("link", name="Revisions of the Canary").click()
    lines = page.locator(".revisions tbody tr")
    expect(lines).to_have_count(2)
    expect(lines.first).to_contain_text("good enough for now")
    expect(lines.first).to_contain_text("admin")
    lines.last.get_by_role("link", name=re.compile("Go back to no")).click()
    expect(page.locator("#f-metrics-0-minimum")).to_have_value("99", timeout=15_000)
    page.get_by_role("button", name="See what changes").last.click()
    expect(page.locator("#policy-apply")).to_contain_text("The cluster would take it.", timeout=30_000)


def apply(page: Page, reason: str) -> None:
    """What has changed since the look, at a tick in between, is shown first."""
    button = page.get_by_role("button", name="Apply to the Canary")
    for _ in range(3):
        expect(button).to_be_enabled(timeout=40_000)
        page.get_by_label("Reason").fill(reason)
        with page.expect_navigation() as answer:
            button.click()
        if "/policy/" not in page.url:
            return
        assert answer.value is not None
        assert answer.value.status == 409
    raise AssertionError("the world changed three times before it was applied")


def remove(page: Page, program: Program, member: Member) -> None:
    open_rollout(page, program, member.name, FLEETING)
    page.get_by_role("link", name="Remove the Canary").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label(f"Type {FLEETING} to confirm").fill(FLEETING)
    dialog.get_by_label("Reason").fill("it had its time")
    dialog.get_by_role("button", name="Remove", exact=True).click()
    page.wait_for_url("**/removals/*/")
    try:
        expect(page.get_by_role("status").first).to_contain_text("targets serve users", timeout=120_000)
    finally:
        print(page.locator("main").inner_text())
