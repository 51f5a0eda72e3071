"""All operations together, and the document that describes them."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from ninja import NinjaAPI

from rollouts.api import (
    application_changes,
    audit,
    batches,
    commands,
    errors,
    fleet,
    new_canaries,
    policies,
    releases,
    removals,
)
from rollouts.api.people import authenticate

PREFIX = "/api/v1/"
api = NinjaAPI(
    title="kurator-ui",
    version="1",
    description="What the pages show and do, as JSON. Send a token: `Authorization: Bearer kui_…`.",
    auth=authenticate,
    docs_url=None,
    openapi_url=None,
    urls_namespace="api",
)
errors.teach(api)
for part in (fleet, releases, commands, batches, policies, removals, application_changes, new_canaries, audit):
    api.add_router("", part.router)


@api.get("/openapi.json", include_in_schema=False, url_name="openapi")
def show_document(request: HttpRequest) -> HttpResponse:
    return JsonResponse(document())


@cache
def document() -> dict[str, Any]:
    """As OpenAPI; the same as long as the program runs."""
    said: dict[str, Any] = api.get_openapi_schema(path_prefix=PREFIX)
    said["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    for operations in said["paths"].values():
        for operation in operations.values():
            operation["summary"] = operation["summary"].capitalize()
            operation["security"] = [{"token": []}]
    return said
