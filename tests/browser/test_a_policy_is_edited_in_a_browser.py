from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import BrowserContext, Page, expect

from rollouts.models import Application, QueryTrial, Rollout
from tests.support.governed import POLICY, make_policy
from tests.support.judged import make_judged
from tests.support.policies import ROUTING, policy
from tests.support.site import session_cookie

pytestmark = pytest.mark.browser


@pytest.fixture
def editing(context: BrowserContext, site: str) -> Page:
    """The page on which somebody edits the policy."""
    application = make_policy("eu-west", "us-east")
    context.add_cookies([session_cookie(site, "root", is_superuser=True)])
    page = context.new_page()
    page.goto(f"{site}/applications/{application.pk}/policy/edit/?policy={POLICY}")
    return page


def test_what_it_means_and_what_is_wrong_follows_what_is_typed(editing: Page) -> None:
    says = editing.locator("#policy-says")
    expect(says).to_contain_text("(3 + 4) × 90 s = 10½ min")
    interval = editing.locator("#f-interval")
    interval.press("End")
    interval.press_sequentially("0", delay=20)
    expect(says).to_contain_text("(3 + 4) × 900 s")
    expect(interval).to_be_focused()
    interval.fill("soon")
    expect(editing.locator("#said-interval")).to_contain_text("“soon” is no whole number.")
    expect(says).to_contain_text("1 field must be corrected first.")
    interval.fill("60")
    expect(editing.locator("#said-interval")).to_be_empty()


def test_enter_shows_what_changes_and_the_way_back_keeps_it(editing: Page) -> None:
    editing.locator("#f-times").fill("5")
    editing.locator("#f-times").press("Enter")
    expect(editing.get_by_role("heading", level=1)).to_have_text(f"What changes of policy {POLICY}")
    expect(editing.get_by_label("Patch to commit")).to_contain_text("trafficRouting/analysisTimes")
    editing.get_by_role("button", name="Edit further").click()
    expect(editing.locator("#f-times")).to_have_value("5")


def test_a_form_that_nobody_has_touched_changes_nothing(editing: Page) -> None:
    one = Application.objects.get()
    sites = {"allowOrigins": [{"exact": "https://shop.test"}], "allowMethods": ["GET", "POST"]}
    one.policies[0]["rollout"] = policy(**{f"{ROUTING}.corsPolicy": sites})
    one.save()
    editing.reload()
    expect(editing.locator("#f-cors_methods")).to_have_value("GET\nPOST")
    editing.get_by_role("button", name="See what changes").last.click()
    expect(editing.get_by_role("heading", name="Nothing changes")).to_be_visible()


def test_another_provider_shows_its_fields_and_the_choice_keeps_the_focus(editing: Page) -> None:
    editing.get_by_label("Provider").select_option("nginx")
    expect(editing.get_by_label("Host", exact=True)).to_be_visible()
    expect(editing.get_by_label("Provider")).to_be_focused()
    expect(editing.locator("form.policy-form")).to_have_count(1)


def test_a_metric_comes_and_goes_without_leaving_the_page(editing: Page) -> None:
    editing.get_by_role("button", name="Add a metric").click()
    expect(editing.locator(".policy-row.metric")).to_have_count(3)
    editing.get_by_role("button", name="Remove metric request-success-rate").click()
    expect(editing.locator(".policy-row.metric")).to_have_count(2)
    expect(editing.locator("#f-metrics-0-name")).to_have_value("request-duration")
    expect(editing.locator("form.policy-form")).to_have_count(1)


def test_what_would_have_become_of_earlier_releases_follows_what_is_typed(editing: Page) -> None:
    for number, rollout in enumerate(Rollout.objects.order_by("cluster__name"), 1):
        make_judged(rollout, number, 99.9 - number * 0.4)
    editing.reload()
    says = editing.locator("#policy-says")
    expect(says).to_contain_text("2 would have been promoted")
    editing.get_by_label("Least").first.fill("99.3")
    expect(says).to_contain_text("1 would have been rolled back")
    expect(says).to_contain_text("release 2 in us-east: request-success-rate 99.10%")


def test_a_metric_is_tried_and_the_answer_comes_by_itself(editing: Page) -> None:
    editing.get_by_role("button", name="Try metric request-duration on a cluster").click()
    tried = editing.locator("#tried-metrics-1")
    expect(tried).to_contain_text("is being asked")
    QueryTrial.objects.update(answered_at=timezone.now(), said="It is understood: green 120ms.", good=True)
    expect(tried).to_contain_text("eu-west: It is understood: green 120ms.")
    expect(editing.get_by_role("button", name="Try metric request-duration on a cluster")).to_be_focused()


def test_headers_are_judged_while_they_are_typed(editing: Page) -> None:
    editing.get_by_text("Change headers of requests and answers").click()
    editing.get_by_label("Set in requests").fill("x-tier")
    expect(editing.locator("#said-request_set")).to_contain_text("“x-tier” is no header.")
    editing.get_by_label("Set in requests").fill("x-tier: gold")
    expect(editing.locator("#said-request_set")).to_be_empty()


def test_without_scripts_everything_can_be_done(site: str, context: BrowserContext, editing: Page) -> None:
    browser = context.browser
    assert browser is not None
    plain = browser.new_context(java_script_enabled=False)
    plain.add_cookies([session_cookie(site, "root")])
    page = plain.new_page()
    page.goto(editing.url)
    page.get_by_role("button", name="Add a command").click()
    page.locator("#f-commands-1").fill("hey http://checkout-canary.shop:8080/")
    page.get_by_label("Provider").select_option("nginx")
    page.get_by_role("button", name="Show the fields of this provider and strategy").click()
    page.get_by_label("Host", exact=True).fill("shop.test")
    page.get_by_role("button", name="See what changes").last.click()
    expect(page.get_by_label("Patch to commit")).to_contain_text("webhooks/command/-")
    plain.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1360])
def test_the_pages_are_accessible_and_no_wider_than_the_screen(editing: Page, scheme: str, width: int) -> None:
    editing.set_viewport_size({"width": width, "height": 900})
    editing.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    editing.locator("#f-hosts").fill("https://shop.test")
    expect(editing.locator("#said-hosts")).to_contain_text("no host name")
    for shown in ("the form", "the review"):
        assert Axe().run(editing).response["violations"] == [], shown
        assert editing.evaluate("document.documentElement.scrollWidth") <= width, shown
        if shown == "the form":
            editing.locator("#f-hosts").fill("shop.test")
            editing.get_by_role("button", name="See what changes").last.click()
            expect(editing.get_by_label("Patch to commit")).to_be_visible()
