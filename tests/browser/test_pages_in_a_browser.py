"""Every page in a real browser: nothing refused by the policy, nothing from elsewhere, usable by everybody."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.auth.models import User
from django.utils import timezone
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, expect

from rollouts.models import Application, Cluster, ObjectCopy
from tests.support.gallery import make_fleet, make_wide_application
from tests.support.people import make_token
from tests.support.site import session_cookie

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

COLLECT_VIOLATIONS = """
document.addEventListener("securitypolicyviolation", (event) => console.error("CSP " + event.violatedDirective));
"""


@dataclass
class Watched:
    """A page and what went wrong in it."""

    page: Page
    site: str
    troubles: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.add_init_script(COLLECT_VIOLATIONS)
        self.page.on("pageerror", lambda error: self.troubles.append(f"error {error}"))
        self.page.on("console", self._said)
        self.page.on("request", self._sent)

    def _said(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.troubles.append(message.text)

    def _sent(self, request: Request) -> None:
        if not request.url.startswith(self.site):
            self.troubles.append(f"to {request.url}")

    def goto(self, path: str) -> None:
        self.page.goto(self.site + path)


@pytest.fixture
def addresses(site: str) -> dict[str, str]:
    """One address for each page, on a fleet with something of everything."""
    made = make_fleet()
    wide = make_wide_application(12)
    signed_in(site)
    make_token(User.objects.get(username="root"))
    rollout = made["failed"]
    ObjectCopy.objects.create(
        rollout=rollout, kind="canaries", name=rollout.name, requested_at=timezone.now(), fetched_at=timezone.now(),
        text='{\n  "kind": "Canary"\n}',
    )  # fmt: skip
    return {
        "sign-in": "/sign-in/",
        "fleet": "/",
        "filtered": "/?q=checkout&cluster=eu-west-1&phase=Progressing",
        "nothing": "/?q=no-such-rollout",
        "applications": "/?view=applications",
        "running": f"/rollouts/{made['running'].pk}/",
        "failed": f"/rollouts/{rollout.pk}/",
        "many steps": f"/rollouts/{made['long'].pk}/",
        "unreachable": f"/rollouts/{made['waiting-ap-south-1'].pk}/",
        "object": f"/rollouts/{rollout.pk}/object/canaries/{rollout.name}/",
        "application": f"/applications/{wide.pk}/",
        "history": "/history/",
        "clusters": "/clusters/",
        "causes": "/causes/",
        "tokens": "/tokens/",
        "api": "/api/",
        "audit": "/audit/",
        "audit, nothing": "/audit/?person=nobody&from=2026-11-01",
    }


def signed_in(site: str) -> Any:
    """As somebody who may see every page."""
    return session_cookie(site, "root", is_superuser=True)


@pytest.fixture(params=["light", "dark"])
def watched(request: pytest.FixtureRequest, browser: Browser, site: str) -> Iterator[Watched]:
    context = browser.new_context(color_scheme=request.param, viewport={"width": 1360, "height": 900})
    context.add_cookies([signed_in(site)])
    yield Watched(context.new_page(), site)
    context.close()


def settled(page: Page) -> None:
    expect(page.locator("h1")).to_be_visible()
    if page.locator("#live").count() and page.locator("main").get_attribute("data-topics"):
        expect(page.locator("#live")).to_have_attribute("data-state", "live")


def test_every_page_obeys_the_policy_and_can_be_used_by_everybody(watched: Watched, addresses: dict[str, str]) -> None:
    found = {}
    for name, address in addresses.items():
        if name == "sign-in":
            watched.page.context.clear_cookies()
        watched.goto(address)
        if name == "sign-in":
            watched.page.context.add_cookies([signed_in(watched.site)])
        settled(watched.page)
        for violation in Axe().run(watched.page).response["violations"]:
            nodes = [node["html"][:200] for node in violation["nodes"][:3]]
            found[f"{name}: {violation['id']}"] = f"{violation['help']}: {nodes}"
    assert found == {}
    assert watched.troubles == []


@pytest.mark.parametrize("width", [390, 768, 2560])
def test_no_page_is_wider_than_the_window(browser: Browser, site: str, addresses: dict[str, str], width: int) -> None:
    context = browser.new_context(viewport={"width": width, "height": 844})
    context.add_cookies([signed_in(site)])
    page = context.new_page()
    wide = {}
    for name, address in addresses.items():
        page.goto(site + address)
        expect(page.locator("h1")).to_be_visible()
        needed = page.evaluate("() => document.documentElement.scrollWidth")
        if needed > width:
            wide[name] = needed
    context.close()
    assert wide == {}


def test_menus_and_the_help_can_be_used_by_everybody(watched: Watched, addresses: dict[str, str]) -> None:
    watched.goto("/")
    settled(watched.page)
    watched.page.locator(".filters summary", has_text="Cluster").click()
    expect(watched.page.get_by_role("checkbox", name="eu-west-1")).to_be_visible()
    assert Axe().run(watched.page).response["violations"] == []
    watched.page.keyboard.press("Escape")
    expect(watched.page.get_by_role("checkbox", name="eu-west-1")).to_be_hidden()
    watched.page.keyboard.press("?")
    expect(watched.page.get_by_role("dialog", name="Keyboard")).to_be_visible()
    assert Axe().run(watched.page).response["violations"] == []


def test_without_any_cluster_the_fleet_says_how_to_add_one(visitor: Page, site: str) -> None:
    assert not Cluster.objects.exists()
    visitor.goto(site + "/")
    expect(visitor.get_by_role("heading", name="No clusters yet")).to_be_visible()
    expect(visitor.locator("pre")).to_contain_text("manage.py clusters add")
    visitor.goto(site + "/clusters/")
    expect(visitor.get_by_role("heading", name="No clusters yet")).to_be_visible()
    assert not Application.objects.exists()


def test_a_person_signs_in_and_out(page: Page, site: str, django_user_model: type) -> None:
    django_user_model.objects.create_user("operator", password="correct horse battery")  # type: ignore[attr-defined]
    page.goto(site + "/clusters/")
    page.get_by_label("Name").fill("operator")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("do not belong together")
    page.get_by_label("Password").fill("correct horse battery")
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(site + "/clusters/")
    page.locator(".account summary").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page).to_have_url(site + "/sign-in/")
