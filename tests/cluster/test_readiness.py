"""Whether clusters are ready, asked of real API servers: each check comes to an end, and tells what is truly there."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.cluster.fleeting import create, delete
from tests.cluster.laboratory import MERGE, NAMESPACE, Member, wait_for
from tests.cluster.program import Program

SYSTEM = "istio-system"
CONTROLLERS = {
    "flagger": "ghcr.io/fluxcd/flagger:1.44.0",
    "istiod": "docker.io/istio/pilot:1.24.1",
}
DEPLOYMENTS = f"/apis/apps/v1/namespaces/{SYSTEM}/deployments"
GATEWAYS = f"/apis/networking.istio.io/v1beta1/namespaces/{SYSTEM}/gateways"
HERE = f"/api/v1/namespaces/{NAMESPACE}"


@pytest.fixture
def whole(members: list[Member]) -> Iterator[Member]:
    """The first member, with all that a rollout needs beside what is there."""
    member = members[0]
    try:
        for name, image in CONTROLLERS.items():
            controller(member, name, image, os.environ["LAB_PROMETHEUS"].split(",")[0])
        gateway = {"apiVersion": "networking.istio.io/v1beta1", "kind": "Gateway"}
        create(member, GATEWAYS, {**gateway, "metadata": {"name": "public-gateway", "namespace": SYSTEM}}, {})
        label(member, "enabled")
        for name in CONTROLLERS:
            wait_for(lambda name=name: is_ready(member, name), 30, f"{name} to be ready")  # type: ignore[misc]
        yield member
    finally:
        label(member, None)
        for path in (f"{GATEWAYS}/public-gateway", *(f"{DEPLOYMENTS}/{name}" for name in CONTROLLERS)):
            delete(member, path)


def controller(member: Member, name: str, image: str, prometheus: str) -> None:
    labels = {"app": name}
    flags = ["-mesh-provider=istio", f"-metrics-server={prometheus}"] if name == "flagger" else []
    container = {"name": name, "image": image, "args": flags}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [container]}}
    head = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "namespace": SYSTEM}}
    spec = {"replicas": 1, "selector": {"matchLabels": labels}, "template": template}
    create(member, DEPLOYMENTS, head, spec)


def is_ready(member: Member, name: str) -> bool:
    return bool(member.get(f"{DEPLOYMENTS}/{name}").get("status", {}).get("readyReplicas"))


def label(member: Member, injection: str | None) -> None:
    member.call("PATCH", HERE, {"metadata": {"labels": {"istio-injection": injection}}}, MERGE).close()


def test_each_check_comes_to_an_end_and_tells_what_is_there(
    program: Program, whole: Member, members: list[Member], page: Page, hub_kubeconfig: Path
) -> None:
    begun = {name: checked_at(program, name) for name in ("laboratory", *(one.name for one in members))}
    for name in begun:
        check(page, program, name)
    for name, before in begun.items():
        wait_for(lambda name=name, before=before: checked_at(program, name) > before, 90, f"the check of {name}")  # type: ignore[misc]
    assert program.rows("select problem from rollouts_readiness where problem <> ''") == []

    hub = told(page, program, "laboratory")
    version = Member.of(hub_kubeconfig).get("/version")["gitVersion"]
    assert hub["kubernetes"] == ("Ready", f"{version}; 1.27.3 is wanted.")
    assert hub["kinds"][0] == hub["rights"][0] == "Ready"
    assert hub["flagger"][0] == "Not needed"
    assert "has no rollout plugin" in hub["plugin"][1]

    bare = told(page, program, members[1].name)
    assert bare["kubernetes"] == ("Ready", f"{version}; 1.27.3 is wanted.")
    assert bare["kinds"][0] == bare["rights"][0] == "Ready"
    lacks = {
        "flagger": "No Deployment with Flagger's image was found.",
        "mesh": "Istio was not found, and provider istio is in use.",
        "gateways": "names Gateway istio-system/public-gateway, which does not exist.",
        "injection": "Namespace webapp is not labelled",
        "plugin": "Fleet default/quickstart has no rollout plugin.",
    }
    for prerequisite, said in lacks.items():
        assert bare[prerequisite][0] == "Lacking"
        assert said in bare[prerequisite][1]

    there = told(page, program, whole.name)
    flags = f"-mesh-provider istio, -metrics-server {os.environ['LAB_PROMETHEUS'].split(',')[0]}"
    has = {
        "flagger": f"Flagger 1.44.0 (istio-system/flagger; {flags}) has a ready pod.",
        "mesh": "Istio 1.24.1 (istio-system/istiod); 1.18 is wanted.",
        "gateways": "istio-system/public-gateway is there and named by Canaries.",
        "injection": "Sidecars of istio are put into new pods of webapp.",
    }
    assert {name: there[name] for name in has} == {name: ("Ready", said) for name, said in has.items()}
    print(hub, bare, there, sep="\n")


def check(page: Page, program: Program, name: str) -> None:
    """Many who ask within half a minute get one check: whoever comes too early asks again."""
    button = page.get_by_role("button", name="Check again")
    before = asked_at(program, name)

    def asked() -> bool:
        page.goto(address(program, name))
        if button.count() and button.is_enabled():
            button.click()
        return asked_at(program, name) > before

    wait_for(asked, 60, f"{name} to be checked")


def told(page: Page, program: Program, name: str) -> dict[str, tuple[str, str]]:
    """Of each prerequisite the word and what was seen."""
    page.goto(address(program, name))
    rows = page.locator(".findings tbody tr").all()
    return {
        (row.get_attribute("id") or "").removeprefix("p-"): (
            row.locator(".c-phase").inner_text().strip(),
            " ".join(row.locator(".c-seen").inner_text().split()),
        )
        for row in rows
    }


def address(program: Program, name: str) -> str:
    ((id,),) = program.rows("select id from rollouts_cluster where name = ?", name)
    return f"{program.address}/clusters/{id}/readiness/"


def asked_at(program: Program, name: str) -> str:
    return _column(program, "requested_at", name)


def checked_at(program: Program, name: str) -> str:
    return _column(program, "checked_at", name)


def _column(program: Program, column: str, name: str) -> str:
    query = f"select r.{column} from rollouts_readiness r join rollouts_cluster c on c.id = r.cluster_id"
    found = program.rows(f"{query} where c.name = ?", name)
    return str(found[0][0] or "") if found else ""
