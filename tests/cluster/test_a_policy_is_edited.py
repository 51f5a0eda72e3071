"""A policy is edited on a real hub with real Kurator, through a browser, by an operator who may edit policies: what was
reviewed is tried out, comes about in every member, and takes nothing away that others changed meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from rollouts.adapters.kubernetes.connection import KubernetesConnection
from rollouts.adapters.kubernetes.kubeconfig import credential_from_kubeconfig
from rollouts.domain.commands import Form, Patch
from rollouts.domain.errors import Refused
from rollouts.domain.observations import Kind
from tests.cluster.acting import open_rollout, see_through
from tests.cluster.laboratory import NAME, Member
from tests.cluster.program import Program
from tests.cluster.test_why_it_is_here import APPLICATIONS

EDITS = """
from rollouts.models import Grant
Grant.objects.filter(person__username="olga").update(edits_policies=True)
"""


def application(hub: Member) -> dict[str, Any]:
    (found,) = hub.get(APPLICATIONS)["items"]
    return dict(found)


def patch(hub: Member, *operations: dict[str, Any]) -> None:
    path = f"{APPLICATIONS}/{application(hub)['metadata']['name']}"
    hub.call("PATCH", path, list(operations), "application/json-patch+json").close()


def governed(hub: Member) -> tuple[int, dict[str, Any]]:
    """The place of the policy with a rollout, and its rollout."""
    policies = application(hub)["spec"]["syncPolicies"]
    return next((place, one["rollout"]) for place, one in enumerate(policies) if one.get("rollout"))


@pytest.fixture
def hub(hub_kubeconfig: Path) -> Iterator[Member]:
    """Left as it was found."""
    hub = Member.of(hub_kubeconfig)
    place, before = governed(hub)
    yield hub
    patch(hub, {"op": "replace", "path": f"/spec/syncPolicies/{place}/rollout", "value": before})


def review(page: Page, program: Program, members: list[Member], **texts: str) -> None:
    open_rollout(page, program, members[0].name)
    query = "select application_id from rollouts_rollout where name = ? and application_id is not null"
    page.goto(f"{program.address}/applications/{program.rows(query, NAME)[0][0]}/")
    page.get_by_role("link", name="Edit policy").first.click()
    for name, said in texts.items():
        page.locator(f"#f-{name}").fill(said)
    page.get_by_role("button", name="See what changes").last.click()


def test_several_fields_come_to_every_member_and_a_concurrent_edit_loses_nothing(
    program: Program, hub: Member, members: list[Member], operator: Page
) -> None:
    program.manage("shell", "-c", EDITS)
    place, _ = governed(hub)
    review(operator, program, members, failures="5", route_timeout="33")
    expect(operator.locator("#policy-apply tbody tr")).to_have_count(1 + len(members))
    button = operator.get_by_role("button", name="Apply to all clusters")
    expect(button).to_be_visible(timeout=30_000)
    assert operator.locator("#policy-apply tbody b").all_inner_texts() == ["accepted"] * (1 + len(members))
    at = f"/spec/syncPolicies/{place}/rollout/rolloutPolicy"
    patch(hub, {"op": "add", "path": f"{at}/rolloutTimeoutSeconds", "value": 777})
    for _ in range(2):  # what somebody else changed is shown first, and has to be confirmed again
        operator.get_by_label("Reason").fill("more patience")
        with operator.expect_navigation() as answer:
            operator.get_by_role("button", name="Apply to all clusters").click()
        if "#policies" in operator.url:
            break
        assert answer.value.status == 409
        expect(operator.get_by_role("button", name="Apply to all clusters")).to_be_visible(timeout=30_000)
    found = see_through(operator, program, "more patience")
    assert found["sentence"] == f"The Canary says what the policy says in all {len(members)} clusters."
    for member in members:
        spec = member.canary()["spec"]
        assert spec["analysis"]["threshold"] == 5
        assert spec["service"]["timeout"] == "33s"
        assert spec["progressDeadlineSeconds"] == 777
    assert governed(hub)[1]["rolloutPolicy"]["rolloutTimeoutSeconds"] == 777


def test_a_value_that_the_definition_refuses_is_refused_by_the_dry_run(hub_kubeconfig: Path, hub: Member) -> None:
    place, before = governed(hub)
    named = application(hub)["metadata"]
    at = f"/spec/syncPolicies/{place}/rollout/rolloutPolicy/trafficAnalysis/checkFailedTimes"
    connection = KubernetesConnection(credential_from_kubeconfig(hub_kubeconfig.read_bytes()))

    def tried(value: Any) -> Patch:
        body = ({"op": "replace", "path": at, "value": value},)
        return Patch(Kind.APPLICATION, named["namespace"], named["name"], Form.JSON, body, "tried")

    connection.patch(tried(7), dry_run=True)
    with pytest.raises(Refused, match="checkFailedTimes"):
        connection.patch(tried(-1), dry_run=True)
    connection.close()
    assert governed(hub)[1] == before
