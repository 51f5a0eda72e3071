"""What must not be read by who reads the trail is not in it, wherever it was given."""

from __future__ import annotations

import json
from typing import Any

import pytest

from rollouts.domain.trail import Act
from rollouts.models import AuditEntry
from rollouts.services import audit
from rollouts.services.audit.content import LONGEST_PATCH, LONGEST_TEXT
from tests.support.trail import CART

pytestmark = pytest.mark.django_db
TOKEN = "bearer-of-this-may-do-all"
SIGNED = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJrdXJhdG9yIn0.c2lnbmVkLWJ5LXNvbWVib2R5"
KEY = "-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEA\n-----END RSA PRIVATE KEY-----"
PATCHES: dict[str, Any] = {
    "a field": {"spec": {"token": TOKEN}},
    "a field of many words": {"clientSecret": TOKEN, "api-key": TOKEN},
    "data of a Secret": {"kind": "Secret", "data": {"anything": TOKEN}, "stringData": {"other": TOKEN}},
    "data without its kind": {"data": {"anything": TOKEN}},
    "data that is text": {"data": TOKEN},
    "an environment variable": {"env": [{"name": "DB_PASSWORD", "value": TOKEN}]},
    "a JSON patch of a field": [{"op": "add", "path": "/spec/password", "value": TOKEN}],
    "a JSON patch of data": [{"op": "replace", "path": "/data/anything", "value": TOKEN}],
    "a JSON patch of all data": [{"op": "replace", "path": "/stringData", "value": {"anything": TOKEN}}],
    "a header": {"headers": ["Authorization: Bearer " + TOKEN]},
    "a signed token": {"note": f"use {SIGNED}".replace("c2ln", TOKEN)},
    "a private key": {"note": KEY.replace("MIIE", TOKEN)},
    "a login": {"url": f"https://me:{TOKEN}@prometheus.example.com/"},
    "deep below": {"a": [{"b": [{"c": {"password": TOKEN}}]}]},
}


def recorded(**given: Any) -> AuditEntry:
    audit.record(act=Act.CHANGE, subject=CART, **given)
    return AuditEntry.objects.get()


@pytest.mark.parametrize("patch", PATCHES.values(), ids=PATCHES)
def test_a_token_in_a_patch_is_not_kept(patch: Any) -> None:
    kept = recorded(patch=patch).patch
    assert TOKEN not in kept
    assert "(hidden)" in kept


@pytest.mark.parametrize("place", ["reason", "answer"])
@pytest.mark.parametrize("text", [f"Bearer {TOKEN}", f"--token={TOKEN}", KEY.replace("MIIE", TOKEN)])
def test_a_token_in_a_text_is_not_kept(place: str, text: str) -> None:
    entry = recorded(**{place: f"as said: {text}"})
    assert TOKEN not in getattr(entry, place)
    assert getattr(entry, place).startswith("as said: ")


def test_the_patch_that_was_given_stays_as_it_is() -> None:
    patch = {"data": {"anything": TOKEN}, "spec": {"token": TOKEN}}
    recorded(patch=patch)
    assert patch == {"data": {"anything": TOKEN}, "spec": {"token": TOKEN}}


def test_what_is_no_secret_is_kept() -> None:
    patch = {
        "spec": {"suspend": True, "analysis": {"threshold": 5, "stepWeight": 12.50}},
        "secretRef": {"name": "prom"},
    }
    assert json.loads(recorded(patch=patch).patch) == patch


def test_what_a_database_would_not_take_or_return_alike_is_made_fit() -> None:
    entry = recorded(reason="a\0b", answer="x" * (LONGEST_TEXT + 1), patch={"big": 1e22, "nul": "\0", "sum": 0.1 + 0.2})
    assert (entry.reason, len(entry.answer)) == ("ab", LONGEST_TEXT + 1)
    assert json.loads(entry.patch) == {"big": 1e22, "nul": "\0", "sum": 0.1 + 0.2}
    assert audit.verify().problems == []


def test_a_patch_without_end_is_kept_by_its_length() -> None:
    kept = json.loads(recorded(patch=["x" * 1000] * (LONGEST_PATCH // 1000)).patch)
    assert list(kept) == ["too long to keep"]
