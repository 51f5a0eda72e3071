"""Takes a picture of every page, light and dark, narrow and wide, to be looked at: `pytest
tests/browser/take_pictures.py`.

Not collected with the tests. The pictures go into `.state/pictures/`, which is ignored.
"""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, expect

from rollouts.domain.observations import Check, Phase
from rollouts.models import ObjectCopy, Rollout
from tests.support.builders import CHECKS, make_cluster, make_rollout, make_transition
from tests.support.gallery import make_fleet, make_wide_application
from tests.support.measured import make_measured, make_measured_application
from tests.support.objects import canary
from tests.support.site import session_cookie

FOLDER = Path(".state/pictures")
SIZES = {390: 844, 1360: 900, 2560: 1400}


@pytest.mark.browser
@pytest.mark.timeout(600)
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", SIZES)
def test_every_page_is_taken(browser: Browser, site: str, scheme: str, width: int) -> None:
    empty = {"empty": "/", "empty-clusters": "/clusters/"}
    _take(browser, site, scheme, width, empty)
    made, wide = make_fleet(), make_wide_application()
    special = (
        "running",
        "last-chance",
        "failed",
        "stuck",
        "green",
        "canary",
        "ab",
        "waiting-eu-west-1",
        "long",
        "waiting-ap-south-1",
        "suspended",
    )
    addresses = {
        "fleet": "/",
        "applications": "/?view=applications",
        "filtered": "/?q=check&namespace=shop-prod&cluster=eu-west-1",
        "nothing": "/?q=no-such-rollout",
        **{f"rollout-{name}": f"/rollouts/{made[name].pk}/" for name in special},
        "release": f"/rollouts/{made['running'].pk}/?release=1",
        **_reports(made["running"]),
        "object": f"/rollouts/{made['running'].pk}/object/canaries/checkout/",
        "application": f"/applications/{made['running'].application_id}/",
        "application-wide": f"/applications/{wide.pk}/",
        "clusters": "/clusters/",
        "history": "/history/",
        "causes": "/causes/",
        "missing": "/no-such-page",
    }
    _take(browser, site, scheme, width, addresses)
    _take(browser, site, scheme, width, _measured() | _read(made["running"]))


@pytest.mark.browser
@pytest.mark.timeout(600)
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1360])
def test_every_chart_is_taken(browser: Browser, site: str, scheme: Any, width: int) -> None:
    """Each by itself, in the size in which it is seen."""
    make_fleet()
    application = make_measured_application(7)
    addresses = {
        **_measured(),
        "busy": f"/rollouts/{_busy().pk}/",
        "application-start": f"/applications/{application.pk}/",
        "application-clock": f"/applications/{application.pk}/?align=clock&check=request-duration",
        "history": "/history/",
        "history-year": "/history/?days=365",
    }
    context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": SIZES[width]})
    context.add_cookies([session_cookie(site)])
    page = context.new_page()
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, address in addresses.items():
        page.goto(site + address)
        expect(page.locator("h1")).to_be_visible()
        for place, chart in enumerate(page.locator(".chart").all()):
            for box in chart.locator(".plot-box").all():
                box.scroll_into_view_if_needed()
                expect(box.locator(".main-svg").first).to_be_visible(timeout=20_000)
            chart.screenshot(path=FOLDER / f"chart-{name}-{place}-{scheme}-{width}.png")
    context.close()


def _busy() -> Rollout:
    """Checks with two limits, without a limit and without values, and a release that fails again and again."""
    checks = (
        Check("request-success-rate", 30, minimum=99),
        Check("queue-depth", 30, minimum=10, maximum=150),
        Check("orders", 30),
        Check("request-duration", 30, maximum=500),
    )
    rollout = make_rollout(make_cluster("busy"), phase=Phase.PROGRESSING, checks=checks, iterations=3)
    release = make_measured(rollout, steps=6, checks=checks[:3], dip=4)
    begin = release.started_at
    for place in range(40):
        at = begin + timedelta(minutes=5, seconds=10 * place)
        make_transition(rollout, 7 + place, at=at, phase="Progressing", iterations=3, failed_checks=2 + place)
    return rollout


def _measured() -> dict[str, str]:
    """Releases with charts."""
    running = make_rollout(make_cluster("measured"), phase=Phase.PROGRESSING, checks=CHECKS, iterations=3)
    before = make_measured(running, begin=timezone.now() - timedelta(hours=2))
    present = make_measured(running, number=2, steps=5)
    return {
        "rollout-measured": f"/rollouts/{running.pk}/",
        "rollout-day": f"/rollouts/{running.pk}/?range=24h",
        "report": f"/releases/{before.pk}/",
        "report-running": f"/releases/{present.pk}/",
        "comparison": f"/releases/{before.pk}/compare/{present.pk}/",
    }


def _read(rollout: Rollout) -> dict[str, str]:
    now = timezone.now()
    text = json.dumps(canary(rollout.namespace, rollout.name), indent=2)
    ObjectCopy.objects.update_or_create(
        rollout=rollout, kind="canaries", name=rollout.name,
        defaults={"requested_at": now, "fetched_at": now, "text": text},
    )  # fmt: skip
    return {"object-read": f"/rollouts/{rollout.pk}/object/canaries/{rollout.name}/"}


def _reports(rollout: Rollout) -> dict[str, str]:
    earlier, later = rollout.releases.order_by("number").values_list("pk", flat=True)
    return {"report": f"/releases/{later}/", "comparison": f"/releases/{later}/compare/{earlier}/"}


def _take(browser: Browser, site: str, scheme: str, width: int, addresses: dict[str, str]) -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    context = browser.new_context(
        color_scheme="dark" if scheme == "dark" else "light", viewport={"width": width, "height": SIZES[width]}
    )
    page = context.new_page()
    page.goto(site + "/sign-in/")
    page.screenshot(path=FOLDER / f"sign-in-{scheme}-{width}.png")
    context.add_cookies([session_cookie(site)])
    for name, address in addresses.items():
        page.goto(site + address)
        expect(page.locator("h1")).to_be_visible()
        for chart in page.locator(".plot-box").all():
            chart.scroll_into_view_if_needed()  # they are drawn only then
            expect(chart.locator(".main-svg").first).to_be_visible(timeout=20_000)
        page.evaluate("() => window.scrollTo(0, 0)")
        page.screenshot(path=FOLDER / f"{name}-{scheme}-{width}.png", full_page=True)
    context.close()
