"""ReplicaSets are read for the pod templates that they keep."""

from __future__ import annotations

import json
from typing import Any

from rollouts.adapters.kubernetes.decode import observation
from rollouts.domain.observations import Kind, Unreadable, Workload
from rollouts.domain.pod_templates import PodTemplate

TEMPLATE: dict[str, Any] = {
    "metadata": {"labels": {"app": "checkout"}, "annotations": {"team": "shop"}},
    "spec": {"containers": [{"name": "app", "image": "checkout:1", "env": [{"name": "A", "value": "1"}]}]},
}


def replica_set(**metadata: Any) -> bytes:
    template = {
        **TEMPLATE,
        "metadata": {**TEMPLATE["metadata"], "labels": {"app": "checkout", "pod-template-hash": "5d8f"}},
    }
    meta = {
        "namespace": "shop", "name": "checkout-5d8f", "creationTimestamp": "2026-11-23T16:00:00Z",
        "annotations": {"deployment.kubernetes.io/revision": "7"},
        "ownerReferences": [{"kind": "Deployment", "name": "checkout"}], **metadata,
    }  # fmt: skip
    return json.dumps({"metadata": meta, "spec": {"template": template}}).encode()


def read(raw: bytes) -> PodTemplate:
    found = observation(Kind.REPLICA_SET, raw)
    assert isinstance(found, PodTemplate)
    return found


def test_the_template_is_the_one_that_its_deployment_had() -> None:
    found = read(replica_set())
    assert (found.owner, found.name, found.revision, found.images) == ("checkout", "checkout-5d8f", 7, ("checkout:1",))
    assert found.body == TEMPLATE
    deployment = {"metadata": {"namespace": "shop", "name": "checkout"}, "spec": {"template": TEMPLATE}}
    workload = observation(Kind.DEPLOYMENT, json.dumps(deployment).encode())
    assert isinstance(workload, Workload)
    assert found.digest == workload.template


def test_without_an_owner_or_a_revision_it_can_be_read_all_the_same() -> None:
    found = read(replica_set(ownerReferences=None, annotations={"deployment.kubernetes.io/revision": "\u0667"}))
    assert (found.owner, found.revision) == ("", 0)


def test_a_template_of_another_shape_harms_nothing() -> None:
    assert read(b'{"metadata": {"name": "x"}, "spec": {"template": []}}').body == {}
    assert read(b'{"metadata": {"name": "x"}, "spec": {"template": {"spec": {"containers": 7}}}}').images == ()
    assert isinstance(observation(Kind.REPLICA_SET, b'{"metadata": 1}'), Unreadable)
