"""Takes pictures of editing a policy, and of bringing its clusters back, as `take_pictures.py` does of other pages."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from rollouts.domain import memory
from rollouts.domain.observations import Phase
from rollouts.models import Application
from tests.browser.take_pictures import FOLDER, SIZES
from tests.support.earlier import keep_versions, make_idle_policy
from tests.support.governed import POLICY, make_policy
from tests.support.policies import CUSTOM, policy
from tests.support.site import session_cookie


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


def _changed_meanwhile(application: Application) -> None:
    made = policy(**{"rolloutPolicy.trafficAnalysis.checkFailedTimes": 5, "primary.labels": {"a": "b"}})
    made["rolloutPolicy"]["trafficAnalysis"]["metrics"].append(CUSTOM)
    known = memory.load_policy(application.policies[0])
    stored = {**memory.dump(known), "rollout": made}
    Application.objects.filter(pk=application.pk).update(
        policies=[stored], generation=5, owner_kind="flux", owner_name="flux-system/apps"
    )
