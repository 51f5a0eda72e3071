"""Takes pictures of copying a policy and of one change for several, as `take_pictures.py` does of the other pages."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from rollouts.domain.observations import Phase
from rollouts.models import Application, Command, DraftTrial
from tests.browser.take_pictures import FOLDER, SIZES
from tests.support.bare import make_bare
from tests.support.definitions import ALL, hub_knows
from tests.support.governed import POLICY, make_another_policy, make_policy
from tests.support.several_policies import says
from tests.support.site import session_cookie

COMMANDS = "rolloutPolicy__trafficAnalysis__webhooks__command"


def make_all() -> Application:
    application = make_policy("eu-west-1", "eu-west-2", phase=Phase.PROGRESSING, iterations=4)
    says(
        application,
        rolloutPolicy__trafficRouting__retries={"attempts": 3},
        **{COMMANDS: ["hey --token=(hidden) http://x/", "hey -z 1m http://checkout-canary.shop:8080/"]},
        **{"primary.labels": {"a": "b"}},
    )
    make_another_policy("basket", rolloutPolicy__trafficAnalysis__checkFailedTimes=7)
    make_another_policy("recommendations", rolloutPolicy__trafficAnalysis__checkIntervalSeconds=30)
    make_another_policy("stock", rolloutPolicy__trafficAnalysis__checkFailedTimes=5)
    Application.objects.filter(name="basket").update(owner_kind="flux", owner_name="flux-system/apps")
    make_bare()
    hub_knows(application, [one for one in ALL if "retries" not in one])
    return application


@pytest.mark.browser
@pytest.mark.timeout(600)
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1360])
def test_every_page_of_it_is_taken(browser: Browser, site: str, scheme: Any, width: int) -> None:
    application = make_all()
    context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": SIZES[width]})
    context.add_cookies([session_cookie(site, "root", is_superuser=True)])
    page = context.new_page()
    FOLDER.mkdir(parents=True, exist_ok=True)

    def take(name: str) -> None:
        page.screenshot(path=FOLDER / f"several-{name}-{scheme}-{width}.png", full_page=True)

    page.goto(f"{site}/applications/{application.pk}/")
    take("application")
    page.get_by_role("link", name=f"Copy policy {POLICY} to another one").click()
    take("copy")
    page.get_by_role("button", name="Copy to basket-prod of basket").click()
    take("copied")
    page.goto(f"{site}/applications/{application.pk}/policy/edit/?policy={POLICY}")
    page.locator("#f-failures").fill("5")
    page.locator("#f-skips").check()
    page.locator("#f-failures").press("Enter")
    take("review")
    page.get_by_role("link", name="the same for other policies").click()
    take("others")
    for name in ("basket-prod", "recommendations-prod", "stock-prod"):
        page.get_by_label(name).check()
    page.get_by_role("button", name="See what changes in each").click()
    expect(page.locator("#policy-all")).to_contain_text("Every cluster is being asked")
    take("asking")
    DraftTrial.objects.update(answer="accepted")
    DraftTrial.objects.filter(draft__policy="stock-prod", cluster__name="eu-west-1").update(
        answer="refused", said="spec.analysis.threshold: Invalid value: 5"
    )
    expect(page.get_by_role("button", name="Apply to the ticked policies")).to_be_visible()
    take("all")
    page.get_by_label("Type checkout to confirm").fill("checkout")
    page.get_by_role("button", name="Apply to the ticked policies").click()
    expect(page.locator("#policy-batch li[id]").first).to_be_visible()
    Command.objects.filter(policy="basket-prod").update(
        state="refused", sentence="Somebody else has changed the same meanwhile: failures."
    )
    page.reload()
    take("batch")
    context.close()
