from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from rollouts.models import Role
from tests.api.asking import API, bearer, get
from tests.support.people import make_person, make_token

pytestmark = pytest.mark.django_db


def error(client: Client, method: str, address: str) -> tuple[int, dict[str, Any]]:
    response = getattr(client, method)(f"{API}{address}")
    assert response.headers["Content-Type"] == "application/json"
    assert response.headers["Cache-Control"] == "private, no-store"
    (said,) = response.json().values()
    assert set(said) >= {"code", "message"}
    return response.status_code, said


def test_who_is_not_signed_in_is_told_how_to_come_in(client: Client) -> None:
    status, said = error(client, "get", "/rollouts")
    assert (status, said["code"]) == (401, "unauthenticated")
    assert client.get(f"{API}/rollouts").headers["WWW-Authenticate"] == "Bearer"


def test_who_was_granted_nothing_is_told_whom_to_ask(client: Client) -> None:
    client.force_login(make_person("nobody"))
    status, said = error(client, "get", "/rollouts")
    assert (status, said["code"]) == (403, "forbidden")
    assert "Ask somebody who administers this dashboard." in said["message"]


def test_an_address_that_is_not_there(client: Client) -> None:
    assert error(client, "get", "/nothing")[0] == 404
    assert error(client, "post", "/rollouts/%0A1/commands")[0] == 404
    assert error(client, "get", "/")[0] == 404


def test_a_method_that_is_not_there_names_those_that_are(visitor: Client) -> None:
    status, said = error(visitor, "delete", "/rollouts")
    assert (status, said["code"]) == (405, "method-not-allowed")
    assert visitor.delete(f"{API}/rollouts").headers["Allow"] == "GET"


def test_what_breaks_here_is_told_without_its_insides(visitor: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(*args: Any) -> None:
        raise RuntimeError("password: hunter2")

    monkeypatch.setattr("rollouts.queries.cluster_rows.visible", breaks)
    status, said = error(visitor, "get", "/clusters")
    assert (status, said) == (500, {"code": "internal", "message": "Something went wrong here. It has been logged."})


def test_more_than_is_read_at_once(client: Client) -> None:
    root = make_person("root", is_superuser=True)
    program = bearer(make_token(root, "operate").secret)
    fields = {f"hooks-{number}-url": "x" * 8000 for number in range(400)}
    given = {"namespace": "shop", "workload": "cart", "fields": fields}
    response = program.post(f"{API}/clusters/1/new-canaries", given, content_type="application/json")
    assert (response.status_code, response.json()["error"]["code"]) == (413, "too-large")


class TestTheTrail:
    def test_is_for_who_administers_everything(self, visitor: Client) -> None:
        status, said = error(visitor, "get", "/audit")
        assert (status, said["code"]) == (403, "forbidden")

    def test_comes_in_pieces_the_newest_first(self, client: Client) -> None:
        client.force_login(make_person("admin", Role.ADMIN))
        make_person("zoe")
        first = get(client, "/audit", kind="person", limit=1)
        assert [one["name"] for one in first["items"]] == ["zoe"]
        assert first["items"][0]["patch"]["username"] == "zoe"
        rest = get(client, "/audit", kind="person", cursor=first["next"])
        assert ([one["name"] for one in rest["items"]], rest["next"]) == (["admin"], None)
