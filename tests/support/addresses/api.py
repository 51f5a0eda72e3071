"""The addresses of the API."""

from __future__ import annotations

from tests.support.addresses.rows import PAGE, Row

# A session is for looking; what changes anything wants a token (tests/api has a table of those).
API = Row("401 403 200 200 200 200", "405 405 405 405 405 405", "405 405 405 405 405 405")
API_ACT = Row("405 405 405 405 405 405", "401 401 401 401 401 401", "405 405 405 405 405 405")
API_TRAIL = Row("401 403 403 403 200 200", "405 405 405 405 405 405", "405 405 405 405 405 405")

OF_API: dict[str, tuple[str, Row]] = {
    "/api/": ("/api/", PAGE),
    "/api/v1/openapi.json": ("/api/v1/openapi.json", API),
    "/api/v1/clusters": ("/api/v1/clusters", API),
    "/api/v1/clusters/<int:id>": ("/api/v1/clusters/{cluster}", API),
    "/api/v1/rollouts": ("/api/v1/rollouts", API),
    "/api/v1/rollouts/<int:id>": ("/api/v1/rollouts/{rollout}", API),
    "/api/v1/applications": ("/api/v1/applications", API),
    "/api/v1/applications/<int:id>": ("/api/v1/applications/{application}", API),
    "/api/v1/releases": ("/api/v1/releases", API),
    "/api/v1/releases/<int:id>": ("/api/v1/releases/{release}", API),
    "/api/v1/releases/<int:id>/report": ("/api/v1/releases/{release}/report", API),
    "/api/v1/rollouts/<int:id>/preview": ("/api/v1/rollouts/{rollout}/preview", API_ACT),
    "/api/v1/rollouts/<int:id>/commands": (
        "/api/v1/rollouts/{rollout}/commands",
        Row(API.get, API_ACT.post, API_ACT.delete),
    ),
    "/api/v1/applications/<int:id>/preview": ("/api/v1/applications/{application}/preview", API_ACT),
    "/api/v1/applications/<int:id>/batches": (
        "/api/v1/applications/{application}/batches",
        Row(API.get, API_ACT.post, API_ACT.delete),
    ),
    "/api/v1/batches/<int:id>": ("/api/v1/batches/{batch}", API),
    "/api/v1/batches/<int:id>/stop": ("/api/v1/batches/{batch}/stop", API_ACT),
    "/api/v1/applications/<int:id>/policies": ("/api/v1/applications/{governed}/policies", API),
    "/api/v1/applications/<int:id>/policies/preview": ("/api/v1/applications/{governed}/policies/preview", API_ACT),
    "/api/v1/applications/<int:id>/policies/commands": (
        "/api/v1/applications/{governed}/policies/commands",
        Row(API.get, API_ACT.post, API_ACT.delete),
    ),
    "/api/v1/commands/<int:id>": ("/api/v1/commands/{command}", API),
    "/api/v1/commands/<int:id>/cancel": ("/api/v1/commands/{command}/cancel", API_ACT),
    "/api/v1/commands/<int:id>/reason": ("/api/v1/commands/{command}/reason", API_ACT),
    "/api/v1/applications/<int:id>/removals/preview": ("/api/v1/applications/{governed}/removals/preview", API_ACT),
    "/api/v1/applications/<int:id>/removals": (
        "/api/v1/applications/{governed}/removals",
        Row(API.get, API_ACT.post, API_ACT.delete),
    ),
    "/api/v1/rollouts/<int:id>/removals/preview": ("/api/v1/rollouts/{rollout}/removals/preview", API_ACT),
    "/api/v1/rollouts/<int:id>/removals": (
        "/api/v1/rollouts/{rollout}/removals",
        Row(API.get, API_ACT.post, API_ACT.delete),
    ),
    "/api/v1/removals/<int:id>": ("/api/v1/removals/{removal}", API),
    "/api/v1/removals/<int:id>/stop": ("/api/v1/removals/{removal}/stop", API_ACT),
    "/api/v1/applications/<int:id>/deletions": ("/api/v1/applications/{governed}/deletions", API_ACT),
    "/api/v1/application-changes": ("/api/v1/application-changes", API_ACT),
    "/api/v1/application-changes/<int:id>": ("/api/v1/application-changes/{change}", API),
    "/api/v1/application-changes/<int:id>/confirm": ("/api/v1/application-changes/{change}/confirm", API_ACT),
    "/api/v1/application-changes/<int:id>/look": ("/api/v1/application-changes/{change}/look", API_ACT),
    "/api/v1/application-changes/<int:id>/stop": ("/api/v1/application-changes/{change}/stop", API_ACT),
    "/api/v1/clusters/<int:id>/new-canaries/form": (
        "/api/v1/clusters/{cluster}/new-canaries/form?namespace=shop&workload=cart",
        Row("401 403 403 403 403 200", API.post, API.delete),
    ),
    "/api/v1/clusters/<int:id>/new-canaries": ("/api/v1/clusters/{cluster}/new-canaries", API_ACT),
    "/api/v1/new-canaries/<int:id>": ("/api/v1/new-canaries/{new_canary}", API),
    "/api/v1/new-canaries/<int:id>/confirm": ("/api/v1/new-canaries/{new_canary}/confirm", API_ACT),
    "/api/v1/new-canaries/<int:id>/look": ("/api/v1/new-canaries/{new_canary}/look", API_ACT),
    "/api/v1/new-canaries/<int:id>/stop": ("/api/v1/new-canaries/{new_canary}/stop", API_ACT),
    "/api/v1/audit": ("/api/v1/audit", API_TRAIL),
    r"/api/v1/^(?P<rest>[\s\S]*)$": ("/api/v1/nothing", Row(*["404 404 404 404 404 404"] * 3)),
}
