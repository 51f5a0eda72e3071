"""A whole Application in a real browser: the form by keyboard, what would go, and pages that follow by themselves."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from rollouts.domain import memory
from rollouts.domain.whole.deleting import Deletion, Going
from rollouts.models import Application, ApplicationChange, ChangeState
from tests.support.bare import make_bare
from tests.support.site import session_cookie
from tests.support.whole import make_change, make_creation

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not settings.EMBEDDED, reason="the page asks the same, whoever carries it out"),
]
GOING = Going(
    "cart-prod", "eu-west", True, ("Deployment shop/cart",), "Flux deletes what it has applied (prune is on)."
)


@pytest.fixture
def application(site: str) -> Application:
    return make_bare("eu-west", "us-east")


@pytest.fixture
def editor(page: Page, site: str) -> Page:
    page.context.add_cookies([session_cookie(site, "root", is_superuser=True)])
    return page


def test_what_would_go_comes_onto_the_open_page_and_is_deleted_by_keyboard(
    editor: Page, site: str, application: Application
) -> None:
    editor.goto(f"{site}/applications/{application.pk}/")
    editor.get_by_role("button", name="Delete the Application …").press("Enter")
    editor.wait_for_url(f"{site}/application-changes/*/")
    judged = memory.dump(Deletion((), (GOING,), ("Whoever uses these workloads is served by nobody.",)))
    found = {"state": ChangeState.LOOKED, "seen": {**judged, "entries": {}}, "digest": "d" * 64, "uid": "uid-cart"}
    ApplicationChange.objects.update(**found, sentence="")
    expect(editor.get_by_role("heading", name="Delete Application cart?")).to_be_visible()
    expect(editor.get_by_role("row", name="cart-prod eu-west")).to_contain_text("Deployment shop/cart", timeout=8000)
    editor.get_by_label("Type cart to confirm").fill("crat")
    editor.get_by_label("Reason").fill("no longer sold")
    editor.keyboard.press("Enter")
    expect(editor.get_by_role("alert").filter(has_text="is not the name")).to_be_visible()
    editor.get_by_label("Type cart to confirm").fill("cart")
    editor.keyboard.press("Enter")
    expect(editor.get_by_role("status").first).to_contain_text("going on")
    ApplicationChange.objects.update(sentence="Kurator clears up; the hub waits for apps.kurator.dev.")
    expect(editor.get_by_role("status").first).to_contain_text("the hub waits for", timeout=8000)


def test_a_new_application_is_entered_by_keyboard_and_what_is_wrong_is_said_at_its_field(
    editor: Page, site: str, application: Application
) -> None:
    editor.goto(f"{site}/clusters/")
    editor.get_by_role("link", name="New Application").press("Enter")
    editor.get_by_label("Name", exact=True).fill("Cards")
    editor.get_by_label("Address").fill("https://git.example.test/cards/deploy.git")
    editor.get_by_label("Branch, tag or commit").fill("main")
    editor.keyboard.press("Enter")
    expect(editor.get_by_role("alert")).to_contain_text("1 field has to be corrected.")
    expect(editor.get_by_label("Name", exact=True)).to_have_attribute("aria-invalid", "true")
    editor.get_by_label("Name", exact=True).fill("cards")
    editor.keyboard.press("Enter")
    editor.wait_for_url(f"{site}/application-changes/*/")
    found = {"state": ChangeState.LOOKED, "seen": {"refused": ""}, "digest": "d" * 64, "sentence": ""}
    ApplicationChange.objects.update(**found)
    expect(editor.get_by_role("heading", name="It reaches 2 clusters")).to_be_visible(timeout=8000)
    editor.get_by_role("button", name="Create").press("Enter")
    expect(editor.get_by_role("status").first).to_contain_text("going on")


def test_every_page_fits_a_narrow_screen(editor: Page, site: str, application: Application) -> None:
    editor.set_viewport_size({"width": 390, "height": 800})
    root = User.objects.get(username="root")
    assert application.hub is not None
    deletion = make_change(application, root, Deletion((), (GOING,), ()))
    creation = make_creation(application.hub, root)
    for path in ("applications/new/", f"application-changes/{deletion.pk}/", f"application-changes/{creation.pk}/"):
        editor.goto(f"{site}/{path}")
        assert editor.evaluate("() => document.documentElement.scrollWidth") <= 390, path
