"""The API for people: every address with what it takes, and where programs find the same."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from rollouts import access
from rollouts.api.people import NOTHING_YET
from rollouts.api.site import document


@dataclass(frozen=True, slots=True)
class Operation:
    """`takes` are names of parameters, or of what stands in the body."""

    method: str
    path: str
    title: str
    said: str
    takes: tuple[str, ...]


@require_safe
def api_page(request: HttpRequest) -> HttpResponse:
    if not access.may_enter(request.user):
        raise PermissionDenied(f"{NOTHING_YET} {access.whom_to_ask()}")
    response = render(request, "rollouts/api.html", {"operations": tuple(_operations()), "section": "api"})
    response.headers["Cache-Control"] = "private, no-cache"
    return response


def _operations() -> Iterator[Operation]:
    schemas = document()["components"]["schemas"]
    for path, methods in document()["paths"].items():
        for method, said in methods.items():
            takes = [one["name"] for one in said.get("parameters", ()) if one["in"] == "query"]
            body = said.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
            if name := body.get("$ref", "").rpartition("/")[2]:
                takes += schemas[name]["properties"]
            yield Operation(method.upper(), path, said["summary"], said.get("description", ""), tuple(takes))
