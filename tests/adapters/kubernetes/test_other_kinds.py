"""Events, workloads and the objects of a hub as observations."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rollouts.adapters.kubernetes.decode import observation
from rollouts.domain.kurator import Application, Fleet, FleetMember, Kustomization, Policy
from rollouts.domain.observations import Event, Kind, MemberCluster, Workload
from tests.support import objects
from tests.support.objects import Object

RECORDINGS = Path(__file__).parents[2] / "recordings"


def read(kind: Kind, found: Object, *, deleted: bool = False) -> Any:
    return observation(kind, json.dumps(found).encode(), deleted=deleted)


def test_an_expired_event_says_nothing_about_its_canary() -> None:
    assert read(Kind.EVENT, objects.event("shop", "checkout", "x"), deleted=True) is None


def test_the_correlators_prefix_is_taken_off_messages() -> None:
    made = objects.event("shop", "checkout", "(combined from similar events): Routing all traffic to canary", count=3)
    found = read(Kind.EVENT, made)
    assert isinstance(found, Event)
    assert (found.message, found.count, found.canary) == ("Routing all traffic to canary", 3, "checkout")


def test_an_event_of_the_new_kind_has_its_times_elsewhere() -> None:
    made = objects.event("shop", "checkout", "x") | {"firstTimestamp": None, "lastTimestamp": None, "count": None}
    made |= {"eventTime": "2026-11-23T10:00:00.123456Z"}
    made |= {"series": {"count": 4, "lastObservedTime": "2026-11-23T10:05:00.5Z"}}
    found = read(Kind.EVENT, made)
    assert found.first_at == datetime(2026, 11, 23, 10, 0, 0, 123456, UTC)
    assert (found.last_at, found.count) == (datetime(2026, 11, 23, 10, 5, 0, 500000, UTC), 4)


def test_events_about_others_are_not_ours() -> None:
    assert read(Kind.EVENT, objects.event("shop", "checkout", "x", kind="ReplicaSet")) is None
    other = objects.event("shop", "checkout", "x")
    other["involvedObject"]["apiVersion"] = "elsewhere.example/v1"
    assert read(Kind.EVENT, other) is None


def test_a_deployment_is_always_a_workload() -> None:
    found = read(Kind.DEPLOYMENT, objects.deployment("shop", "checkout-primary", "shop/app:2", replicas=3))
    assert isinstance(found, Workload)
    assert (found.kind, found.images, found.wanted, found.ready) == ("Deployment", ("shop/app:2",), 3, 3)
    bare = read(Kind.DEPLOYMENT, {"metadata": {"name": "x"}})
    assert (bare.wanted, bare.ready, bare.images) == (1, 0, ())


def test_equal_templates_have_equal_digests_whatever_is_stamped_on_them() -> None:
    plain, stamped = objects.deployment("shop", "checkout"), objects.deployment("shop", "checkout")
    meta = stamped["spec"]["template"]["metadata"]
    meta["annotations"] = {"flagger-id": "178bb81c"}
    meta["labels"] = {"pod-template-hash": "74b8", **meta["labels"]}
    stamped["spec"]["template"] = dict(reversed(stamped["spec"]["template"].items()))
    digests = {read(Kind.DEPLOYMENT, one).template for one in (plain, stamped)}
    assert len(digests) == 1
    stamped["spec"]["template"]["metadata"]["annotations"]["restarted"] = "now"
    assert read(Kind.DEPLOYMENT, stamped).template not in digests


def test_a_daemon_set_at_zero_has_a_selector_that_no_node_matches() -> None:
    made = objects.deployment("shop", "agent")
    made["status"] = {"desiredNumberScheduled": 4, "numberReady": 3}
    found = read(Kind.DAEMON_SET, made)
    assert (found.kind, found.wanted, found.ready) == ("DaemonSet", 4, 3)
    made["spec"]["template"]["spec"]["nodeSelector"] = {"flagger.app/scale-to-zero": "true"}
    assert read(Kind.DAEMON_SET, made).wanted == 0


def test_policies_are_named_and_placed_as_kurator_does_it() -> None:
    own = {"fleet": "prod", "clusterSelector": {"matchLabels": {"zone": "a"}}}
    rollout = {"workload": {"name": "backend", "namespace": "webapp"}, "serviceName": "back"}
    made = {
        "metadata": {"name": "demo", "namespace": "default", "uid": "u", "resourceVersion": "3", "generation": 2},
        "spec": {
            "destination": {"fleet": "all", "clusterSelector": {"matchLabels": {"x": "y"}}},
            "syncPolicies": [
                {"kustomization": {}},
                {"rollout": rollout},
                {"name": "named", "rollout": rollout, "destination": own},
            ],
        },
    }
    policies = (
        Policy(1, "demo-1", "webapp", "backend", "back", "all", {"x": "y"}, rollout=rollout),
        Policy(2, "named", "webapp", "backend", "back", "prod", {"zone": "a"}, named=True, rollout=rollout),
    )
    found = read(Kind.APPLICATION, made)
    bare = Policy(0, "demo-0", "", "", "", "all", {"x": "y"}, bare=True, kustomization=Kustomization())
    assert replace(found, troubles=()) == Application("default", "demo", "u", "3", 2, policies, (bare,))


def test_members_of_a_fleet_without_a_kind_are_clusters() -> None:
    made = objects.fleet("default", "prod", "member1")
    made["spec"]["clusters"].append({"name": "made-by-kurator"})
    members = (FleetMember("AttachedCluster", "member1"), FleetMember("Cluster", "made-by-kurator"))
    assert read(Kind.FLEET, made) == Fleet("default", "prod", "", members)


def test_each_kind_of_cluster_names_its_secret_elsewhere() -> None:
    attached = objects.attached_cluster("default", "member1", secret="s", key="member1.config")
    attached["metadata"]["labels"] = {"zone": "a"}
    assert read(Kind.ATTACHED_CLUSTER, attached) == MemberCluster(
        Kind.ATTACHED_CLUSTER, "default", "member1", "", "s", "member1.config", {"zone": "a"}, True
    )
    attached["spec"]["kubeconfig"].pop("key")
    assert read(Kind.ATTACHED_CLUSTER, attached).secret_key == "value"
    made: Object = {"metadata": {"namespace": "default", "name": "aws"}, "spec": {"credential": {"secretRef": "cloud"}}}
    pending = read(Kind.KURATOR_CLUSTER, made)
    assert (pending.secret_name, pending.ready) == ("", False)
    for written in ("aws-kubeconfig", {"name": "aws-kubeconfig"}):
        made["status"] = {"phase": "Ready", "kubeconfigSecretRef": written}
        ready = read(Kind.KURATOR_CLUSTER, made)
        assert (ready.secret_name, ready.secret_key, ready.ready) == ("aws-kubeconfig", "value", True)
