"""A workload and an Application of its own, for a test that makes and takes away what others need."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any
from urllib.error import HTTPError

from tests.cluster.laboratory import CANARIES, MERGE, NAMESPACE, STRATEGIC, Member, wait_for
from tests.cluster.plain import DEPLOYMENTS
from tests.cluster.program import Program
from tests.cluster.test_releases import next_image
from tests.cluster.test_why_it_is_here import APPLICATIONS

FLEETING, POLICY, REPLICAS, PORT = "fleeting", "fleeting-policy", 2, 9898
LABELS = {"app": FLEETING}
SERVICES = f"/api/v1/namespaces/{NAMESPACE}/services"
APPLICATION = f"{APPLICATIONS}/{FLEETING}"


@contextmanager
def made(hub: Member, members: list[Member], rollout: dict[str, Any] | None = None) -> Iterator[None]:
    """With an Application of one policy, which has this rollout or none."""
    container = {"name": FLEETING, "image": next_image(), "ports": [{"containerPort": PORT}]}
    template = {"metadata": {"labels": LABELS}, "spec": {"containers": [container]}}
    deployment = {"replicas": REPLICAS, "selector": {"matchLabels": LABELS}, "template": template}
    service = {"selector": LABELS, "ports": [{"port": PORT}]}
    meta = {"name": FLEETING, "namespace": NAMESPACE}
    try:
        for member in members:
            create(member, DEPLOYMENTS, {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": meta}, deployment)
            create(member, SERVICES, {"apiVersion": "v1", "kind": "Service", "metadata": meta}, service)
        for member in members:
            wait_for(lambda member=member: pods_ready(member) == REPLICAS, 30, "its pods to be ready")  # type: ignore[misc]
        hub.call("POST", APPLICATIONS, _application(hub.get(APPLICATIONS)["items"][0], rollout)).close()
        yield
    finally:
        delete(hub, APPLICATION)
        for member in members:
            let_go(member, f"{CANARIES}/{FLEETING}")
            for path in (f"{DEPLOYMENTS}/{FLEETING}", f"{SERVICES}/{FLEETING}"):
                delete(member, path)


def create(member: Member, path: str, head: dict[str, Any], spec: dict[str, Any]) -> None:
    member.call("POST", path, {**head, "spec": spec}).close()


def _application(other: dict[str, Any], rollout: dict[str, Any] | None) -> dict[str, Any]:
    """Of the same clusters as another one."""
    made = {"apiVersion": other["apiVersion"], "kind": other["kind"], "spec": copy.deepcopy(other["spec"])}
    made["metadata"] = {"name": FLEETING, "namespace": other["metadata"]["namespace"]}
    policy = next(one for one in made["spec"]["syncPolicies"] if one.get("rollout"))
    policy["name"] = POLICY
    policy.pop("rollout")
    made["spec"]["syncPolicies"] = [policy | ({"rollout": rollout} if rollout else {})]
    return made


def delete(member: Member, path: str) -> None:
    with suppress(HTTPError):
        member.call("DELETE", path).close()


def let_go(member: Member, path: str) -> None:
    """A Canary goes at once, with nothing undone: its workload goes too, and the next test has one of its name."""
    with suppress(HTTPError):
        member.call(
            "PATCH", path, {"metadata": {"finalizers": None}, "spec": {"revertOnDeletion": False}}, MERGE
        ).close()
    delete(member, path)
    wait_for(lambda: find(member, path) is None, 20, f"{path} to be gone")


def find(member: Member, path: str) -> dict[str, Any] | None:
    try:
        return member.get(path)
    except HTTPError as error:
        if error.code == 404:
            return None
        raise


def phase(member: Member) -> str:
    found = find(member, f"{CANARIES}/{FLEETING}") or {}
    return str((found.get("status") or {}).get("phase", ""))


def pods_ready(member: Member) -> int:
    return int(member.get(f"{DEPLOYMENTS}/{FLEETING}").get("status", {}).get("readyReplicas", 0))


def release(member: Member, image: str) -> None:
    body = {"spec": {"template": {"spec": {"containers": [{"name": FLEETING, "image": image}]}}}}
    member.call("PATCH", f"{DEPLOYMENTS}/{FLEETING}", body, STRATEGIC).close()


def phases_told(program: Program) -> dict[str, str]:
    """What the program says of it, by clusters."""
    query = (
        "select c.name, r.phase from rollouts_rollout r join rollouts_cluster c on c.id = r.cluster_id"
        " where r.name = ? and r.deleted_at is null"
    )
    return dict(program.rows(query, FLEETING))


def address_of(program: Program) -> str:
    query = "select application_id from rollouts_rollout where name = ? and application_id is not null"
    found = wait_for(lambda: program.rows(f"{query} and deleted_at is null", FLEETING), 30, "it to be known")
    return f"{program.address}/applications/{found[0][0]}/"
