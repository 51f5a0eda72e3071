"""A real browser on the whole program."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.cache import cache
from playwright.sync_api import Browser, BrowserContext, Page, expect

from rollouts.web.fragments import fragments
from tests.support.people import make_operator
from tests.support.site import serving, session_cookie
from tests.support.worked import Worked


@pytest.fixture(autouse=True, scope="session")
def _database_beside_playwright() -> None:
    """Playwright keeps an event loop in this thread; Django would take the tests' own queries for blocking calls in
    it.
    """
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"


@pytest.fixture(scope="session")
def browser_type_launch_args(tool: Callable[..., str]) -> dict[str, Any]:
    return {"executable_path": tool("chromium"), "args": ["--no-sandbox"]}


@pytest.fixture
def site(transactional_db: None) -> Iterator[str]:
    cache.clear()
    fragments.clear()
    with serving() as address:
        yield address


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """In place of the plugin's own, whose `base_url` pytest warns of."""
    made = browser.new_context(viewport={"width": 1360, "height": 900})
    yield made
    made.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


@pytest.fixture
def visitor(context: BrowserContext, site: str) -> Page:
    """A page of somebody who is signed in."""
    context.add_cookies([session_cookie(site)])
    return context.new_page()


@pytest.fixture
def application(operator: Page, site: str, world: Worked) -> Page:
    """The page of the application in `world`, a fixture of the tests that want it, as an operator sees it."""
    operator.goto(f"{site}/applications/{world.rollout.application_id}/")
    expect(operator.locator("#live")).to_have_attribute("data-state", "live", timeout=20_000)
    return operator


@pytest.fixture
def operator(context: BrowserContext, site: str) -> Page:
    """A page of somebody who may act on everything."""
    make_operator()
    context.add_cookies([session_cookie(site, "operator")])
    return context.new_page()
