"""The definition of Kurator's kind Application, knowing as many fields of a policy as a test wants."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rollouts.domain.policies.fields import COMMANDS, METRICS, PLACED, PLACED_IN_METRIC
from rollouts.domain.policies.layouts import PLAIN
from rollouts.models import Application, Cluster, FieldsOfCanaries, FieldsOfPolicies
from tests.support.builders import NOW

LISTS = (METRICS, COMMANDS)
OF_METRICS = [f"{METRICS}.{one.metadata['place']}" for one in PLACED_IN_METRIC.values()]
ALL = (*(one.metadata["place"] for one in PLACED.values()), *OF_METRICS, COMMANDS)


OF_CANARIES = (
    *(one.place for one in PLAIN.scalars.values()),
    *PLAIN.lists.values(),
    *(f"{place}.{one.place}" for which, place in PLAIN.lists.items() for one in PLAIN.inside(which).values()),
)


def schema_of_rollout(places: Iterable[str]) -> dict[str, Any]:
    root: dict[str, Any] = {"type": "object"}
    for place in places:
        steps, schema = place.split("."), root
        for depth, step in enumerate(steps):
            schema = schema.setdefault("properties", {}).setdefault(step, {"type": "object"})
            if ".".join(steps[: depth + 1]) in (*LISTS, *PLAIN.lists.values()):
                schema["type"] = "array"
                schema = schema.setdefault("items", {"type": "object"})
    return root


def schema_of_application(rollout: dict[str, Any]) -> dict[str, Any]:
    policies = {"type": "array", "items": {"type": "object", "properties": {"name": {}, "rollout": rollout}}}
    return {"properties": {"spec": {"type": "object", "properties": {"syncPolicies": policies}}}}


def schema_of_canary(places: Iterable[str] = OF_CANARIES) -> dict[str, Any]:
    return {"properties": {"spec": schema_of_rollout(places), "status": {"type": "object"}}}


def definition_of_canaries(schema: dict[str, Any]) -> dict[str, Any]:
    made = definition(schema, "v1beta1")
    made["metadata"]["name"], made["spec"]["group"] = "canaries.flagger.app", "flagger.app"
    return made


def definition(schema: dict[str, Any], version: str = "v1alpha1") -> dict[str, Any]:
    versions = [{"name": "v1beta9", "schema": {}}, {"name": version, "schema": {"openAPIV3Schema": schema}}]
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "applications.apps.kurator.dev"},
        "spec": {"group": "apps.kurator.dev", "versions": versions},
    }


def hub_knows(application: Application, places: Iterable[str]) -> None:
    """As it was read of the hub."""
    FieldsOfPolicies.objects.update_or_create(hub=application.hub, defaults={"places": list(places), "read_at": NOW})


def cluster_knows(cluster: Cluster, places: Iterable[str]) -> None:
    """As it was read of the cluster."""
    found = {"places": list(places), "read_at": NOW}
    FieldsOfCanaries.objects.update_or_create(cluster=cluster, defaults=found)
