"""The text of a policy is kept as it is, but for what may be secret."""

from __future__ import annotations

import json
from typing import Any

import pytest

from rollouts.adapters.kubernetes.decode import observation
from rollouts.domain import memory
from rollouts.domain.kurator import ImageEntry, Kustomization, Policy
from rollouts.domain.observations import Kind, Unreadable
from tests.support.policies import ANALYSIS, POLICY, policy

COMMAND = f"{ANALYSIS}.webhooks.command"


def read(*rollouts: Any) -> Any:
    policies = [{"name": f"policy-{at}", "rollout": one} for at, one in enumerate(rollouts)]
    made = {"metadata": {"namespace": "shop", "name": "checkout"}, "spec": {"syncPolicies": policies}}
    return observation(Kind.APPLICATION, json.dumps(made).encode())


def kept(rollout: Any) -> Policy:
    found: Policy = read(rollout).policies[0]
    return found


def test_a_policy_is_kept_whole_and_remembered() -> None:
    found = kept(POLICY)
    assert found.rollout == POLICY
    assert memory.load_policy(json.loads(json.dumps(memory.dump(found)))) == found


def test_what_may_be_secret_is_hidden() -> None:
    found = kept(policy(**{COMMAND: ["hey -H 'Authorization: Bearer abcdefgh' http://checkout-canary.shop/"]}))
    assert found.rollout is not None
    assert "abcdefgh" not in json.dumps(found.rollout)
    (command,) = found.rollout["rolloutPolicy"]["trafficAnalysis"]["webhooks"]["command"]
    assert command == "hey -H 'Authorization: (hidden)' http://checkout-canary.shop/"


def test_what_no_database_keeps_and_what_is_no_policy_for_its_size_is_left_out() -> None:
    for text in ("hey \0", "hey " + "x" * 20_000):
        found = kept(policy(primary__labels={"a": text}))
        assert found.rollout is None
        assert found.canary == "checkout", "everything else of it is known all the same"


def test_an_entry_without_a_rollout_is_no_policy() -> None:
    found = read(None, POLICY)
    assert [one.name for one in found.policies] == ["policy-1"]
    assert found.bare == (), "it has no Fleet, so no rollout can be set up for it"


def test_what_cannot_be_read_is_named_by_its_whole_place() -> None:
    found = read(POLICY, policy(**{"workload.name": {}}))
    assert isinstance(found, Unreadable)
    assert "`$.spec.syncPolicies[1].rollout.workload.name`" in found.reason


def kustomized(**policy: Any) -> Policy:
    made = {
        "metadata": {"namespace": "shop", "name": "checkout"},
        "spec": {"syncPolicies": [{"rollout": POLICY, **policy}]},
    }
    (found,) = observation(Kind.APPLICATION, json.dumps(made).encode()).policies  # type: ignore[union-attr]
    return found


def test_what_flux_is_told_of_images_is_kept_in_its_order() -> None:
    entries = [{"name": "app", "newName": "mirror/app", "newTag": "1"}, {"name": "proxy", "digest": "sha256:ab"}]
    given = {"interval": "0s", "retryInterval": "1m", "suspend": True, "path": "./deploy", "images": entries}
    found = kustomized(kustomization=given)
    assert found.kustomization == Kustomization(
        images=(ImageEntry("app", "mirror/app", "1"), ImageEntry("proxy", digest="sha256:ab")),
        suspended=True,
        interval="0s",
        retry="1m",
    )
    assert memory.load_policy(json.loads(json.dumps(memory.dump(found)))) == found


@pytest.mark.parametrize(
    ("images", "kept"), [({}, None), ({"images": None}, None), ({"images": []}, ())], ids=["absent", "null", "empty"]
)
def test_no_list_of_images_is_told_from_an_empty_one(images: dict[str, Any], kept: Any) -> None:
    found = kustomized(kustomization={"interval": "0s", **images})
    assert memory.load_policy(memory.dump(found)).kustomization == Kustomization(images=kept, interval="0s")


@pytest.mark.parametrize("images", ["app:1", [{"newTag": "1"}], [{"name": "app", "newTag": 1}], [{"name": "a"}] * 201])
def test_images_that_are_not_as_kurator_defines_them_make_no_policy_unreadable(images: Any) -> None:
    found = kustomized(kustomization={"interval": "0s", "images": images})
    assert (found.canary, found.kustomization) == ("checkout", Kustomization(unread=True))


def test_a_chart_is_no_kustomization() -> None:
    found = kustomized(helm={"interval": "1m"})
    assert (found.helm, found.kustomization) == (True, None)
    assert (kustomized().helm, kustomized().kustomization) == (False, None)
