"""A policy is removed on a real hub and real members, through a browser, while the Service of the users is looked at
ten times a second: it leads to a ready pod at every one of these moments.
"""

from __future__ import annotations

import copy
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import pytest
from playwright.sync_api import Page, expect

from tests.cluster.laboratory import CANARIES, NAMESPACE, Member, wait_for
from tests.cluster.plain import DEPLOYMENTS
from tests.cluster.program import Program
from tests.cluster.test_releases import next_image
from tests.cluster.test_why_it_is_here import APPLICATIONS

FLEETING, REPLICAS = "fleeting", 2
SERVICES = f"/api/v1/namespaces/{NAMESPACE}/services"
PODS = f"/api/v1/namespaces/{NAMESPACE}/pods"
OWNED = (f"{DEPLOYMENTS}/{FLEETING}-primary", f"{SERVICES}/{FLEETING}-primary", f"{SERVICES}/{FLEETING}-canary")


@dataclass
class Lookout:
    """`misses`: seconds since its beginning at which no ready pod was behind the Service."""

    member: Member
    looks: int = 0
    misses: list[float] = field(default_factory=list)
    selectors: list[str] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)

    def start(self) -> Lookout:
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        return self

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(10)

    def _run(self) -> None:
        begin = time.monotonic()
        while not self._stop.wait(0.1):
            self.looks += 1
            try:
                served = self._served()
            except OSError:  # nobody knows then
                served = False
            if not served:
                self.misses.append(time.monotonic() - begin)

    def _served(self) -> bool:
        """Where the Service has changed between the two looks, both are done again."""
        while True:
            selector = self._selector()
            if str(selector) not in self.selectors:
                self.selectors.append(str(selector))
            pods = self.member.get(PODS)["items"]
            if any(ready(pod) and selector.items() <= pod["metadata"]["labels"].items() for pod in pods):
                return True
            if self._selector() == selector:
                return False

    def _selector(self) -> dict[str, str]:
        found: dict[str, str] = self.member.get(f"{SERVICES}/{FLEETING}")["spec"]["selector"]
        return found


def ready(pod: dict[str, Any]) -> bool:
    conditions = pod["status"].get("conditions") or []
    return "deletionTimestamp" not in pod["metadata"] and any(
        one["type"] == "Ready" and one["status"] == "True" for one in conditions
    )


def find(member: Member, path: str) -> dict[str, Any] | None:
    try:
        return member.get(path)
    except HTTPError as error:
        if error.code == 404:
            return None
        raise


@pytest.fixture
def fleeting(hub_kubeconfig: Path, members: list[Member]) -> Iterator[Member]:
    """The hub, with an Application of its own for the test."""
    hub = Member.of(hub_kubeconfig)
    labels = {"app": FLEETING}
    container = {"name": FLEETING, "image": next_image(), "ports": [{"containerPort": 9898}]}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [container]}}
    meta = {"name": FLEETING, "namespace": NAMESPACE}
    deployment = {
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": meta,
        "spec": {"replicas": REPLICAS, "selector": {"matchLabels": labels}, "template": template},
    }  # fmt: skip
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": meta,
        "spec": {"selector": labels, "ports": [{"port": 9898}]},
    }
    try:
        for member in members:
            member.call("POST", DEPLOYMENTS, deployment).close()
            member.call("POST", SERVICES, service).close()
        hub.call("POST", APPLICATIONS, application_like(hub.get(APPLICATIONS)["items"][0])).close()
        for member in members:
            wait_for(lambda member=member: phase(member) == "Initialized", 60, f"{member.name} to be initialised")  # type: ignore[misc]
        yield hub
    finally:
        delete(hub, f"{APPLICATIONS}/{FLEETING}")
        for member in members:
            for path in (f"{CANARIES}/{FLEETING}", f"{DEPLOYMENTS}/{FLEETING}", f"{SERVICES}/{FLEETING}"):
                delete(member, path)
            for kind in (DEPLOYMENTS, SERVICES):
                delete(member, f"{kind}/{FLEETING}-testloader")


def application_like(other: dict[str, Any]) -> dict[str, Any]:
    made = {"apiVersion": other["apiVersion"], "kind": other["kind"], "spec": copy.deepcopy(other["spec"])}
    made["metadata"] = {"name": FLEETING, "namespace": other["metadata"]["namespace"]}
    policy = next(one for one in made["spec"]["syncPolicies"] if one.get("rollout"))
    policy["rollout"] |= {
        "workload": policy["rollout"]["workload"] | {"name": FLEETING, "namespace": NAMESPACE},
        "serviceName": FLEETING,
        "port": 9898,
        "testLoader": False,
    }
    made["spec"]["syncPolicies"] = [policy]
    return made


def delete(member: Member, path: str) -> None:
    with suppress(HTTPError):
        member.call("DELETE", path).close()


def phase(member: Member) -> str:
    found = find(member, f"{CANARIES}/{FLEETING}") or {}
    return str((found.get("status") or {}).get("phase", ""))


def test_users_have_a_ready_pod_at_every_moment(
    program: Program, fleeting: Member, members: list[Member], page: Page
) -> None:
    known = "select application_id from rollouts_rollout where name = ? and phase = 'Initialized'"
    wait_for(lambda: len(program.rows(known, FLEETING)) == len(members), 40, "it to be known everywhere")
    lookouts = [Lookout(member).start() for member in members]
    try:
        remove(page, f"{program.address}/applications/{program.rows(known, FLEETING)[0][0]}/")
        expect(page.get_by_role("status").first).to_contain_text("targets serve users", timeout=120_000)
        time.sleep(1)
    finally:
        for one in lookouts:
            one.stop()
    told = {one.member.name: (one.looks, one.misses, one.selectors) for one in lookouts}
    assert [one.misses for one in lookouts] == [[]] * len(members), told
    for one in lookouts:
        assert one.looks > 20, told
        assert len(one.selectors) == 2, "it led to blue, and then to the target"
        target = one.member.get(f"{DEPLOYMENTS}/{FLEETING}")
        assert (target["spec"]["replicas"], target["status"]["readyReplicas"]) == (REPLICAS, REPLICAS)
        assert [path for path in (f"{CANARIES}/{FLEETING}", *OWNED) if find(one.member, path)] == []
    (policy,) = fleeting.get(f"{APPLICATIONS}/{FLEETING}")["spec"]["syncPolicies"]
    assert "rollout" not in policy
    trail = program.rows("select kind, outcome from rollouts_auditentry where act = 'remove' order by number")
    assert trail[:3] == [("policy", "requested"), ("policy", "accepted"), ("policy", "accepted")]
    assert trail[3:] == [*[("rollout", "accepted")] * len(members), ("policy", "done")]
    print({name: looks for name, (looks, _, _) in told.items()})


def remove(page: Page, address: str) -> None:
    page.goto(address)
    page.get_by_role("link", name="Remove policy").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label(f"Type {FLEETING} to confirm").fill(FLEETING)
    dialog.get_by_label("Reason").fill("it had its time")
    dialog.get_by_role("button", name="Remove", exact=True).click()
    page.wait_for_url("**/removals/*/")
