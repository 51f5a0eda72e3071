"""Every field of a policy is changed through the form, in a browser, and arrives on a real hub and on all real members.
What the hub's definition of the kind does not have is not asked for.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from rollouts.domain.policies.fields import PLACED, PLACED_IN_METRIC
from rollouts.domain.policies.known import Known
from tests.cluster.as_kurator import TEMPLATES, completed
from tests.cluster.editing import apply, choose, fill, observed
from tests.cluster.fleeting import APPLICATION, FLEETING, POLICY, PORT, address_of, create, delete, find, let_go, made
from tests.cluster.laboratory import CANARIES, NAMESPACE, Member, wait_for
from tests.cluster.program import Program
from tests.support.rows_of_fields import (
    CANARY,
    HUB,
    ISTIO,
    KUMA,
    METRIC,
    NGINX,
    TEMPLATE,
    Row,
    another_workload,
    at,
    start,
)

DEFINITION = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/applications.apps.kurator.dev"
COOKIES = (
    "/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties/syncPolicies/items/properties/rollout"
    "/properties/rolloutPolicy/properties/trafficAnalysis/properties/sessionAffinity"
)
ELSEWHERE, AGENT, AGENTS_PORT = "edge", "agent", 9999
OTHER = another_workload("DaemonSet", AGENT, ELSEWHERE, AGENTS_PORT)
SECONDS = 60
AGENTS = f"/apis/flagger.app/v1beta1/namespaces/{ELSEWHERE}/canaries"


@pytest.fixture
def hub(hub_kubeconfig: Path, members: list[Member]) -> Iterator[Member]:
    """With a policy that says of each field something else than its row."""
    hub = Member.of(hub_kubeconfig)
    with made(hub, members, start(FLEETING, NAMESPACE, PORT)), other_workload(members):
        for member in members:
            wait_for(lambda member=member: find(member, f"{CANARIES}/{FLEETING}"), 45, "its Canary")  # type: ignore[misc]
        with completed(hub, APPLICATION, members):
            yield hub
        for member in members:
            delete(member, f"{TEMPLATES.format(NAMESPACE)}/{METRIC}")


@contextmanager
def other_workload(members: list[Member]) -> Iterator[None]:
    """In a namespace of its own."""
    meta, labels = {"name": AGENT, "namespace": ELSEWHERE}, {"app": AGENT}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": AGENT, "image": "agent:1"}]}}
    agents = {"selector": {"matchLabels": labels}, "template": template}
    service = {"selector": labels, "ports": [{"port": AGENTS_PORT}]}
    inside = f"namespaces/{ELSEWHERE}"
    try:
        for one in members:
            if find(one, f"/api/v1/{inside}") is None:
                space = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": ELSEWHERE}}
                one.call("POST", "/api/v1/namespaces", space).close()
            head = {"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": meta}
            create(one, f"/apis/apps/v1/{inside}/daemonsets", head, agents)
            create(
                one, f"/api/v1/{inside}/services", {"apiVersion": "v1", "kind": "Service", "metadata": meta}, service
            )
        yield
    finally:
        for one in members:
            let_go(one, f"{AGENTS}/{AGENT}")
            delete(one, f"{TEMPLATES.format(ELSEWHERE)}/{METRIC}")
            delete(one, f"/apis/apps/v1/{inside}/daemonsets/{AGENT}")
            delete(one, f"/api/v1/{inside}/services/{AGENT}")


def test_each_arrives_on_all_members(program: Program, hub: Member, members: list[Member], page: Page) -> None:
    """In four turns, since some exclude one another."""
    address = address_of(program)

    def turn(reason: str, rows: Mapping[str, Row], **chosen: tuple[str, str]) -> None:
        page.goto(address)
        page.get_by_role("link", name=f"Edit policy {POLICY}").click()
        for name, (value, shows) in chosen.items():
            choose(page, name, value, shows)
        if "metrics-2-name" in rows:
            add(page, "Add a metric", "metrics-2-name")
            add(page, "Add a command", "commands-1")
        fill(page, {name: row.text for name, row in rows.items()})
        apply(page, reason, typed=FLEETING if "skips" in rows else "")
        said = observed(program, reason, SECONDS)
        assert said == f"The Canary says what the policy says in all {len(members)} clusters."
        assert not_there(hub, members, rows) == []

    turn("everything of Istio", ISTIO)
    turn("everything of Kuma", KUMA, provider=("kuma", "protocol"), strategy=("canary", "step"))
    turn("everything of nginx", NGINX, provider=("nginx", "host"))
    turn("another workload", OTHER, provider=("istio", "gateways"), strategy=("ab-testing", "match"))


def add(page: Page, button: str, shows: str) -> None:
    page.get_by_role("button", name=button).click()
    expect(page.locator(f"#f-{shows}")).to_be_attached()


def not_there(hub: Member, members: list[Member], rows: Mapping[str, Row]) -> list[tuple[str, str, Any]]:
    """Where, which field, and what is there instead."""
    rollout = hub.get(APPLICATION)["spec"]["syncPolicies"][0]["rollout"]
    namespace, name = rollout["workload"]["namespace"], rollout["workload"]["name"]
    found = []
    for member in members:
        has = {
            HUB: rollout,
            CANARY: member.get(f"/apis/flagger.app/v1beta1/namespaces/{namespace}/canaries/{name}"),
            TEMPLATE: member.get(f"{TEMPLATES.format(namespace)}/{METRIC}"),
        }
        found += [
            (member.name, field, at(has[row.of], row.at))
            for field, row in rows.items()
            if at(has[row.of], row.at) != row.value
        ]
    return found


def test_the_form_asks_for_what_the_definition_on_the_hub_has_and_for_nothing_else(
    program: Program, hub: Member, page: Page
) -> None:
    names = {*PLACED, "metrics", "commands", *(f"metrics-{name}" for name in PLACED_IN_METRIC)}

    def unknown() -> set[str]:
        query = "select places from rollouts_fieldsofpolicies f join rollouts_cluster c on c.id = f.hub_id"
        ((places,),) = program.rows(f"{query} where c.name = 'laboratory'")
        known = Known(frozenset(json.loads(places)))
        return {name for name in names if not known.has(name)}

    def asked() -> set[str]:
        page.goto(address)
        page.get_by_role("link", name=f"Edit policy {POLICY}").click()
        expect(page.locator("#f-interval")).to_be_visible()
        return {name for name in ("interval", "cookie", "cookie_age") if page.locator(f"#f-{name}").count()}

    address = address_of(program)
    assert unknown() == set()
    assert asked() == {"interval", "cookie", "cookie_age"}
    cookies = at(hub.get(DEFINITION), COOKIES)
    change(hub, {"op": "remove", "path": COOKIES})
    try:
        program.manage("clusters", "test", "laboratory")  # reads it anew
        assert unknown() == {"cookie", "cookie_age"}
        assert asked() == {"interval"}
    finally:
        change(hub, {"op": "add", "path": COOKIES, "value": cookies})
        program.manage("clusters", "test", "laboratory")
    assert unknown() == set()


def change(hub: Member, operation: dict[str, Any]) -> None:
    hub.call("PATCH", DEFINITION, [operation], "application/json-patch+json").close()
