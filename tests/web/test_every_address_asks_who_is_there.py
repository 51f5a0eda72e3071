"""Every address of the program, everybody who may come, three methods: one table of what is answered.

An address that has no row here fails the suite. 302 is the way to a sign-in; how it ends there is below.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone

from rollouts.models import Grant, RequiredReason, Role, Transition
from tests.support.bare import make_bare
from tests.support.builders import (
    CHECKS,
    make_batch,
    make_cluster,
    make_command,
    make_event,
    make_release,
    make_rollout,
)
from tests.support.governed import make_policy, make_policy_batch, make_policy_command, make_removal
from tests.support.measured import make_measured
from tests.support.people import make_person, make_token
from tests.support.whole import make_change

pytestmark = pytest.mark.django_db


class Row(NamedTuple):
    """Statuses for: nobody signed in, no grant, viewer, operator, admin (each of everything), superuser."""

    get: str
    post: str
    delete: str


PAGE = Row("302 403 200 200 200 200", "302 405 405 405 405 405", "302 405 405 405 405 405")
OWN = Row("302 200 200 200 200 200", "302 405 405 405 405 405", "302 405 405 405 405 405")
LIVE_PART = Row("302 403 302 302 302 302", "302 405 405 405 405 405", "302 405 405 405 405 405")
AUDIT = Row("302 403 403 403 200 200", "302 405 405 405 405 405", "302 405 405 405 405 405")
NOT_REVIEWED = Row("302 404 404 404 404 404", "302 404 404 404 404 404", "302 405 405 405 405 405")
NOT_BEGUN = NOT_REVIEWED._replace(post=NOT_REVIEWED.delete)
DRAFT = "/applications/{governed}/policy/drafts/1/"
EDITORS = Row("302 403 403 403 403 200", "302 405 405 405 405 405", "302 405 405 405 405 405")  # no role includes it
EDIT = EDITORS._replace(post=EDITORS.get)
REMOVE = EDITORS._replace(post="302 403 403 403 403 409")
OWN_DRAFT = EDITORS._replace(get="302 403 403 403 403 404", post="302 403 403 403 403 404")
STOPPED = PAGE._replace(post="302 403 403 403 403 302")  # by a click of who may edit
ACT = Row("302 403 403 200 200 200", "302 403 403 409 409 409", "302 405 405 405 405 405")
COMMAND = ACT._replace(post="302 403 403 302 409 409")  # the first who may cancels it
REASON = Row("302 405 405 405 405 405", "302 403 403 422 422 422", "302 405 405 405 405 405")
FOR_ADMINS = Row("302 302 302 302 200 200", "302 302 302 302 200 200", "302 302 302 302 200 200")
READ_ONLY = Row("302 302 302 302 200 200", "302 302 302 302 403 403", "302 302 302 302 200 200")
NEVER = Row("302 302 302 302 403 403", "302 302 302 302 403 403", "302 302 302 302 403 403")
ACCOUNTS = Row("302 302 302 302 403 200", "302 302 302 302 403 200", "302 302 302 302 403 200")
TOOL = Row("302 302 302 302 200 200", "302 302 302 302 405 405", "302 302 302 302 405 405")
NOTHING = Row("302 302 302 302 404 404", "302 302 302 302 404 404", "302 302 302 302 404 404")
ELSEWHERE = Row("302 302 302 302 302 302", "302 302 302 302 302 302", "302 302 302 302 302 302")
# A session is for looking; what changes anything wants a token (tests/api has a table of those).
API = Row("401 403 200 200 200 200", "405 405 405 405 405 405", "405 405 405 405 405 405")
API_ACT = Row("405 405 405 405 405 405", "401 401 401 401 401 401", "405 405 405 405 405 405")
API_TRAIL = Row("401 403 403 403 200 200", "405 405 405 405 405 405", "405 405 405 405 405 405")

TABLE: dict[str, tuple[str, Row]] = {
    "/sign-in/": ("/sign-in/", Row("200 302 302 302 302 302", "200 302 302 302 302 302", "405 302 302 302 302 302")),
    "/sign-out/": ("/sign-out/", Row("302 405 405 405 405 405", "302 302 302 302 302 302", "302 405 405 405 405 405")),
    "/favicon.ico": ("/favicon.ico", ELSEWHERE),
    "/": ("/", PAGE),
    "/rollouts/<int:id>/": ("/rollouts/{rollout}/", PAGE),
    "/rollouts/<int:id>/charts/": ("/rollouts/{rollout}/charts/", LIVE_PART),
    "/rollouts/<int:id>/check.csv": ("/rollouts/{rollout}/check.csv?check=request-duration", PAGE),
    "/rollouts/<int:id>/steps.csv": ("/rollouts/{rollout}/steps.csv", PAGE),
    "/rollouts/<int:id>/object/<slug:kind>/<str:name>/": ("/rollouts/{rollout}/object/canaries/checkout/", PAGE),
    "/rollouts/<int:id>/acts/<slug:act>/": ("/rollouts/{rollout}/acts/pause/", ACT),
    "/rollouts/<int:id>/commands/<int:command>/": ("/rollouts/{rollout}/commands/{command}/", COMMAND),
    "/rollouts/<int:id>/commands/<int:command>/reason/": ("/rollouts/{rollout}/commands/{command}/reason/", REASON),
    "/rollouts/<int:id>/policy/edit/": ("/rollouts/{rollout}/policy/edit/", EDIT),
    "/rollouts/<int:id>/policy/drafts/<int:draft>/": ("/rollouts/{rollout}/policy/drafts/1/", OWN_DRAFT),
    "/rollouts/<int:id>/remove/": ("/rollouts/{rollout}/remove/", REMOVE),
    "/releases/<int:id>/": ("/releases/{release}/", PAGE),
    "/releases/<int:id>.json": ("/releases/{release}.json", PAGE),
    "/releases/<int:id>.csv": ("/releases/{release}.csv", PAGE),
    "/releases/<int:id>/transitions.csv": ("/releases/{release}/transitions.csv", PAGE),
    "/releases/<int:id>/compare/<int:other>/": ("/releases/{release}/compare/{other}/", PAGE),
    "/applications/<int:id>/": ("/applications/{application}/", PAGE),
    "/applications/set-up/": ("/applications/set-up/", PAGE),
    "/applications/<int:id>/policy/set-up/": ("/applications/{bare}/policy/set-up/?policy=cart-prod", EDITORS),
    "/applications/<int:id>/policy/edit/": ("/applications/{governed}/policy/edit/?policy=checkout-prod", EDIT),
    "/applications/<int:id>/policy/revisions/": (
        "/applications/{governed}/policy/revisions/?policy=checkout-prod",
        PAGE,
    ),
    "/applications/<int:id>/policy/copy/": ("/applications/{governed}/policy/copy/?policy=checkout-prod", EDITORS),
    "/applications/<int:id>/policy/drafts/<int:draft>/": ("/applications/{governed}/policy/drafts/1/", NOT_REVIEWED),
    "/applications/<int:id>/policy/drafts/<int:draft>/others/": (f"{DRAFT}others/", NOT_BEGUN),
    "/applications/<int:id>/policy/drafts/<int:draft>/all/": (f"{DRAFT}all/", NOT_REVIEWED),
    "/policies/changes/<int:batch>/": ("/policies/changes/{policy_batch}/", STOPPED),
    "/applications/<int:id>/policy/remove/": ("/applications/{governed}/policy/remove/?policy=checkout-prod", REMOVE),
    "/applications/new/": ("/applications/new/", EDIT._replace(post="302 403 403 403 403 422")),
    "/applications/<int:id>/delete/": (
        "/applications/{governed}/delete/",
        Row("302 405 405 405 405 405", "302 403 403 403 403 302", "302 405 405 405 405 405"),
    ),
    "/application-changes/<int:id>/": ("/application-changes/{change}/", STOPPED),
    "/removals/<int:id>/": ("/removals/{removal}/", STOPPED),
    "/applications/<int:id>/policy/<slug:act>/": ("/applications/{governed}/policy/pause/?policy=checkout-prod", ACT),
    "/applications/<int:id>/policy/commands/<int:command>/": (
        "/applications/{governed}/policy/commands/{policy_command}/",  # the first who may cancels it
        COMMAND,
    ),
    "/applications/<int:id>/policy/commands/<int:command>/reason/": (
        "/applications/{governed}/policy/commands/{policy_command}/reason/",  # nobody of these asked for it
        REASON,
    ),
    "/applications/<int:id>/acts/<slug:act>/": ("/applications/{application}/acts/pause/", ACT),
    "/applications/<int:id>/batches/<int:batch>/": (
        "/applications/{application}/batches/{batch}/",  # the first who may stops it
        Row("302 403 200 200 200 200", "302 403 403 302 409 409", "302 405 405 405 405 405"),
    ),
    "/applications/<int:id>/charts/": ("/applications/{application}/charts/", LIVE_PART),
    "/applications/<int:id>/steps.csv": ("/applications/{application}/steps.csv", PAGE),
    "/applications/<int:id>/check.csv": ("/applications/{application}/check.csv?check=request-duration", PAGE),
    "/causes/": ("/causes/", PAGE),
    "/history/": ("/history/", PAGE),
    "/history.csv": ("/history.csv", PAGE),
    "/clusters/": ("/clusters/", PAGE),
    "/tour/": ("/tour/", PAGE._replace(get="302 403 404 404 404 404")),  # it is of the demo alone
    "/clusters/<int:id>/readiness/": ("/clusters/{cluster}/readiness/", PAGE._replace(post=LIVE_PART.get)),
    "/audit/": ("/audit/", AUDIT),
    "/audit.csv": ("/audit.csv", AUDIT),
    "/audit.jsonl": ("/audit.jsonl", AUDIT),
    "/tokens/": ("/tokens/", Row("302 403 200 200 200 200", "302 403 422 422 422 422", "302 405 405 405 405 405")),
    "/password/": ("/password/", Row("302 200 200 200 200 200", "302 422 422 422 422 422", OWN.delete)),
    "/password/changed/": ("/password/changed/", OWN),
    "/tokens/<int:id>/revoke/": (  # somebody else's
        "/tokens/{token}/revoke/",
        Row("302 405 405 405 405 405", "302 403 404 404 404 404", "302 405 405 405 405 405"),
    ),
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
    "/api/v1/audit": ("/api/v1/audit", API_TRAIL),
    r"/api/v1/^(?P<rest>[\s\S]*)$": ("/api/v1/nothing", Row(*["404 404 404 404 404 404"] * 3)),
    "/admin/": ("/admin/", FOR_ADMINS),
    "/admin/login/": (
        "/admin/login/",
        Row("302 403 403 403 302 302", "302 403 403 403 302 302", "302 403 403 403 302 302"),
    ),
    "/admin/logout/": (
        "/admin/logout/",
        Row("302 302 302 302 405 405", "302 302 302 302 302 302", "302 302 302 302 405 405"),
    ),
    "/admin/password_change/": (
        "/admin/password_change/",
        Row(*["302 302 302 302 302 302"] * 3),
    ),
    "/admin/password_change/done/": ("/admin/password_change/done/", Row(*["302 302 302 302 302 302"] * 3)),
    "/admin/autocomplete/": (
        "/admin/autocomplete/?app_label=rollouts&model_name=grant&field_name=application&term=",
        TOOL,
    ),
    "/admin/jsi18n/": ("/admin/jsi18n/", TOOL),
    "/admin/r/<path:content_type_id>/<path:object_id>/": ("/admin/r/1/1/", NOTHING),
    "/admin/^(?P<app_label>auth|rollouts)/$": ("/admin/rollouts/", FOR_ADMINS),
    "/admin/(?P<url>.*)$": ("/admin/nothing/", NOTHING),
    "/admin/auth/user/<id>/password/": ("/admin/auth/user/{user}/password/", ACCOUNTS),
}
# Of a required reason an empty form says: of anybody, for any act. The first adds that, the second may not again.
ADDED_ONCE = FOR_ADMINS._replace(post="302 302 302 302 302 200")
SAVED = FOR_ADMINS._replace(post=ELSEWHERE.post)
CHANGED, OBSERVED, DJANGOS = (FOR_ADMINS,) * 3, (NEVER, READ_ONLY, NEVER), (ACCOUNTS,) * 3
for model, first, (adding, changing, deleting) in (
    ("auth/group", ACCOUNTS, DJANGOS),
    ("auth/user", ACCOUNTS, DJANGOS),
    ("rollouts/cluster", FOR_ADMINS, CHANGED),
    ("rollouts/grant", FOR_ADMINS, CHANGED),
    ("rollouts/requiredreason", FOR_ADMINS, (ADDED_ONCE, SAVED, FOR_ADMINS)),
    ("rollouts/token", FOR_ADMINS, (NEVER, READ_ONLY, FOR_ADMINS)),
    ("rollouts/application", FOR_ADMINS, OBSERVED),
    ("rollouts/rollout", FOR_ADMINS, OBSERVED),
    ("rollouts/release", FOR_ADMINS, OBSERVED),
    ("rollouts/transition", FOR_ADMINS, OBSERVED),
    ("rollouts/eventseen", FOR_ADMINS, OBSERVED),
):
    one = f"/admin/{model}/{{{model.partition('/')[2]}}}"
    TABLE |= {
        f"/admin/{model}/": (f"/admin/{model}/", first),
        f"/admin/{model}/add/": (f"/admin/{model}/add/", adding),
        f"/admin/{model}/<path:object_id>/change/": (f"{one}/change/", changing),
        f"/admin/{model}/<path:object_id>/delete/": (f"{one}/delete/", deleting),
        f"/admin/{model}/<path:object_id>/history/": (f"{one}/history/", first),
        f"/admin/{model}/<path:object_id>/": (f"{one}/", ELSEWHERE),
    }


def patterns(resolver: URLResolver, prefix: str = "/") -> Iterator[str]:
    for one in resolver.url_patterns:
        if isinstance(one, URLPattern):
            yield f"{prefix}{one.pattern}"
        else:
            yield from patterns(one, f"{prefix}{one.pattern}")


def test_every_address_has_a_row() -> None:
    assert set(patterns(get_resolver())) == set(TABLE)


@pytest.fixture
def known() -> dict[str, int | None]:
    rollout = make_rollout(make_cluster(), checks=CHECKS)
    release = make_measured(rollout)
    somebody = make_person("somebody")
    token = make_token(somebody).token
    group = Group.objects.create(name="team")
    governed, bare = make_policy("governed"), make_bare("bare")
    return {
        "governed": governed.pk,
        "removal": make_removal(governed).pk,
        "bare": bare.pk,
        "change": make_change(bare, somebody, state="open", asked_at=timezone.now()).pk,
        "policy_command": make_policy_command(governed, state="requested").pk,
        "policy_batch": make_policy_batch(governed).pk,
        "rollout": rollout.pk,
        "application": rollout.application_id,
        "cluster": rollout.cluster_id,
        "release": release.pk,
        "other": make_release(rollout, 2).pk,
        "command": make_command(rollout, state="requested").pk,
        "batch": make_batch([rollout], act="retry").pk,
        "transition": Transition.objects.latest("pk").pk,
        "eventseen": make_event(rollout, "New revision").pk,
        "group": group.pk,
        "user": somebody.pk,
        "token": token.pk,
        "requiredreason": RequiredReason.objects.create(act="retry").pk,
        "grant": Grant.objects.create(group=group, covers="everything").pk,
    }


@pytest.fixture
def people() -> list[User | None]:
    roles = (Role.VIEWER, Role.OPERATOR, Role.ADMIN)
    granted = [make_person(role.value, role) for role in roles]
    return [None, make_person("nobody"), *granted, User.objects.create_superuser("superuser")]


@pytest.mark.parametrize("pattern", TABLE)
def test_an_address_answers_each_person_and_method_as_the_table_says(
    pattern: str, known: dict[str, int | None], people: list[User | None]
) -> None:
    address, row = TABLE[pattern]
    found = {method: " ".join(status(one, method, address.format(**known)) for one in people) for method in row._fields}
    assert found == row._asdict()


def status(person: User | None, method: str, address: str) -> str:
    client = Client()
    if person is not None:
        client.force_login(person)
    return str(getattr(client, method)(address).status_code)
