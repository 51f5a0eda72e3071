"""What somebody reads on the page of a rollout is not pushed away when its cluster is lost and found again."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, expect

from rollouts.models import Cluster, ClusterState, Release, Rollout
from tests.browser.test_reports_stay_in_place import PATIENCE, release, tell
from tests.support.site import session_cookie

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]
__all__ = ["release"]
TOP = "(pane) => pane.getBoundingClientRect().top"
REASON = "eu-west-1.example:6443 was asked to list canaries, but nothing listens there (connection refused)."


@pytest.mark.parametrize("width", [390, 1360])
def test_the_note_on_a_lost_cluster_pushes_nothing_away(
    browser: Browser, site: str, release: Release, width: int
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 844})
    context.add_cookies([session_cookie(site)])
    page = context.new_page()
    page.goto(f"{site}/rollouts/{Rollout.objects.get().pk}/")
    expect(page.locator("#live")).to_have_attribute("data-state", "live", timeout=PATIENCE)
    sides = page.locator("#rollout .pane").first
    before = sides.evaluate(TOP)
    since = timezone.now() - timedelta(seconds=90)
    Cluster.objects.update(state=ClusterState.UNREACHABLE, reason=REASON, state_since=since, fresh_at=since)
    tell(release)
    note = page.locator(".note.away")
    expect(note).to_contain_text("What is shown is as old as that.", timeout=PATIENCE)
    expect(note).to_be_in_viewport(ratio=1)
    assert abs(sides.evaluate(TOP) - before) < 1
    Cluster.objects.update(state=ClusterState.REACHABLE, reason="", fresh_at=timezone.now())
    tell(release)
    expect(note).to_be_hidden(timeout=PATIENCE)
    assert abs(sides.evaluate(TOP) - before) < 1
    context.close()
