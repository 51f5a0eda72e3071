"""A new version through a policy on a real hub, through a browser, by somebody who is no more than an operator: the hub
takes the one entry, and whatever else stands in the Application stays. No Flux runs there: the test sets the image on
the members, as Flux would.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.cluster.acting import open_rollout, see_through
from tests.cluster.laboratory import DEPLOYMENT, NAME, Member, stay_for, wait_for
from tests.cluster.program import Program
from tests.cluster.test_a_policy_is_edited import application, patch
from tests.cluster.test_releases import next_image

OTHERS = {"name": "registry.example.test/sidecar", "newTag": "1.2.3"}


def governed(hub: Member) -> tuple[int, dict[str, Any]]:
    """The place of the policy with a rollout, and its kustomization."""
    policies = application(hub)["spec"]["syncPolicies"]
    return next((place, one["kustomization"]) for place, one in enumerate(policies) if one.get("rollout"))


@pytest.fixture
def hub(hub_kubeconfig: Path) -> Iterator[Member]:
    """Somebody else has an entry there; left as it was found."""
    hub = Member.of(hub_kubeconfig)
    place, before = governed(hub)
    at = f"/spec/syncPolicies/{place}/kustomization"
    patch(hub, {"op": "add", "path": f"{at}/images", "value": [OTHERS]})
    yield hub
    patch(hub, {"op": "replace", "path": at, "value": before})


def image(member: Member) -> str:
    return str(member.get(DEPLOYMENT)["spec"]["template"]["spec"]["containers"][0]["image"])


def ask(page: Page, program: Program, wanted: str, reason: str) -> None:
    query = "select application_id from rollouts_rollout where name = ? and application_id is not null"
    page.goto(f"{program.address}/applications/{program.rows(query, NAME)[0][0]}/")
    page.locator("#policies").get_by_role("button", name="New version policy").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("New image").fill(wanted)
    dialog.get_by_role("button", name="Show what happens").click()
    expect(dialog).to_contain_text("A release of it begins.")
    dialog.get_by_label("Reason").fill(reason)
    dialog.get_by_role("button", name="New version", exact=True).click()
    expect(dialog).to_be_hidden()


def test_the_hub_takes_one_entry_and_a_release_begins_in_every_member(
    program: Program, hub: Member, members: list[Member], operator: Page
) -> None:
    for member in members:
        open_rollout(operator, program, member.name)  # its target is read while somebody looks
    before, place = application(hub)["spec"], governed(hub)[0]
    wanted = next_image()
    name, _, tag = wanted.rpartition(":")
    ask(operator, program, wanted, "ship all")
    expected = copy.deepcopy(before)
    expected["syncPolicies"][place]["kustomization"]["images"] = [OTHERS, {"name": name, "newTag": tag}]
    wait_for(lambda: application(hub)["spec"] == expected, 15, "the hub to have it")
    generation = application(hub)["metadata"]["generation"]
    assert all(image(member) != wanted for member in members)
    for member in members:
        member.release(wanted)
    found = see_through(operator, program, "ship all")
    where = f"all {len(members)} clusters"
    assert found["sentence"] == f"The target has the image, and a release of it has begun, in {where}."
    stay_for(3, lambda: application(hub)["metadata"]["generation"] == generation)


def test_what_others_say_of_images_is_not_taken_away_and_the_own_entry_changed(
    program: Program, hub: Member, members: list[Member], operator: Page
) -> None:
    for member in members:
        open_rollout(operator, program, member.name)
    name = image(members[0]).rpartition(":")[0]
    place, _ = governed(hub)
    entry = {"name": name, "newTag": "0.0.1", "digest": f"sha256:{'ab' * 32}"}
    at = f"/spec/syncPolicies/{place}/kustomization/images"
    patch(hub, {"op": "add", "path": f"{at}/0", "value": entry})
    query = "select policies from rollouts_application where deleted_at is null"
    wait_for(lambda: any("0.0.1" in text for (text,) in program.rows(query)), 15, "the entry to be observed")
    wanted = next_image()
    ask(operator, program, wanted, "ship once more")
    said = [{"name": name, "newTag": wanted.rpartition(":")[2]}, OTHERS]
    wait_for(lambda: governed(hub)[1]["images"] == said, 15, "the entry to be changed")
    for member in members:
        member.release(wanted)
    see_through(operator, program, "ship once more")
