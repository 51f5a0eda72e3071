"""Back to an earlier version in several clusters in a real browser, on the demo fleet with its observer and workers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from playwright.sync_api import Page, expect

from rollouts.models import Command, Rollout
from tests.support.waiting import until
from tests.support.worked import IMAGE, Worked, worked

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(240),
    pytest.mark.skipif(not settings.EMBEDDED, reason="with Redis the workers are processes of their own"),
]
PATIENCE = 20_000


@pytest.fixture
def world(site: str, tmp_path: Path) -> Iterator[Worked]:
    """A release has succeeded in two clusters."""
    with worked(tmp_path, "settle", members=2) as world:
        world.release()
        for _ in range(9):
            world.tick()
        assert {world.status_in(name)["phase"] for name in world.names} == {"Succeeded"}
        new = [f"{IMAGE}:2.0.0"]
        until(lambda: all((one.state["green"] or {}).get("images") == new for one in Rollout.objects.all()))
        yield world


def test_it_is_read_in_each_chosen_once_confirmed_by_the_name_and_begins_a_release_in_each(
    application: Page, world: Worked
) -> None:
    application.locator("#batches").get_by_role("button", name="Earlier version").press("Enter")
    dialog = application.get_by_role("dialog", name="Earlier version of checkout in several clusters?")
    only = dialog.get_by_role("radio", name=f"{IMAGE}:1.0.0")
    expect(only).to_be_checked(timeout=PATIENCE)
    expect(only).to_be_focused()
    expect(dialog).to_contain_text("promoted in 2, known in 2 of 2 clusters")
    application.keyboard.press("Enter")
    row = dialog.get_by_role("row", name="spec.containers[checkout].image")
    expect(row).to_contain_text(f"{IMAGE}:2.0.0")
    dialog.get_by_role("radio", name="All at once").check()
    dialog.get_by_role("button", name="Earlier version").click()
    asked = dialog.get_by_label("Type checkout to confirm")
    expect(asked).to_have_accessible_description("Type checkout to confirm.")
    assert not Command.objects.exists()
    asked.fill("checkout")
    application.keyboard.press("Enter")
    expect(dialog).to_be_hidden()
    until(lambda: Command.objects.filter(state="accepted").count() == 2)
    world.tick()
    until(lambda: Command.objects.filter(state="observed").count() == 2)
    expect(application.locator("#batches .stages li").filter(has_text="observed")).to_have_count(2, timeout=PATIENCE)
    assert {one.sentence for one in Command.objects.all()} == {"Release 2 has begun."}
