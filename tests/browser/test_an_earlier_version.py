"""Back to an earlier version in a real browser, on the demo fleet with its observer and workers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from playwright.sync_api import Page, expect

from tests.support.waiting import until
from tests.support.worked import IMAGE, Worked, worked

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(180),
    pytest.mark.skipif(not settings.EMBEDDED, reason="with Redis the workers are processes of their own"),
]
PATIENCE = 20_000


@pytest.fixture
def world(site: str, tmp_path: Path) -> Iterator[Worked]:
    """A release has succeeded."""
    with worked(tmp_path, "settle") as world:
        world.release()
        for _ in range(9):
            world.tick()
        assert world.rollout.phase == "Succeeded"
        until(lambda: (world.rollout.state["green"] or {}).get("images") == [f"{IMAGE}:2.0.0"])
        yield world


def test_it_is_read_chosen_and_shown_in_the_dialog_and_begins_a_release(
    operator: Page, site: str, world: Worked
) -> None:
    operator.goto(f"{site}/rollouts/{world.rollout.pk}/")
    expect(operator.locator("#live")).to_have_attribute("data-state", "live", timeout=PATIENCE)
    operator.locator(".acts").get_by_role("button", name="Earlier version").click()
    dialog = operator.get_by_role("dialog", name="Earlier version of checkout?")
    only = dialog.get_by_role("radio", name=f"{IMAGE}:1.0.0")
    expect(only).to_be_checked(timeout=PATIENCE)
    expect(only).to_be_focused()
    dialog.get_by_role("button", name="Show what happens").click()
    row = dialog.get_by_role("row", name="spec.containers[checkout].image")
    expect(row).to_contain_text(f"{IMAGE}:2.0.0")
    expect(row).to_contain_text(f"{IMAGE}:1.0.0")
    dialog.get_by_role("button", name="Earlier version").click()
    expect(dialog).to_be_hidden()
    world.becomes("accepted")
    world.tick()
    assert world.becomes("observed").sentence == "Release 2 has begun."


def test_the_same_dialog_is_a_page_of_its_own(operator: Page, site: str, world: Worked) -> None:
    operator.goto(f"{site}/rollouts/{world.rollout.pk}/acts/earlier-version/")
    expect(operator.get_by_role("radio", name=f"{IMAGE}:1.0.0")).to_be_checked(timeout=PATIENCE)
    operator.get_by_role("button", name="Show what happens").click()
    operator.get_by_role("button", name="Earlier version").click()
    expect(operator).to_have_url(f"{site}/rollouts/{world.rollout.pk}/#commands")
    world.becomes("accepted")
