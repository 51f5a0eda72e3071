"""An earlier version through a policy in a real browser: chosen by its images, shown for each cluster, requested."""

from __future__ import annotations

import pytest
from django.conf import settings
from playwright.sync_api import Page, expect

from rollouts.models import Command
from tests.support.earlier import OLD, keep_versions, make_idle_policy
from tests.support.governed import POLICY

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not settings.EMBEDDED, reason="the page asks the same, whoever carries it out"),
]
FAST = "Earlier version, fast"


def test_it_is_chosen_shown_and_requested_by_keyboard(operator: Page, site: str) -> None:
    application = make_idle_policy("eu-west", "us-east")
    for rollout in application.rollouts.all():
        keep_versions(rollout)
    operator.goto(f"{site}/applications/{application.pk}/")
    operator.get_by_role("button", name=f"{FAST} policy {POLICY}").press("Enter")
    dialog = operator.get_by_role("dialog", name=f"{FAST}, policy {POLICY}?")
    chosen = dialog.get_by_role("radio", name=OLD)
    expect(chosen).to_be_focused()
    dialog.get_by_role("button", name="Show what happens").press("Enter")
    expect(dialog.get_by_role("heading")).to_be_focused()
    expect(dialog.get_by_role("row", name="us-east")).to_contain_text("It is put on the target.")
    dialog.get_by_role("link", name="Choose again").press("Enter")
    expect(chosen).to_be_checked()
    dialog.get_by_role("button", name="Show what happens").press("Enter")
    dialog.get_by_label("Reason").fill("errors everywhere")
    dialog.get_by_label("Type checkout to confirm").fill("checkout")
    operator.keyboard.press("Enter")
    expect(dialog).to_be_hidden()
    expect(operator.locator("#policies .commands li[id]")).to_contain_text("errors everywhere")
    assert Command.objects.filter(under__isnull=False).count() == 2
