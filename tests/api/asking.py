"""Requests of the API, and what they answer."""

from __future__ import annotations

from typing import Any

from django.test import Client

API = "/api/v1"


def get(client: Client, address: str, status: int = 200, **query: Any) -> Any:
    response = client.get(f"{API}{address}", query)
    assert response.status_code == status, response.content
    return response.json()


def every(client: Client, address: str, **query: Any) -> list[Any]:
    """All pieces of a list."""
    found: list[Any] = []
    cursor: int | None = 0
    while cursor is not None:
        piece = get(client, address, **query, **({"cursor": cursor} if cursor else {}))
        found += piece["items"]
        cursor = piece["next"]
    return found


def names(found: Any) -> list[str]:
    return [one["name"] for one in found["items"]]


def bearer(secret: str) -> Client:
    """A program with this token."""
    return Client(headers={"Authorization": f"Bearer {secret}"})


def post(client: Client, address: str, status: int = 200, **given: Any) -> Any:
    response = client.post(f"{API}{address}", given, content_type="application/json")
    assert response.status_code == status, response.content
    return response.json()
