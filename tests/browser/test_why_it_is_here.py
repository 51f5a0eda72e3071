"""The box of causes in a real browser: usable by everybody, and what a reader has opened stays open."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import Browser, expect

from rollouts.domain.observations import Phase
from rollouts.domain.pods import Pod
from rollouts.models import Rollout
from tests.support.builders import GREEN, make_rollout
from tests.support.site import session_cookie
from tests.web.test_why_it_is_here import with_pods

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


@pytest.fixture
def stuck(site: str) -> Rollout:
    """Waits for an image, and would go live unchecked."""
    standing = timedelta(minutes=9)
    made = make_rollout(phase=Phase.PROGRESSING, age=standing, moved=standing, skip_analysis=True)
    return with_pods(made, pod("ErrImagePull"))


def pod(reason: str) -> Pod:
    since = timezone.now() - timedelta(minutes=9)
    message = "no such manifest: " + "sha256:" + "0123456789abcdef" * 4
    return Pod("shop", "checkout-1", ready=False, image=GREEN, container="app", state="waiting", reason=reason,
               message=message, since=since)  # fmt: skip


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1360])
def test_opened_causes_can_be_used_by_everybody_at_any_width(
    browser: Browser, site: str, stuck: Rollout, scheme: str, width: int
) -> None:
    context = browser.new_context(
        color_scheme="dark" if scheme == "dark" else "light", viewport={"width": width, "height": 900}
    )
    context.add_cookies([session_cookie(site)])
    page = context.new_page()
    page.goto(f"{site}/rollouts/{stuck.pk}/")
    for summary in page.locator("#why summary").all():
        summary.focus()
        page.keyboard.press("Enter")
    expect(page.locator("#why .evidence")).to_have_count(2)
    expect(page.locator("#why .evidence").last).to_be_visible()
    assert Axe().run(page).response["violations"] == []
    assert page.evaluate("() => document.documentElement.scrollWidth") <= width
    page.locator("#why").get_by_role("link", name="More about this").first.click()
    expect(page).to_have_url(f"{site}/causes/#image-pull")
    expect(page.locator("#image-pull h2")).to_be_in_viewport()
    context.close()


def test_what_was_opened_stays_open_when_the_cause_changes_its_words(
    browser: Browser, site: str, stuck: Rollout
) -> None:
    context = browser.new_context(viewport={"width": 1360, "height": 900})
    context.add_cookies([session_cookie(site)])
    page = context.new_page()
    page.goto(f"{site}/rollouts/{stuck.pk}/")
    page.locator("#why summary").first.click()
    with_pods(stuck, replace(pod("ImagePullBackOff"), restarts=0))
    Rollout.objects.filter(pk=stuck.pk).update(version=99)
    page.evaluate("() => htmx.trigger('#rollout', 'changed')")
    expect(page.locator("#why .why-sentence").first).to_contain_text("ImagePullBackOff")
    expect(page.locator("#why .evidence").first).to_be_visible()
    context.close()
