"""The button, the dialog, the click and the page of a removal of a plain Canary."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from rollouts.domain.observations import Phase
from rollouts.models import Removal, RemovalPart, RemovalState, RequiredReason, Rollout
from tests.support.builders import make_cluster, make_rollout
from tests.support.canaries import made_by_kurator
from tests.web.dialogs import HTMX, fields, page

pytestmark = pytest.mark.django_db


@pytest.fixture
def one(asked: list[Any]) -> Rollout:
    return make_rollout(make_cluster("edge"))


def address(one: Rollout) -> str:
    return f"/rollouts/{one.pk}/remove/"


def click(client: Client, one: Rollout, html: str, **given: str) -> Any:
    return client.post(address(one), {**fields(html), "typed": "checkout", **given}, **HTMX)


def words(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def test_it_is_offered_to_who_may_edit_policies_and_to_nobody_else(
    editor: Client, one: Rollout, django_user_model: Any
) -> None:
    assert f'href="{address(one)}"' in page(editor, f"/rollouts/{one.pk}/")


def test_operators_are_not_offered_it(operator: Client, one: Rollout) -> None:
    assert address(one) not in page(operator, f"/rollouts/{one.pk}/")
    response = operator.get(address(one))
    assert response.status_code == 403
    assert "To remove a Canary needs the right to edit policies here" in response.content.decode()


def test_a_canary_of_kurator_has_no_such_button(editor: Client, one: Rollout) -> None:
    made_by_kurator(one)
    assert address(one) not in page(editor, f"/rollouts/{one.pk}/")
    assert "Kurator makes this Canary of a policy" in words(page(editor, address(one)))


def test_the_dialog_tells_the_order_and_what_is_written(editor: Client, one: Rollout) -> None:
    said = words(page(editor, address(one)))
    assert "Remove the Canary checkout?" in said
    assert "shop/checkout in edge" in said
    assert said.index("revertOnDeletion is switched on in the Canary") < said.index("The Canary is suspended, so that")
    assert "hub" not in said.partition("Remove the Canary")[2]
    assert "revertOnDeletion&quot;: true" in page(editor, address(one))


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        ({"phase": Phase.PROGRESSING, "iterations": 1}, "A release runs (Progressing)"),
        ({"phase": Phase.FAILED}, "The target has the version that failed"),
        ({"provider": "kuma"}, "With provider kuma"),
        ({"suspended": True}, "It is suspended."),
    ],
)
def test_what_would_leave_users_alone_is_refused(
    editor: Client, asked: list[Any], state: dict[str, Any], sentence: str
) -> None:
    html = page(editor, address(make_rollout(make_cluster("edge"), **state)))
    assert sentence in html
    assert 'name="digest"' not in html


def test_who_keeps_it_is_warned_of(editor: Client, one: Rollout) -> None:
    Rollout.objects.update(owner_kind="flux", owner_name="flux-system/shop")
    assert "Take it out of where it is kept first" in page(editor, address(one))


def test_the_click_leads_to_the_page_of_its_steps(editor: Client, one: Rollout) -> None:
    answer = click(editor, one, page(editor, address(one)), reason="no more releases")
    removal = Removal.objects.get()
    assert answer.headers["HX-Redirect"] == f"/removals/{removal.pk}/"
    assert (removal.rollout, removal.policy, removal.reason) == (one, "checkout", "no more releases")
    said = words(page(editor, f"/removals/{removal.pk}/"))
    assert "Removal of the Canary checkout" in said
    assert "revertOnDeletion is on in the Canary" in said
    assert "rollout is taken out of the policy" not in said
    assert "Removal of the Canary checkout" in words(page(editor, f"/rollouts/{one.pk}/"))


def test_the_name_has_to_be_typed_and_a_reason_given_where_one_is_required(editor: Client, one: Rollout) -> None:
    html = page(editor, address(one))
    assert click(editor, one, html, typed="chekout").status_code == 422
    RequiredReason.objects.create()
    assert click(editor, one, html).status_code == 422
    assert not Removal.objects.exists()


def test_what_has_changed_since_is_shown_first(editor: Client, one: Rollout) -> None:
    html = page(editor, address(one))
    Rollout.objects.update(owner_kind="helm", owner_name="shop")
    assert click(editor, one, html).status_code == 409
    assert not Removal.objects.exists()


def test_it_is_stopped_on_its_page_by_who_may_edit(editor: Client, operator: Client, one: Rollout) -> None:
    assert one.application is not None
    made = Removal.objects.create(
        application=one.application, policy=one.name, rollout=one, mark="m", person_name="ed", preview="p", uid="u",
        bound={"members": {str(one.cluster_id): []}, "policy": []}, requested_at=timezone.now(),
        expires_at=timezone.now(),
    )  # fmt: skip
    RemovalPart.objects.create(removal=made, cluster=one.cluster, name="edge", on_hub=False, next_at=timezone.now())
    assert operator.post(f"/removals/{made.pk}/").status_code == 403
    made.refresh_from_db()
    assert made.state == RemovalState.OPEN
