"""What a plain Canary says, edited in a real browser: the way from its page to the review, and webhooks."""

from __future__ import annotations

from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import BrowserContext, Page, expect

from rollouts.models import DraftTrial, Rollout
from tests.support.builders import make_cluster, make_rollout
from tests.support.canaries import SPEC, read_by_a_task
from tests.support.site import session_cookie

pytestmark = pytest.mark.browser


@pytest.fixture
def one(site: str) -> Rollout:
    made = make_rollout(make_cluster("edge"))
    read_by_a_task(made, SPEC, at=timezone.now() + timedelta(hours=1))  # just now, however slow the machine is
    return made


@pytest.fixture
def editing(context: BrowserContext, site: str, one: Rollout) -> Page:
    """The form, as it is reached from the page of the rollout."""
    context.add_cookies([session_cookie(site, "root", is_superuser=True)])
    page = context.new_page()
    page.goto(f"{site}/rollouts/{one.pk}/")
    page.get_by_role("link", name="Edit what the Canary says").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Edit checkout")
    return page


def test_a_change_is_judged_while_typed_reviewed_and_offered_to_apply(editing: Page) -> None:
    interval = editing.locator("#f-interval")
    interval.fill("soon")
    expect(editing.locator("#said-interval")).to_contain_text("“soon” is no whole number.")
    interval.fill("60")
    expect(editing.locator("#policy-says")).to_contain_text("(3 + 4) × 60 s = 7 min")
    interval.press("Enter")
    expect(editing.get_by_role("heading", level=1)).to_have_text("What changes of checkout")
    expect(editing.get_by_label("Patch to commit")).to_contain_text("/spec/analysis/interval")
    apply = editing.locator("#policy-apply")
    expect(apply).to_contain_text("The cluster is being asked")
    DraftTrial.objects.update(answer="accepted", said="")
    expect(apply.get_by_role("button", name="Apply to the Canary")).to_be_enabled()
    editing.get_by_role("button", name="Edit further").click()
    expect(editing.locator("#f-interval")).to_have_value("60")


def test_a_webhook_comes_and_goes_without_leaving_the_page(editing: Page) -> None:
    editing.get_by_role("button", name="Add a webhook").click()
    expect(editing.locator(".policy-row.hook")).to_have_count(3)
    editing.get_by_role("button", name="Remove webhook load").click()
    expect(editing.locator(".policy-row.hook")).to_have_count(2)
    expect(editing.locator("#f-hooks-0-name")).to_have_value("gate")
    editing.get_by_label("When it is asked").first.select_option("rollback")
    expect(editing.locator("form.policy-form")).to_have_count(1)


def test_the_form_has_no_barrier(editing: Page) -> None:
    found = Axe().run(editing)
    assert found.violations_count == 0, found.generate_report()
