"""Takes pictures of editing and removing a plain Canary, as `take_pictures.py` does of other pages."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from rollouts.models import DraftTrial, ObjectCopy, Removal, RemovalPart, Rollout
from tests.browser.take_pictures import FOLDER, SIZES
from tests.support.builders import make_cluster, make_rollout
from tests.support.canaries import SPEC, left_by_kurator, made_by_kurator, read_by_a_task, spec
from tests.support.site import session_cookie


@pytest.mark.browser
@pytest.mark.timeout(600)
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1360])
def test_every_page_of_a_plain_canary_is_taken(browser: Browser, site: str, scheme: Any, width: int) -> None:
    one = make_rollout(make_cluster("edge"))
    Rollout.objects.update(owner_kind="flux", owner_name="flux-system/shop")
    context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": SIZES[width]})
    context.add_cookies([session_cookie(site, "root", is_superuser=True)])
    page = context.new_page()
    FOLDER.mkdir(parents=True, exist_ok=True)

    def take(name: str) -> None:
        page.screenshot(path=FOLDER / f"canary-{name}-{scheme}-{width}.png", full_page=True)

    address = f"{site}/rollouts/{one.pk}/policy/edit/"
    page.goto(f"{site}/rollouts/{one.pk}/")
    take("rollout")
    page.goto(address)
    expect(page.get_by_text("is being asked what the Canary says")).to_be_visible()
    take("reading")
    ObjectCopy.objects.update(error="edge gives no answer within 10 s.", fetched_at=timezone.now())
    page.goto(address)
    take("unread")
    read_by_a_task(one, SPEC)
    page.goto(address)
    take("form")
    page.get_by_label("Address").first.fill("loadtester")
    expect(page.locator("#said-hooks-0-url")).to_contain_text("from http://")
    page.get_by_role("button", name="Add a webhook").click()
    expect(page.locator(".policy-row.hook")).to_have_count(3)
    take("wrong")
    page.goto(address)
    page.get_by_label("Interval").first.fill("60")
    read_by_a_task(one, spec(analysis__threshold=7), generation=2)
    page.get_by_role("button", name="See what changes").last.click()
    expect(page.get_by_role("heading", name="The patch")).to_be_visible()
    DraftTrial.objects.update(answer="accepted")
    expect(page.get_by_role("button", name="Apply to the Canary")).to_be_visible()
    take("review")
    _take_removing(page, f"{site}/rollouts/{one.pk}/", site, one, take)
    made_by_kurator(one)
    page.goto(address)
    take("of-kurator")
    context.close()


def _take_removing(page: Page, rollout: str, site: str, one: Rollout, take: Callable[[str], None]) -> None:
    _ask_to_remove(page, rollout)
    take("remove")
    page.goto(f"{site}/removals/{_removal(one).pk}/")
    take("removal")
    page.goto(rollout)
    take("removed")
    left_by_kurator(one)
    _ask_to_remove(page, rollout)
    take("left-by-kurator")


def _ask_to_remove(page: Page, rollout: str) -> None:
    page.goto(rollout)
    page.get_by_role("link", name="Remove the Canary").click()
    expect(page.get_by_role("dialog")).to_be_visible()


def _removal(one: Rollout) -> Removal:
    now = timezone.now()
    assert one.application is not None
    made = Removal.objects.create(
        application=one.application, policy=one.name, rollout=one, mark="m", person_name="root", preview="p", uid="u",
        bound={"members": {str(one.cluster_id): []}, "policy": []}, requested_at=now, expires_at=now,
    )  # fmt: skip
    done = [{"said": "revertOnDeletion is on.", "at": time.time()}]
    RemovalPart.objects.create(
        removal=made, cluster=one.cluster, name="edge", on_hub=False, next_at=now, done=done,
        sentence="Flagger has not put its finalizer on the Canary yet.",
        by_hand="Only Flagger does that: it has to run there.",
    )  # fmt: skip
    return made
