"""What is open in a browser follows the database by itself."""

from __future__ import annotations

import time

import pytest
from django.contrib.sessions.models import Session
from django.db.models import F
from playwright.sync_api import Browser, Page, Response, expect

from rollouts import wiring
from rollouts.domain.observations import Phase
from rollouts.domain.ports import Hint
from rollouts.models import Cluster, Covers, Grant, Rollout
from rollouts.services.observe import storage
from tests.support.builders import make_cluster, make_rollout, make_state
from tests.support.site import session_cookie

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]
PATIENCE = 15_000


def listening(page: Page) -> None:
    expect(page.locator("#live")).to_have_attribute("data-state", "live", timeout=PATIENCE)


def change(rollout: Rollout, *, hint: bool = True, **state: object) -> None:
    """As the observer does: the row, its cluster's version, then the hints."""
    row = Rollout.objects.get(pk=rollout.pk)
    storage.fill(row, make_state(namespace=row.namespace, name=row.name, **state))  # type: ignore[arg-type]
    row.version += 1
    row.save()
    Cluster.objects.filter(pk=row.cluster_id).update(version=F("version") + 1)
    if hint:
        version = int(time.time() * 1000)
        topics = (f"rollout-{row.pk}", f"application-{row.application_id}", "fleet")
        wiring.change_feed().publish([Hint(topic, version) for topic in topics])


@pytest.fixture
def rollout(site: str) -> Rollout:
    cluster = make_cluster("eu-west-1")
    for number in range(30):
        make_rollout(cluster, name=f"quiet-{number:02}")
    return make_rollout(cluster, phase=Phase.PROGRESSING, iterations=1)


def test_a_row_follows_the_database(visitor: Page, site: str, rollout: Rollout) -> None:
    visitor.goto(site + "/")
    listening(visitor)
    expect(visitor.locator(f"#r{rollout.pk}")).to_contain_text("1 of 3")
    change(rollout, phase=Phase.PROGRESSING, iterations=2)
    expect(visitor.locator(f"#r{rollout.pk}")).to_contain_text("2 of 3", timeout=PATIENCE)


def test_an_element_of_several_topics_asks_once_when_its_page_becomes_live(
    visitor: Page, site: str, rollout: Rollout
) -> None:
    address = f"{site}/rollouts/{rollout.pk}/"
    asked: list[str] = []

    def is_fragment(response: Response) -> bool:
        return response.url.startswith(f"{address}?v=")

    visitor.on(
        "request", lambda request: asked.append(request.url) if request.url.startswith(f"{address}?v=") else None
    )
    with visitor.expect_response(is_fragment):
        visitor.goto(address)
        listening(visitor)
    change(rollout, phase=Phase.PROGRESSING, iterations=2)
    expect(visitor.locator("#rollout")).to_contain_text("2 of 3", timeout=PATIENCE)
    assert len(asked) <= 2, "once when it became live, once for the change"


def test_a_change_of_phase_is_announced(visitor: Page, site: str, rollout: Rollout) -> None:
    visitor.goto(site + f"/?q={rollout.name}")
    listening(visitor)
    change(rollout, phase=Phase.PROMOTING, iterations=4)
    expect(visitor.locator("#announcements")).to_contain_text("checkout in eu-west-1: Promoting", timeout=PATIENCE)


def test_focus_scroll_and_open_details_stay_where_they_are(visitor: Page, site: str, rollout: Rollout) -> None:
    visitor.set_viewport_size({"width": 1360, "height": 500})
    visitor.goto(site + "/")
    listening(visitor)
    link = visitor.locator(".row-link", has_text="quiet-20")
    link.focus()
    link.scroll_into_view_if_needed()
    visitor.locator(".account summary").evaluate("(element) => element.click()")
    before = visitor.evaluate("() => window.scrollY")
    assert before > 0
    change(rollout, phase=Phase.PROGRESSING, iterations=3)
    expect(visitor.locator(f"#r{rollout.pk}")).to_contain_text("3 of 3", timeout=PATIENCE)
    assert visitor.evaluate("() => window.scrollY") == before
    assert visitor.evaluate("() => document.activeElement.textContent") == "quiet-20"
    expect(visitor.locator(".account")).to_have_attribute("open", "")


