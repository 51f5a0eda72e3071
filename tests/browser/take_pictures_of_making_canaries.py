"""Takes pictures of making a plain Canary, as `take_pictures.py` does of the other pages."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from playwright.sync_api import Browser

from rollouts.domain.policies.offering import LeadingService
from tests.browser.take_pictures import FOLDER, SIZES
from tests.support.bare import make_inventory
from tests.support.builders import make_cluster
from tests.support.new_canaries import CART, make_new_canary
from tests.support.site import session_cookie


@pytest.mark.browser
@pytest.mark.timeout(600)
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1360])
def test_every_page_of_making_a_canary_is_taken(browser: Browser, site: str, scheme: Any, width: int) -> None:
    cluster = make_cluster("edge-1", mesh_provider="istio", flagger_version="1.44.0")
    front = (LeadingService("front", (80, 8443), {"80": "http"}),)
    basket = replace(CART, name="basket", service=False, leading=front, autoscaler="basket", kustomization="flux/apps")
    make_inventory("edge-1", CART, basket, replace(CART, name="mailer", service=False, leading=()))
    context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": SIZES[width]})
    context.add_cookies([session_cookie(site, "root", is_superuser=True)])
    page = context.new_page()
    FOLDER.mkdir(parents=True, exist_ok=True)

    def take(name: str, path: str) -> None:
        page.goto(f"{site}/{path}")
        page.screenshot(path=FOLDER / f"new-canary-{name}-{scheme}-{width}.png", full_page=True)

    root = User.objects.get(username="root")
    looked = make_new_canary(cluster, root)
    refused = make_new_canary(cluster, root, seen={"refused": "Canary cart governs it already.", "pods": 3})
    now = timezone.now()
    said = "Flagger has not made blue yet."
    running = make_new_canary(cluster, root, state="open", asked_at=now, written_at=now, arrived_at=now, sentence=said)
    take("clusters", "clusters/")
    take("any", "applications/set-up/")
    take("choices", f"clusters/{cluster.pk}/canaries/choose/")
    take("form", f"clusters/{cluster.pk}/canaries/new/?namespace=shop&workload=basket&service=front&port=80")
    take("review", f"new-canaries/{looked.pk}/")
    take("refused", f"new-canaries/{refused.pk}/")
    take("running", f"new-canaries/{running.pk}/")
    context.close()
