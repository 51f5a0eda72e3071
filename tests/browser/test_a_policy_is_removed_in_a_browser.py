"""Removing a policy in a real browser: the dialog by keyboard, and the page that tells how far it is."""

from __future__ import annotations

import time

import pytest
from django.conf import settings
from playwright.sync_api import Page, expect

from rollouts.domain.observations import Phase
from rollouts.models import Application, Removal, RemovalPart
from tests.support.governed import POLICY, make_policy, make_removal
from tests.support.site import session_cookie

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not settings.EMBEDDED, reason="the page asks the same, whoever carries it out"),
]


@pytest.fixture
def application(site: str) -> Application:
    return make_policy("eu-west", "us-east", phase=Phase.INITIALIZED)


@pytest.fixture
def editor(page: Page, site: str) -> Page:
    page.context.add_cookies([session_cookie(site, "root", is_superuser=True)])
    return page


def test_a_policy_is_removed_by_keyboard_and_its_page_follows(
    editor: Page, site: str, application: Application
) -> None:
    editor.goto(f"{site}/applications/{application.pk}/")
    editor.get_by_role("link", name=f"Remove policy {POLICY}").press("Enter")
    dialog = editor.get_by_role("dialog", name=f"Remove policy {POLICY}?")
    expect(dialog.get_by_role("heading")).to_be_focused()
    expect(dialog.get_by_role("row", name="us-east")).to_contain_text("Initialized")
    dialog.get_by_label("Type checkout to confirm").fill("chekout")
    editor.keyboard.press("Enter")
    expect(dialog.get_by_role("alert").filter(has_text="is not the name")).to_be_visible()
    dialog.get_by_label("Type checkout to confirm").fill("checkout")
    editor.keyboard.press("Enter")
    editor.wait_for_url(f"{site}/removals/*/")
    expect(editor.get_by_role("heading", name=f"Removal of policy {POLICY}")).to_be_visible()
    assert Removal.objects.get().person_name == "root"


def test_what_is_seen_since_comes_onto_the_open_page_and_it_can_be_stopped(
    editor: Page, site: str, application: Application
) -> None:
    removal = make_removal(application)
    editor.goto(f"{site}/removals/{removal.pk}/")
    hub = editor.get_by_role("region", name="hub")
    expect(hub).not_to_contain_text("revertOnDeletion was on already.")
    done = [{"said": "revertOnDeletion was on already.", "at": time.time()}]
    RemovalPart.objects.filter(removal=removal, on_hub=True).update(done=done)
    expect(hub).to_contain_text("revertOnDeletion was on already.", timeout=8000)
    editor.get_by_role("button", name="Stop").click()
    expect(editor.get_by_role("status").first).to_contain_text("The policy still has its rollout")
    expect(editor.get_by_role("button", name="Stop")).to_have_count(0)


def test_dialog_and_page_fit_a_narrow_screen(editor: Page, site: str, application: Application) -> None:
    editor.set_viewport_size({"width": 390, "height": 800})
    for path in (
        f"applications/{application.pk}/policy/remove/?policy={POLICY}",
        f"removals/{make_removal(application).pk}/",
    ):
        editor.goto(f"{site}/{path}")
        assert editor.evaluate("() => document.documentElement.scrollWidth") <= 390
