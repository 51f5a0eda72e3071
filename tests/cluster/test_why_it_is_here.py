"""The box "Why is it here?" on real releases: it names what real Flagger and real controllers say at that moment."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from tests.cluster.laboratory import CANARIES, DEPLOYMENT, IDLE, MERGE, NAME, Member, wait_for
from tests.cluster.program import Program
from tests.cluster.test_releases import RELEASE_SECONDS, next_image

EVENTS = "/api/v1/namespaces/webapp/events?fieldSelector=involvedObject.kind%3DCanary"
APPLICATIONS = "/apis/apps.kurator.dev/v1alpha1/namespaces/default/applications"


def box(page: Page, program: Program, member: Member) -> str:
    page.goto(f"{program.address}/rollouts/{program.rollout(member.name)}/")
    found = page.locator("#why")
    return " ".join(found.inner_text().split()) if found.count() else ""


def wait_for_box(page: Page, program: Program, member: Member, pattern: str, seconds: float = 60) -> str:
    said: list[str] = []

    def found() -> str:
        said.append(box(page, program, member))
        return said[-1] if re.search(pattern, said[-1]) else ""

    try:
        return wait_for(found, seconds, pattern)
    except AssertionError as error:
        raise AssertionError(f"{error}; the box said {said[-1:]}") from error


def suspend(hub: Member, wanted: bool) -> None:
    set_in_policies(hub, "suspend", wanted)


def set_in_policies(hub: Member, field: str, wanted: bool) -> None:
    (application,) = hub.get(APPLICATIONS)["items"]
    policies: list[dict[str, Any]] = application["spec"]["syncPolicies"]
    operations = [
        {"op": "add", "path": f"/spec/syncPolicies/{number}/rollout/rolloutPolicy/{field}", "value": wanted}
        for number, policy in enumerate(policies)
        if policy.get("rollout")
    ]
    path = f"{APPLICATIONS}/{application['metadata']['name']}"
    hub.call("PATCH", path, operations, "application/json-patch+json").close()


def test_a_failing_check_is_named_with_the_value_that_flagger_states_and_its_limit(
    program: Program, members: list[Member], page: Page
) -> None:
    member = members[0]
    member.release(next_image())
    wait_for(lambda: member.phase() not in IDLE, 40, "a release to begin")
    member.fault(0.4)
    pattern = r"request-success-rate on green was (\S+)%, below its limit of 99\.00%\."
    said = re.search(pattern, wait_for_box(page, program, member, pattern, 90))
    assert said is not None
    messages = [one["message"] for one in member.get(EVENTS)["items"]]
    assert any(f"success rate {said[1]}% < 99%" in message for message in messages)
    wait_for(lambda: member.phase() == "Failed", RELEASE_SECONDS, "the release to fail")
    wait_for_box(page, program, member, r"The last release failed\. request-success-rate on green was")


def test_pods_that_never_become_ready_are_the_reason_and_failed_checks_do_nothing_meanwhile(
    program: Program, members: list[Member], page: Page
) -> None:
    member = members[1]
    member.release("ghcr.io/stefanprodan/podinfo:broken")
    wait_for(lambda: member.phase() == "Progressing", 40, "a release to begin")
    wait_for_box(page, program, member, r"(Green's pods are not ready: 0 of \d are|\d pods? of green)", 60)
    member.abort()
    wait_for_box(page, program, member, "Flagger asks first whether green is ready", 40)
    member.call("PATCH", DEPLOYMENT, {"spec": {"replicas": 0}}, MERGE).close()
    wait_for(lambda: member.phase() == "Failed", 60, "the release to be rolled back")


def test_a_suspension_names_kurator_and_what_it_writes_with(
    program: Program, members: list[Member], page: Page, hub_kubeconfig: Path
) -> None:
    hub, member = Member.of(hub_kubeconfig), members[0]
    suspend(hub, True)
    try:
        wait_for(lambda: bool(member.canary()["spec"].get("suspend")), 40, "the Canary to be suspended")
        said = wait_for_box(page, program, member, r"Suspended by Kurator, from the Application \(")
        managed = member.get(f"{CANARIES}/{NAME}")["metadata"]["managedFields"]
        owners = [one["manager"] for one in managed if "f:suspend" in json.dumps(one["fieldsV1"])]
        assert any(f"({owner})" in said for owner in owners)
    finally:
        suspend(hub, False)
        wait_for(lambda: not member.canary()["spec"].get("suspend"), 40, "the Canary to be resumed")
