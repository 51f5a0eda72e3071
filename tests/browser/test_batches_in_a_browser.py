"""One act in several clusters in a real browser, on the demo fleet with its observer and workers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from playwright.sync_api import Locator, Page, expect

from rollouts.models import Batch, Command
from tests.support.worked import Worked, worked

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(240),
    pytest.mark.skipif(not settings.EMBEDDED, reason="with Redis the workers are processes of their own"),
]
PATIENCE = 20_000
EAST, NORTH, WEST = "us-east", "eu-north", "eu-west"


@pytest.fixture
def world(site: str, tmp_path: Path) -> Iterator[Worked]:
    """A release that runs in three clusters."""
    with worked(tmp_path, "settle", members=3) as world:
        world.release()
        yield world


def opened(page: Page, act: str) -> Locator:
    page.locator("#batches").get_by_role("button", name=act).press("Enter")
    dialog = page.get_by_role("dialog", name=f"{act} checkout in several clusters?")
    expect(dialog.get_by_role("heading")).to_be_focused()
    return dialog


def stage(page: Page, cluster: str) -> Locator:
    return page.locator("#batches .stages li").filter(has_text=cluster)


def test_chosen_clusters_are_rolled_back_with_one_confirmation_and_followed(application: Page, world: Worked) -> None:
    dialog = opened(application, "Roll back")
    for name in world.names:
        expect(dialog.get_by_role("checkbox", name=name)).to_be_checked()
    dialog.get_by_role("checkbox", name=NORTH).press("Space")
    dialog.get_by_label("Reason").fill("wrong colour")
    application.keyboard.press("Enter")
    expect(dialog).to_be_hidden()
    for name in (EAST, WEST):
        expect(stage(application, name)).to_contain_text("accepted by the cluster", timeout=PATIENCE)
    expect(application.locator("#batches .commands")).to_contain_text("in 2 clusters, all at once, by operator")
    world.tick()
    for name in (EAST, WEST):
        expect(stage(application, name)).to_contain_text("observed", timeout=PATIENCE)
        assert world.status_in(name)["phase"] == "Failed"
    expect(stage(application, NORTH)).to_have_count(0)
    assert world.status_in(NORTH)["phase"] == "Progressing"


def test_a_choice_keeps_what_was_filled_in_before_it(application: Page, world: Worked) -> None:
    dialog = opened(application, "Pause")
    dialog.get_by_role("checkbox", name=NORTH).press("Space")
    dialog.get_by_label(f"Turn of {WEST}").fill("9")
    dialog.get_by_label("Reason").fill("lunch")
    dialog.get_by_label("Paused").select_option("60")
    expect(dialog).to_contain_text("after 1 hour")
    expect(dialog.get_by_role("checkbox", name=NORTH)).not_to_be_checked()
    expect(dialog.get_by_role("checkbox", name=WEST)).to_be_checked()
    expect(dialog.get_by_label(f"Turn of {WEST}")).to_have_value("9")
    expect(dialog.get_by_label("Reason")).to_have_value("lunch")


def test_iterations_are_skipped_one_after_the_other_once_the_name_is_typed_until_somebody_stops_it(
    application: Page, world: Worked
) -> None:
    dialog = opened(application, "Skip iterations")
    for turn, name in enumerate((EAST, WEST, NORTH), 1):
        dialog.get_by_label(f"Turn of {name}").fill(str(turn))
    dialog.get_by_label("Pause between them, in seconds").fill("0")
    asked = dialog.get_by_label("Type checkout to confirm")
    asked.fill("chekout")
    application.keyboard.press("Enter")
    expect(asked).to_have_accessible_description("“chekout” is not the name. Type checkout.")
    assert not Command.objects.exists()
    expect(dialog.get_by_label(f"Turn of {EAST}")).to_have_value("1")
    asked.fill("checkout")
    application.keyboard.press("Enter")
    expect(dialog).to_be_hidden()
    expect(stage(application, EAST)).to_contain_text("accepted by the cluster", timeout=PATIENCE)
    for name in (WEST, NORTH):
        expect(stage(application, name)).to_contain_text("waiting for its turn")
    world.tick()
    expect(stage(application, EAST)).to_contain_text("observed", timeout=PATIENCE)
    expect(stage(application, WEST)).to_contain_text("accepted by the cluster", timeout=PATIENCE)
    application.get_by_role("button", name="Stop what has not begun").press("Enter")
    expect(stage(application, NORTH)).to_contain_text("cancelled", timeout=PATIENCE)
    expect(application.locator("#batches")).to_contain_text("Stopped by operator.")
    expect(application.get_by_role("button", name="Stop what has not begun")).to_be_hidden()
    world.tick()
    expect(stage(application, WEST)).to_contain_text("observed", timeout=PATIENCE)
    assert Batch.objects.get().in_turn
    assert list(Command.objects.order_by("id").values_list("rollout__cluster__name", "state")) == [
        (EAST, "observed"),
        (WEST, "observed"),
        (NORTH, "cancelled"),
    ]


def test_the_dialog_fits_a_narrow_screen(application: Page, site: str, world: Worked) -> None:
    application.set_viewport_size({"width": 390, "height": 800})
    application.goto(f"{site}/applications/{world.rollout.application_id}/acts/skip-iterations/")
    expect(application.get_by_label("Type checkout to confirm")).to_be_visible()
    assert application.evaluate("() => document.documentElement.scrollWidth") <= 390
