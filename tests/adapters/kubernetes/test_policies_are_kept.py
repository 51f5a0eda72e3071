"""The text of a policy is kept as it is, but for what may be secret."""

from __future__ import annotations

import json
from typing import Any

from rollouts.adapters.kubernetes.decode import observation
from rollouts.domain import memory
from rollouts.domain.kurator import Policy
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
