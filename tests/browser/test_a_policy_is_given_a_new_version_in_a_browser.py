"""A new version through a policy in a real browser, on the demo fleet with its Kurator, Flux and Flagger, the observer
and the workers: a release begins in every cluster.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
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
POLICY, NEW = "checkout-0", f"{IMAGE}:2.0.0"


@pytest.fixture
def world(site: str, tmp_path: Path) -> Iterator[Worked]:
    with worked(tmp_path, "settle", members=2, by_kurator=True) as world:
        old = [f"{IMAGE}:1.0.0"]
        until(lambda: all((one.state.get("green") or {}).get("images") == old for one in Rollout.objects.all()))
        until(lambda: Rollout.objects.filter(application__hub__isnull=False).count() == 2)
        yield world


def test_it_is_found_from_several_clusters_chosen_once_and_begins_a_release_in_each(
    application: Page, world: Worked
) -> None:
    application.locator("#batches").get_by_role("button", name="New version").press("Enter")
    several = application.get_by_role("dialog", name="New version of checkout in several clusters?")
    several.get_by_role("link", name=f"New version in policy {POLICY}").click()
    dialog = application.get_by_role("dialog", name=f"New version, policy {POLICY}?")
    image = dialog.get_by_label("New image")
    expect(image).to_have_value(f"{IMAGE}:1.0.0")
    image.fill(IMAGE)
    image.press("Enter")
    expect(dialog.get_by_label("New image")).to_have_accessible_description(
        "Give a tag or a digest: without one the tag that Git has would stay."
    )
    dialog.get_by_label("New image").fill(NEW)
    application.keyboard.press("Enter")
    expect(dialog.get_by_text(f"From {IMAGE}:1.0.0. A release of it begins.")).to_have_count(1)
    for name in world.names:
        expect(dialog.get_by_role("row", name=name)).to_be_visible()
    assert Axe().run(application).response["violations"] == []
    assert not Command.objects.exists()
    dialog.get_by_label("Reason").fill("ship")
    dialog.get_by_role("button", name="New version", exact=True).click()
    expect(dialog).to_be_hidden()
    until(lambda: Command.objects.filter(state="accepted").exists())
    world.tick()
    world.tick()
    until(lambda: Command.objects.filter(state="observed").exists())
    expect(application.locator("#policies .commands li[id]")).to_contain_text(
        "The target has the image, and a release of it has begun, in all 2 clusters.", timeout=PATIENCE
    )
    assert {world.status_in(name)["phase"] for name in world.names} == {"Progressing"}


def test_the_dialog_fits_a_narrow_screen(operator: Page, site: str, world: Worked) -> None:
    operator.set_viewport_size({"width": 390, "height": 800})
    id = world.rollout.application_id
    for told in ("", f"&container=checkout&image={NEW}"):
        operator.goto(f"{site}/applications/{id}/policy/new-version/?policy={POLICY}{told}")
        assert operator.evaluate("() => document.documentElement.scrollWidth") <= 390
