"""Takes pictures of removing a policy, as `take_pictures.py` does of other pages."""

from __future__ import annotations

import time
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Browser

from rollouts.domain.observations import Phase
from rollouts.models import Removal, RemovalPart, RemovalState
from tests.browser.take_pictures import FOLDER, SIZES
from tests.support.governed import POLICY, make_policy, make_removal
from tests.support.site import session_cookie


@pytest.mark.browser
@pytest.mark.timeout(600)
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1360])
def test_every_page_of_removing_is_taken(browser: Browser, site: str, scheme: Any, width: int) -> None:
    application = make_policy("eu-west", "us-east", phase=Phase.INITIALIZED, gateways=("istio-system/public",))
    context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": SIZES[width]})
    context.add_cookies([session_cookie(site, "root", is_superuser=True)])
    page = context.new_page()
    FOLDER.mkdir(parents=True, exist_ok=True)

    def take(name: str) -> None:
        page.screenshot(path=FOLDER / f"removal-{name}-{scheme}-{width}.png", full_page=True)

    page.goto(f"{site}/applications/{application.pk}/policy/remove/?policy={POLICY}")
    take("dialog")
    removal = make_removal(application, reason="back to plain Deployments")
    now = time.time()
    parts = RemovalPart.objects.filter(removal=removal)
    said = ("revertOnDeletion is on.", "The policy has no rollout.")
    parts.filter(on_hub=True).update(done=[{"said": one, "at": now} for one in said], finished=True)
    ready = {"said": "revertOnDeletion and Flagger's finalizer are on the Canary.", "at": now}
    parts.filter(name="eu-west").update(done=[ready], sentence="Flagger brings the target back: 1 of 2 pods are ready.")
    parts.filter(name="us-east").update(
        done=[ready], attempts=2, sentence="us-east.example.test:6443 was asked to get canaries, but it did not answer."
    )
    page.goto(f"{site}/removals/{removal.pk}/")
    take("page")
    ended = {"state": RemovalState.FAILED, "sentence": "us-east: The Canary was deleted.", "ended_at": timezone.now()}
    Removal.objects.filter(pk=removal.pk).update(**ended)
    page.get_by_role("button", name="Stop").click()
    page.get_by_text("It has ended already").wait_for()
    take("ended")
    page.goto(f"{site}/applications/{application.pk}/")
    take("application")
    context.close()
