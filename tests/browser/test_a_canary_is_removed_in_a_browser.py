"""Removing a plain Canary in a real browser: the dialog by keyboard, and the page of its steps."""

from __future__ import annotations

import pytest
from django.conf import settings
from playwright.sync_api import Page, expect

from rollouts.models import Removal
from tests.support.builders import make_cluster, make_rollout
from tests.support.site import session_cookie

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not settings.EMBEDDED, reason="the page asks the same, whoever carries it out"),
]


def test_a_canary_is_removed_by_keyboard_and_its_page_tells_the_steps(page: Page, site: str) -> None:
    one = make_rollout(make_cluster("edge"))
    page.context.add_cookies([session_cookie(site, "root", is_superuser=True)])
    page.goto(f"{site}/rollouts/{one.pk}/")
    page.get_by_role("link", name="Remove the Canary").press("Enter")
    dialog = page.get_by_role("dialog", name="Remove the Canary checkout?")
    expect(dialog.get_by_role("heading")).to_be_focused()
    dialog.get_by_label("Type checkout to confirm").fill("checkout")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{site}/removals/*/")
    expect(page.get_by_role("heading", name="Removal of the Canary checkout")).to_be_visible()
    expect(page.get_by_role("region", name="edge")).to_contain_text("revertOnDeletion is on in the Canary")
    assert Removal.objects.get().rollout == one