def test_the_page_of_a_rollout_follows_it(visitor: Page, site: str, rollout: Rollout) -> None:
    visitor.goto(site + f"/rollouts/{rollout.pk}/")
    listening(visitor)
    change(rollout, phase=Phase.FAILED)
    expect(visitor.locator("#why")).to_contain_text("The last release failed", timeout=PATIENCE)


def test_a_hidden_tab_lets_go_of_its_stream_and_catches_up_when_seen(
    visitor: Page, site: str, rollout: Rollout
) -> None:
    visitor.goto(site + "/")
    listening(visitor)
    hide = """(hidden) => {
        Object.defineProperty(document, "hidden", {value: hidden, configurable: true});
        document.dispatchEvent(new Event("visibilitychange"));
    }"""
    with visitor.expect_event("requestfailed", lambda sent: "/events/" in sent.url, timeout=PATIENCE):
        visitor.evaluate(hide, True)
    change(rollout, phase=Phase.PROGRESSING, iterations=2)
    expect(visitor.locator(f"#r{rollout.pk}")).to_contain_text("1 of 3")
    visitor.evaluate(hide, False)
    expect(visitor.locator(f"#r{rollout.pk}")).to_contain_text("2 of 3", timeout=PATIENCE)


def test_a_lost_stream_is_shown_and_repaired(visitor: Page, site: str, rollout: Rollout) -> None:
    refused = []

    def refuse(route: object) -> None:
        refused.append(1)
        route.abort() if len(refused) == 1 else route.continue_()  # type: ignore[attr-defined]

    visitor.route("**/events/**", refuse)
    visitor.goto(site + "/")
    expect(visitor.locator("#live")).to_have_attribute("data-state", "lost", timeout=PATIENCE)
    expect(visitor.locator("#live")).to_contain_text("data")
    listening(visitor)
    assert len(refused) >= 2


def sent_to_the_sign_in(page: Page, back: str) -> None:
    expect(page.locator("input[name=username]")).to_be_visible(timeout=PATIENCE)
    expect(page.locator("input[name=next]")).to_have_value(back)
    expect(page.locator("h1")).to_have_text("Sign in")
    assert "/sign-in/" in page.url


def test_whose_session_has_ended_is_sent_to_the_sign_in(visitor: Page, site: str, rollout: Rollout) -> None:
    visitor.goto(site + "/?q=checkout")
    listening(visitor)
    Session.objects.all().delete()
    change(rollout, phase=Phase.PROGRESSING, iterations=2)
    sent_to_the_sign_in(visitor, "/?q=checkout")


def test_whoever_signs_out_in_one_tab_is_sent_to_the_sign_in_in_the_others(
    visitor: Page, site: str, rollout: Rollout
) -> None:
    visitor.goto(site + "/clusters/")
    listening(visitor)
    other = visitor.context.new_page()
    other.goto(site + "/")
    other.locator(".account summary").click()
    other.get_by_role("button", name="Sign out").click()
    sent_to_the_sign_in(visitor, "/clusters/")


def test_an_open_page_goes_when_its_viewer_loses_the_right_to_it(visitor: Page, site: str, rollout: Rollout) -> None:
    visitor.goto(site + f"/rollouts/{rollout.pk}/")
    listening(visitor)
    held = Grant.objects.get()
    held.covers, held.namespace = Covers.NAMESPACE, "elsewhere"
    held.save()
    expect(visitor.locator("h1")).to_have_text("This page does not exist")
    visitor.goto(site + "/")
    listening(visitor)
    held.delete()
    expect(visitor.locator("main")).to_contain_text("nobody has granted you anything yet")


def test_without_scripts_nothing_claims_to_connect(browser: Browser, site: str, rollout: Rollout) -> None:
    context = browser.new_context(java_script_enabled=False)
    context.add_cookies([session_cookie(site)])
    page = context.new_page()
    page.goto(site + "/")
    expect(page.locator(f"#r{rollout.pk}")).to_be_visible()
    expect(page.locator("#live")).to_have_text("reload to update")
    expect(page.locator("#live")).to_be_visible()
    expect(page.locator("#live .live-dot")).to_be_hidden()
    context.close()
