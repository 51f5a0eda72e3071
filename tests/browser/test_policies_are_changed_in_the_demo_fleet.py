"""A policy is copied, and one change made to two, on the demo fleet with observer and workers."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from playwright.sync_api import BrowserContext, Page, expect

from kurator_ui.celery import app
from kurator_ui.demo import seeds
from kurator_ui.demo.clock import VirtualClock
from kurator_ui.demo.resources import APPLICATIONS, CANARIES, DEPLOYMENTS, SERVICES
from kurator_ui.demo.serve import MEMBER_NAMES, DemoFleet
from kurator_ui.embedded import Embedded
from rollouts import tasks, wiring
from rollouts.models import Application, Rollout
from rollouts.services import clusters
from tests.support.passing import passing
from tests.support.site import session_cookie
from tests.support.waiting import until

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(300),
    pytest.mark.skipif(not settings.EMBEDDED, reason="with Redis the workers are processes of their own"),
]
MEMBERS, SHOP = MEMBER_NAMES[:2], "shop"
POLICIES = {"cart": seeds.Policy(interval=20, threshold=7), "checkout": seeds.Policy(interval=10, threshold=2)}
PATIENCE = 60_000


@pytest.fixture
def fleet(site: str, tmp_path: Path) -> Iterator[DemoFleet]:
    """Two Applications over two clusters, each with a policy of its own."""
    kept = app.conf.beat_schedule
    app.conf.beat_schedule = {"settle": tasks.BEAT["settle"]}
    embedded = Embedded(observe=True)
    with DemoFleet(tmp_path, members=len(MEMBERS), clock=VirtualClock(time.time())) as made:
        made.call(lambda: _fill(made))
        made.advance(65)
        clusters.add(name="hub", ways=wiring.ways(), kubeconfig=made.kubeconfig("hub").read_bytes(), hub=True)
        embedded.start()
        try:
            ready = Rollout.objects.filter(phase="Initialized", application__name__in=POLICIES)
            until(lambda: ready.count() == len(MEMBERS) * len(POLICIES))
            with passing(made):
                yield made
        finally:
            embedded.stop()
            app.conf.beat_schedule = kept


def _fill(fleet: DemoFleet) -> None:
    for workload, policy in POLICIES.items():
        for name in MEMBERS:
            cluster = fleet.cluster(name)
            cluster.namespace(SHOP)
            cluster.store.create(DEPLOYMENTS, seeds.deployment(SHOP, workload, f"{workload}:1.0.0"))
            cluster.store.create(SERVICES, seeds.service(SHOP, workload, 8080))
        entry = seeds.sync_policy("demo", workload, SHOP, policy)
        fleet.cluster("hub").store.create(APPLICATIONS, seeds.application("default", workload, [entry]))


@pytest.fixture
def page(context: BrowserContext, site: str, fleet: DemoFleet) -> Page:
    """Of the application whose policy is copied, or changed first."""
    context.add_cookies([session_cookie(site, "root", is_superuser=True)])
    made = context.new_page()
    made.goto(f"{site}/applications/{Application.objects.get(name='checkout', workload='checkout').pk}/")
    return made


def analyses(fleet: DemoFleet, workload: str) -> list[tuple[Any, Any]]:
    """Interval and threshold of each member's Canary."""
    found = [fleet.get(name, CANARIES, SHOP, workload)["spec"]["analysis"] for name in MEMBERS]
    return [(one["interval"], one["threshold"]) for one in found]


def test_a_copy_arrives_in_the_canaries_of_the_other_policy(page: Page, fleet: DemoFleet) -> None:
    page.get_by_role("link", name="Copy policy").click()
    page.get_by_role("button", name="of cart").click()
    page.get_by_role("button", name="See what changes").last.click()
    page.get_by_role("button", name="Apply to all clusters").click(timeout=PATIENCE)
    expect(page.locator("#policies .commands li[id]")).to_contain_text("in all 2 clusters.", timeout=PATIENCE)
    assert analyses(fleet, "cart") == analyses(fleet, "checkout") == [("10s", 2)] * 2


def test_one_change_arrives_in_the_canaries_of_both_and_leaves_the_rest(page: Page, fleet: DemoFleet) -> None:
    page.get_by_role("link", name="Edit policy").click()
    page.locator("#f-interval").fill("30")
    page.locator("#f-interval").press("Enter")
    page.get_by_role("link", name="the same for other policies").click()
    page.locator("table.choices input").check()
    page.get_by_role("button", name="See what changes in each").click()
    page.get_by_role("button", name="Apply to the ticked policies").click(timeout=PATIENCE)
    lines = page.locator("#policy-batch li[id]")
    expect(lines).to_contain_text(["in all 2 clusters.", "in all 2 clusters."], timeout=PATIENCE)
    expect(page.locator("#policy-batch")).to_contain_text("Ended", timeout=PATIENCE)
    assert analyses(fleet, "checkout") == [("30s", 2)] * 2
    assert analyses(fleet, "cart") == [("30s", 7)] * 2
