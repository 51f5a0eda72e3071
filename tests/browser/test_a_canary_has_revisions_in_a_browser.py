"""What a plain Canary said before, in a real browser: compared, and brought back through the form and the review."""

from __future__ import annotations

from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import BrowserContext, Page, expect

from rollouts.domain.commands import Act
from rollouts.models import Command, DraftTrial, PolicyRevision, Rollout
from rollouts.services import revisions
from tests.support.builders import make_cluster, make_rollout
from tests.support.canaries import read_by_a_task, spec
from tests.support.site import session_cookie

pytestmark = pytest.mark.browser
LASTING = timedelta(hours=1)
"""However slow the machine is, the Canary was read just now."""


@pytest.fixture
def one(site: str) -> Rollout:
    made = make_rollout(make_cluster("edge"))
    for interval in ("90s", "60s", "30s"):
        found = spec(analysis__interval=interval)
        read_by_a_task(made, found, at=timezone.now() + LASTING)
        revisions.note_spec(rollout=made, spec=found, now=timezone.now())
    return made


@pytest.fixture
def looking(context: BrowserContext, site: str, one: Rollout) -> Page:
    """The page of its revisions, as it is reached from that of the rollout."""
    context.add_cookies([session_cookie(site, "root", is_superuser=True)])
    page = context.new_page()
    page.goto(f"{site}/rollouts/{one.pk}/")
    page.get_by_role("link", name="Revisions of the Canary").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Revisions of checkout")
    return page


def test_any_two_are_compared(looking: Page) -> None:
    first, second, last = PolicyRevision.objects.order_by("pk")
    compared = looking.get_by_role("heading", level=2)
    expect(compared).to_have_text(f"From no. {second.pk} to no. {last.pk}")
    looking.get_by_role("radio", name=f"from no. {first.pk}", exact=True).check()
    looking.get_by_role("radio", name=f"to no. {second.pk}", exact=True).check()
    looking.get_by_role("button", name="Compare").press("Enter")
    expect(compared).to_have_text(f"From no. {first.pk} to no. {second.pk}")
    row = looking.locator(".differences tbody tr")
    expect(row.get_by_role("cell")).to_have_text(["90", "60"])
    expect(row).to_contain_text("analysis.interval")
    expect(looking.locator(".yaml-diff .taken")).to_contain_text(["interval: 90s"])
    expect(looking.locator(".yaml-diff .added")).to_contain_text(["interval: 60s"])
    expect(looking.get_by_role("radio", name=f"from no. {first.pk}", exact=True)).to_be_checked()


def test_an_earlier_one_comes_back_through_the_form_the_review_and_the_click(
    looking: Page, site: str, one: Rollout
) -> None:
    first = PolicyRevision.objects.order_by("pk")[0]
    looking.get_by_role("link", name=f"Go back to no. {first.pk}", exact=True).press("Enter")
    expect(looking.get_by_role("heading", level=1)).to_have_text("Edit checkout")
    interval = looking.locator("#f-interval")
    expect(interval).to_have_value("90")
    interval.press("Enter")
    expect(looking.get_by_role("heading", level=1)).to_have_text("What changes of checkout")
    row = looking.locator(".differences tbody tr").filter(has_text="analysis.interval")
    expect(row.get_by_role("cell")).to_have_text(["30", "90"])
    expect(looking.get_by_label("Patch to commit")).to_contain_text("value: 90s")
    assert not Command.objects.exists(), "nothing happens before the click"
    DraftTrial.objects.update(answer="accepted", said="")
    looking.get_by_label("Reason").fill("as it was")
    looking.get_by_role("button", name="Apply to the Canary").press("Enter")
    looking.wait_for_url(f"{site}/rollouts/{one.pk}/**")
    expect(looking.locator(".commands")).to_contain_text("Reason: as it was")
    command = Command.objects.get()
    assert (command.rollout_id, command.act, command.reason) == (one.pk, Act.EDIT_POLICY, "as it was")


@pytest.mark.parametrize("width", [390, 1360])
def test_the_page_is_accessible_and_no_wider_than_the_screen(looking: Page, width: int) -> None:
    looking.set_viewport_size({"width": width, "height": 900})
    found = Axe().run(looking)
    assert found.violations_count == 0, found.generate_report()
    assert looking.evaluate("document.documentElement.scrollWidth") <= width
