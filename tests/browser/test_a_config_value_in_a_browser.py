"""Another value in a ConfigMap in a real browser, on the demo fleet with its observer and workers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from playwright.sync_api import Locator, Page, expect

from rollouts.models import Command
from tests.support.waiting import until
from tests.support.worked import CLUSTER, SETTINGS, Worked, worked

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(240),
    pytest.mark.skipif(not settings.EMBEDDED, reason="with Redis the workers are processes of their own"),
]
PATIENCE = 20_000
SETTING = f"{SETTINGS}/pageSize"


@pytest.fixture
def world(site: str, tmp_path: Path) -> Iterator[Worked]:
    """Two clusters with a value of their own each."""
    with worked(tmp_path, "settle", members=2, sizes=("50", "60")) as world:
        yield world


def opened(page: Page, buttons: str, title: str) -> Locator:
    page.locator(buttons).get_by_role("button", name="Config value").press("Enter")
    dialog = page.get_by_role("dialog", name=title)
    expect(dialog.get_by_label("Value of a ConfigMap")).to_be_focused(timeout=PATIENCE)
    return dialog


def test_in_one_cluster_the_value_is_typed_shown_given_and_the_release_watched(
    operator: Page, site: str, world: Worked
) -> None:
    operator.goto(f"{site}/rollouts/{world.rollout.pk}/")
    expect(operator.locator("#live")).to_have_attribute("data-state", "live", timeout=PATIENCE)
    dialog = opened(operator, ".acts", "Another config value for checkout?")
    expect(dialog.get_by_role("option", name=f"{SETTING}, now 50")).to_have_count(1)
    expect(dialog).to_contain_text(f"Not offered: {SETTINGS}/apiToken: it may be a secret.")
    expect(dialog).not_to_contain_text("opensesame")
    value = dialog.get_by_label("New value")
    value.fill("--token=opensesame")
    operator.keyboard.press("Enter")
    expect(value).to_have_accessible_description(re.compile("It looks like a secret"))
    expect(value).to_be_focused()
    value.fill("80")
    operator.keyboard.press("Enter")
    expect(dialog.get_by_role("row", name=SETTING)).to_contain_text("5080")
    dialog.get_by_role("link", name="Choose again").click()
    expect(value).not_to_have_attribute("aria-invalid", "true")
    expect(dialog.get_by_role("alert")).to_have_count(0)
    value.fill("80")
    operator.keyboard.press("Enter")
    dialog.get_by_role("button", name="Config value").click()
    expect(dialog).to_be_hidden()
    world.becomes("accepted")
    assert world.size_in(CLUSTER) == "80"
    world.tick()
    assert world.becomes("observed").sentence == "Release 1 has begun."
    expect(operator.locator("#rollout")).to_contain_text("Progressing", timeout=PATIENCE)
    expect(operator.locator("#commands")).to_contain_text("observed", timeout=PATIENCE)
    expect(operator.locator("#commands")).not_to_contain_text("80")


def test_in_two_clusters_each_shows_its_own_value_and_begins_a_release(application: Page, world: Worked) -> None:
    dialog = opened(application, "#batches", "Another config value for checkout in several clusters?")
    expect(dialog.get_by_role("option", name=f"{SETTING}, now 60 or 50")).to_have_count(1)
    dialog.get_by_label("New value").fill("80")
    application.keyboard.press("Enter")
    for name, before in zip(world.names, ("50", "60"), strict=True):
        row = dialog.get_by_role("row").filter(has=application.get_by_role("checkbox", name=name))
        expect(row).to_contain_text(f"{SETTING} {before} → 80")
        expect(row.get_by_text("→ 80")).to_be_visible()
    dialog.get_by_role("radio", name="All at once").check()
    dialog.get_by_role("button", name="Config value").click()
    expect(dialog).to_be_hidden()
    until(lambda: Command.objects.filter(state="accepted").count() == 2)
    assert [world.size_in(name) for name in world.names] == ["80", "80"]
    world.tick()
    until(lambda: Command.objects.filter(state="observed").count() == 2)
    stages = application.locator("#batches .stages li").filter(has_text="observed")
    expect(stages).to_have_count(2, timeout=PATIENCE)
    assert {one.sentence for one in Command.objects.all()} == {"Release 1 has begun."}
    expect(application.locator("#batches .told")).to_have_text(SETTING)


def test_the_dialogs_fit_a_narrow_screen(application: Page, site: str, world: Worked) -> None:
    application.set_viewport_size({"width": 390, "height": 800})
    for address in (f"applications/{world.rollout.application_id}", f"rollouts/{world.rollout.pk}"):
        application.goto(f"{site}/{address}/acts/config-value/")
        expect(application.get_by_label("Value of a ConfigMap")).to_be_visible(timeout=PATIENCE)
        application.get_by_label("New value").fill("x" * 200)
        application.get_by_role("button", name="Show what happens").click()
        expect(application.get_by_role("button", name="Config value")).to_be_visible()
        assert application.evaluate("() => document.documentElement.scrollWidth") <= 390
