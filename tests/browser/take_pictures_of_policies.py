"""Takes pictures of editing a policy, and of bringing its clusters back, as `take_pictures.py` does of other pages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from rollouts.domain import memory
from rollouts.domain.observations import Phase
from rollouts.models import Application, Cluster, QueryTrial, Rollout
from tests.browser.take_pictures import FOLDER, SIZES
from tests.support.definitions import ALL, hub_knows
from tests.support.earlier import keep_versions, make_idle_policy
from tests.support.governed import POLICY, make_kustomized_policy, make_policy
from tests.support.judged import make_judged
from tests.support.policies import CUSTOM, policy
from tests.support.site import session_cookie
from tests.support.targets import runs

NEW = "registry.example.test/podinfo:7.0.0"


@pytest.mark.browser
@pytest.mark.timeout(600)
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1360])
def test_every_page_of_editing_is_taken(browser: Browser, site: str, scheme: Any, width: int) -> None:
    application = make_policy("eu-west-1", "eu-west-2", phase=Phase.PROGRESSING, iterations=4)
    context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": SIZES[width]})
    context.add_cookies([session_cookie(site, "root", is_superuser=True)])
    page = context.new_page()
    FOLDER.mkdir(parents=True, exist_ok=True)

    def take(name: str) -> None:
        page.screenshot(path=FOLDER / f"policy-{name}-{scheme}-{width}.png", full_page=True)

    address = f"{site}/applications/{application.pk}/policy/edit/?policy={POLICY}"
    page.goto(f"{site}/applications/{application.pk}/")
    take("application")
    page.goto(address)
    take("form")
    _take_what_is_tried(page, application, address, take)
    page.get_by_label("Interval").first.fill("5m")
    page.get_by_label("Hosts").fill("https://shop.test")
    expect(page.locator("#said-interval")).to_contain_text("no whole number")
    page.get_by_role("button", name="Add a metric").click()
    expect(page.get_by_role("group", name="Metric new metric")).to_be_visible()
    take("wrong")
    page.goto(address)
    page.get_by_label("Interval").first.fill("30")
    page.get_by_label("Hosts").fill("shop.test")
    _changed_meanwhile(application)
    page.get_by_role("button", name="See what changes").last.click()
    expect(page.get_by_role("heading", name="The patch")).to_be_visible()
    take("review")
    page.goto(address)
    page.get_by_label("Provider").select_option("nginx")
    expect(page.get_by_label("Host", exact=True)).to_be_visible()
    take("nginx")
    context.close()


@pytest.mark.browser
@pytest.mark.timeout(600)
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1360])
def test_every_page_of_bringing_one_back_is_taken(browser: Browser, site: str, scheme: Any, width: int) -> None:
    application = make_idle_policy("ap-south", "eu-west", "us-east")
    for number, rollout in enumerate(application.rollouts.order_by("pk")):
        keep_versions(rollout, **({} if number else {"found": ()}))
    context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": SIZES[width]})
    context.add_cookies([session_cookie(site, "root", is_superuser=True)])
    page = context.new_page()
    FOLDER.mkdir(parents=True, exist_ok=True)

    def take(name: str) -> None:
        page.screenshot(path=FOLDER / f"policy-back-{name}-{scheme}-{width}.png", full_page=True)

    page.goto(f"{site}/applications/{application.pk}/policy/earlier-version/?policy={POLICY}")
    take("choice")
    page.get_by_role("button", name="Show what happens").click()
    expect(page.get_by_label("Reason")).to_be_visible()
    take("plan")
    page.get_by_label("Type checkout to confirm").fill("checkout")
    page.get_by_role("button", name="Earlier version, fast").click()
    page.wait_for_url("**/applications/*/#policies")
    take("requested")
    context.close()


@pytest.mark.browser
@pytest.mark.timeout(600)
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1360])
def test_every_page_of_a_new_version_is_taken(browser: Browser, site: str, scheme: Any, width: int) -> None:
    application = make_kustomized_policy("ap-south", "eu-west", "us-east", interval="0s")
    runs(Rollout.objects.get(cluster__name="us-east"), NEW)
    Cluster.objects.filter(name="ap-south").update(state="unreachable")
    context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": SIZES[width]})
    context.add_cookies([session_cookie(site, "root", is_superuser=True)])
    page = context.new_page()
    FOLDER.mkdir(parents=True, exist_ok=True)

    def take(name: str) -> None:
        page.screenshot(path=FOLDER / f"policy-new-{name}-{scheme}-{width}.png", full_page=True)

    page.goto(f"{site}/applications/{application.pk}/acts/new-version/?container=podinfo&image={NEW}")
    take("several")
    page.goto(f"{site}/applications/{application.pk}/")
    page.get_by_role("button", name=f"New version policy {POLICY}").click()
    page.get_by_label("New image").fill("podinfo")
    page.get_by_role("button", name="Show what happens").click()
    expect(page.get_by_text("Give a tag or a digest")).to_be_visible()
    take("wrong")
    page.get_by_label("New image").fill(NEW)
    page.get_by_role("button", name="Show what happens").click()
    expect(page.get_by_label("Reason")).to_be_visible()
    take("in-a-dialog")
    page.goto(f"{site}/applications/{application.pk}/policy/new-version/?policy={POLICY}&container=podinfo&image={NEW}")
    page.get_by_text("What is written").click()
    take("plan")
    page.get_by_role("button", name="New version", exact=True).click()
    page.wait_for_url("**/applications/*/#policies")
    take("requested")
    _install_a_chart(application)
    page.goto(f"{site}/applications/{application.pk}/policy/new-version/?policy={POLICY}&container=podinfo&image={NEW}")
    take("refused")
    context.close()


def _install_a_chart(application: Application) -> None:
    stored = {**application.policies[0], "kustomization": None, "helm": True}
    Application.objects.filter(pk=application.pk).update(policies=[stored])


def _take_what_is_tried(page: Page, application: Application, address: str, take: Callable[[str], None]) -> None:
    for number, rollout in enumerate(Rollout.objects.order_by("cluster__name"), 1):
        for again in range(2):
            make_judged(rollout, 10 * number + again, 99.9 - number * 0.4 * again)
    page.goto(address)
    page.get_by_label("Least").first.fill("99.4")
    expect(page.locator("#policy-says")).to_contain_text("1 would have been rolled back")
    page.get_by_text("Change headers of requests and answers").click()
    page.get_by_text("Say which sites' pages may ask").click()
    page.get_by_label("Set in requests").fill("x tier: gold")
    page.get_by_label("Sites that may ask").fill("exact shop.test")
    page.get_by_label("With cookies and logins").check()
    expect(page.locator("#said-origins")).to_contain_text("is no site")
    page.get_by_role("button", name="Try metric request-duration on a cluster").click()
    expect(page.locator("#tried-metrics-1")).to_contain_text("is being asked")
    QueryTrial.objects.update(
        answered_at=timezone.now(), said="It is understood: green 120ms, blue 118ms.", good=True,
        hint="Nothing here is scraped more often than every 60 s, and a rate needs 2 scrapes: take longer.",
    )  # fmt: skip
    expect(page.locator("#tried-metrics-1")).to_contain_text("It is understood")
    take("tried")
    hub_knows(application, [one for one in ALL if "corsPolicy" not in one and "retries" not in one])
    page.goto(address)
    take("older-kurator")


def _changed_meanwhile(application: Application) -> None:
    made = policy(**{"rolloutPolicy.trafficAnalysis.checkFailedTimes": 5, "primary.labels": {"a": "b"}})
    made["rolloutPolicy"]["trafficAnalysis"]["metrics"].append(CUSTOM)
    known = memory.load_policy(application.policies[0])
    stored = {**memory.dump(known), "rollout": made}
    Application.objects.filter(pk=application.pk).update(
        policies=[stored], generation=5, owner_kind="flux", owner_name="flux-system/apps"
    )
