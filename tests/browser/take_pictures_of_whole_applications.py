"""Takes pictures of making and deleting Applications, as `take_pictures.py` does of other pages."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from playwright.sync_api import Browser

from rollouts.domain.whole.deleting import Deletion, Going, Trap, TrapKind
from rollouts.models import ApplicationChange, ChangeState
from tests.browser.take_pictures import FOLDER, SIZES
from tests.support.bare import make_bare
from tests.support.site import session_cookie
from tests.support.whole import make_change, make_creation

PRUNED = "Flux deletes what it has applied (prune is on)."
GOING = (
    Going("cart-prod", "eu-west", True, ("Deployment shop/cart", "Service shop/cart", "Namespace shop"), PRUNED),
    Going("cart-prod", "us-east", True, tuple(f"ConfigMap shop/settings-{number}" for number in range(20)), PRUNED),
    Going("cart-jobs", "eu-west", True, None, "Flux uninstalls the release: what its chart has made goes."),
)
WARNINGS = (
    "Namespace shop goes, with everything that is in it, also what others have put there: in eu-west.",
    "Whoever uses these workloads is served by nobody from then on. Nothing of it comes back from here.",
)
TRAPS = (
    Trap(
        TrapKind.ROLLOUT,
        "Policy cart-prod still has a rollout in eu-west and us-east. Kurator deletes its Canaries and waits for no"
        " Flagger: blue goes while the target has no replicas, and nobody serves users.",
        "Remove the rollout first, step by step.",
        "cart-prod",
    ),
    Trap(TrapKind.AWAY, "Nothing new is heard of us-east: not reachable.", "Wait until it answers again.", "us-east"),
)


@pytest.mark.browser
@pytest.mark.timeout(600)
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1360])
def test_every_page_of_whole_applications_is_taken(browser: Browser, site: str, scheme: Any, width: int) -> None:
    application = make_bare("eu-west", "us-east", owner_kind="flux", owner_name="apps")
    assert application.hub is not None
    context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": SIZES[width]})
    context.add_cookies([session_cookie(site, "root", is_superuser=True)])
    root, page = User.objects.get(username="root"), context.new_page()
    FOLDER.mkdir(parents=True, exist_ok=True)

    def take(name: str, path: str = "") -> None:
        if path:
            page.goto(f"{site}/{path}")
        page.screenshot(path=FOLDER / f"whole-{name}-{scheme}-{width}.png", full_page=True)

    take("application", f"applications/{application.pk}/")
    take("trapped", f"application-changes/{make_change(application, root, Deletion(TRAPS, GOING[:1], ())).pk}/")
    change = make_change(application, root, Deletion((), GOING, WARNINGS))
    take("goes", f"application-changes/{change.pk}/")
    page.get_by_role("button", name="Delete").click()
    take("unconfirmed")
    now = timezone.now()
    ApplicationChange.objects.filter(pk=change.pk).update(
        state=ChangeState.OPEN, asked_at=now, written_at=now, reason="no longer sold",
        sentence="Kurator clears up; the hub waits for apps.kurator.dev.",
    )  # fmt: skip
    take("going", f"application-changes/{change.pk}/")
    left = {"1": {"name": "eu-west", "said": "Left: Deployment shop/cart.", "over": False}}
    left["2"] = {"name": "us-east", "said": "No workload of it is left.", "over": True}
    ended = "The Application is deleted. eu-west: Left: Deployment shop/cart."
    ApplicationChange.objects.filter(pk=change.pk).update(
        state=ChangeState.DONE, arrived_at=now, ended_at=now, left=left, sentence=ended
    )
    take("deleted", f"application-changes/{change.pk}/")
    take("clusters", "clusters/")
    take("form", "applications/new/")
    page.get_by_label("Name", exact=True).fill("Cards")
    page.get_by_role("button", name="See what is created").click()
    take("wrong")
    creation = make_creation(application.hub, root)
    take("review", f"application-changes/{creation.pk}/")
    ApplicationChange.objects.filter(pk=creation.pk).update(
        state=ChangeState.DONE, asked_at=now, written_at=now, arrived_at=now, ended_at=now, name=application.name,
        sentence="Kurator has taken it for its clusters.",
    )  # fmt: skip
    take("made", f"application-changes/{creation.pk}/")
    context.close()
