"""The page of one's own tokens."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from django.utils.html import escape

from rollouts.models import AuditEntry, Role, Token
from rollouts.services import tokens
from tests.support.people import make_person, make_token

pytestmark = pytest.mark.django_db
GIVEN = {"name": "deploy job", "scope": "read", "days": "30"}


def secret_in(html: str) -> str:
    return html.partition('readonly value="')[2].partition('"')[0]


def test_one_is_shown_once_and_kept_nowhere(visitor: Client) -> None:
    response = visitor.post("/tokens/", GIVEN)
    secret = secret_in(response.content.decode())
    assert (response.status_code, secret[:4], len(secret) > 40) == (201, "kui_", True)
    assert response.headers["Cache-Control"] == "no-store"
    html = visitor.get("/tokens/").content.decode()
    assert "deploy job" in html
    assert secret not in html
    assert secret not in repr(Token.objects.values()) + repr(AuditEntry.objects.values())
    found = tokens.use(secret=secret, now=timezone.now())
    assert found is not None
    assert (found.person.username, found.scope) == ("viewer", "read")
    assert found.expires_at - found.made_at == timedelta(days=30)


def test_making_and_revoking_is_in_the_trail(visitor: Client) -> None:
    visitor.post("/tokens/", GIVEN)
    token = Token.objects.get()
    assert visitor.post(f"/tokens/{token.pk}/revoke/").status_code == 302
    assert not Token.objects.exists()
    entries = AuditEntry.objects.filter(kind="token").values_list("person", "act", "name")
    assert list(entries) == [("viewer", "add", "deploy job"), ("viewer", "remove", "deploy job")]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"name": " \0 "}, "Give it a name"),
        ({"name": "x" * 81}, "Give it a name"),
        ({"scope": "admin"}, "A token may read or operate."),
        ({"days": "366"}, "A token lasts from 1 to 365 days."),
        ({"days": "²"}, "A token lasts from 1 to 365 days."),
        ({"days": ""}, "A token lasts from 1 to 365 days."),
    ],
)
def test_what_cannot_be_is_refused_with_a_sentence(visitor: Client, changed: dict[str, Any], said: str) -> None:
    response = visitor.post("/tokens/", {**GIVEN, **changed})
    assert response.status_code == 422
    assert said in response.content.decode()
    assert not Token.objects.exists()


def test_sent_twice_it_is_one(visitor: Client) -> None:
    visitor.post("/tokens/", GIVEN)
    again = visitor.post("/tokens/", GIVEN)
    assert again.status_code == 422
    assert escape("You have a token called 'deploy job' already.") in again.content.decode()
    assert Token.objects.count() == 1


def test_nobody_has_more_than_fifty(visitor: Client) -> None:
    for number in range(tokens.MOST_TOKENS):
        assert visitor.post("/tokens/", {**GIVEN, "name": f"job {number}"}).status_code == 201
    response = visitor.post("/tokens/", GIVEN)
    assert "You have 50 tokens already." in response.content.decode()


def test_those_of_others_are_neither_shown_nor_revoked(visitor: Client) -> None:
    other = make_token(make_person("zoe", Role.ADMIN), name="secret job").token
    assert "secret job" not in visitor.get("/tokens/").content.decode()
    assert visitor.post(f"/tokens/{other.pk}/revoke/").status_code == 404
    assert Token.objects.count() == 1


def test_a_name_is_text_and_no_markup(visitor: Client) -> None:
    visitor.post("/tokens/", {**GIVEN, "name": "<b>job</b>"})
    html = visitor.get("/tokens/").content.decode()
    assert "<b>job" not in html
    assert "&lt;b&gt;job" in html


def test_the_page_of_the_api_lists_every_address(visitor: Client) -> None:
    html = visitor.get("/api/").content.decode()
    for address in ("/api/v1/rollouts", "/api/v1/releases/{id}/report", "/api/v1/audit"):
        assert f"<code>{address}</code>" in html
    assert "application_id" in html
