"""The Table form of objects that kubectl prints, with the printer columns of the real kinds."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from kurator_ui.demo.clock import parse_stamp
from kurator_ui.demo.errors import Obj
from kurator_ui.demo.resources import Resource

Cell = Callable[[Obj], Any]


def _at(*path: str) -> Cell:
    def read(obj: Obj) -> Any:
        value: Any = obj
        for step in path:
            value = value.get(step) if isinstance(value, dict) else None
        return value

    return read


def _age(obj: Obj) -> str:
    seconds = int(datetime.now(UTC).timestamp() - parse_stamp(obj["metadata"]["creationTimestamp"]))
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds >= 2 * size:
            return f"{seconds // size}{unit}"
    return f"{max(0, seconds)}s"


def _ready(obj: Obj) -> str:
    return f"{(obj.get('status') or {}).get('readyReplicas', 0)}/{obj['spec'].get('replicas', 1)}"


def _count(field: str) -> Cell:
    return lambda obj: (obj.get("status") or {}).get(field, 0)


AGE: tuple[str, str, int, Cell] = ("Age", "string", 0, _age)
# name, type, priority (1 is shown with -o wide only), value
COLUMNS: dict[str, tuple[tuple[str, str, int, Cell], ...]] = {
    "Canary": (
        ("Status", "string", 0, _at("status", "phase")),
        ("Weight", "integer", 0, _at("status", "canaryWeight")),
        ("Suspended", "boolean", 1, _at("spec", "suspend")),
        ("FailedChecks", "integer", 1, _at("status", "failedChecks")),
        ("Interval", "string", 1, _at("spec", "analysis", "interval")),
        ("StepWeight", "integer", 1, _at("spec", "analysis", "stepWeight")),
        ("MaxWeight", "integer", 1, _at("spec", "analysis", "maxWeight")),
        ("LastTransitionTime", "string", 0, _at("status", "lastTransitionTime")),
    ),
    "Deployment": (
        ("Ready", "string", 0, _ready),
        ("Up-to-date", "integer", 0, _count("updatedReplicas")),
        ("Available", "integer", 0, _count("availableReplicas")),
        AGE,
    ),
    "Namespace": (("Status", "string", 0, lambda obj: "Active"), AGE),
    "Event": (
        ("Last Seen", "string", 0, _at("lastTimestamp")),
        ("Type", "string", 0, _at("type")),
        ("Reason", "string", 0, _at("reason")),
        ("Object", "string", 0, _at("involvedObject", "name")),
        ("Message", "string", 0, _at("message")),
    ),
    "Fleet": (("Phase", "string", 0, _at("status", "phase")), AGE),
    "AttachedCluster": (("Ready", "boolean", 0, _at("status", "ready")), AGE),
}


def wants_table(accept: str) -> bool:
    return "as=Table" in accept


def table(resource: Resource, objects: list[Obj], metadata: Obj, *, whole: bool = False) -> Obj:
    """`whole`: with the objects themselves, by which kubectl sorts; else with their metadata only."""
    columns = (("Name", "string", 0, _at("metadata", "name")), *COLUMNS.get(resource.kind, (AGE,)))
    if resource.kind == "Event":
        columns = columns[1:]
    defined = [
        {
            "name": name,
            "type": kind,
            "format": "name" if name == "Name" else "",
            "description": "",
            "priority": priority,
        }
        for name, kind, priority, _ in columns
    ]
    rows = [
        {"cells": [cell(obj) for *_, cell in columns], "object": obj if whole else _partial(obj)} for obj in objects
    ]
    return {
        "kind": "Table",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": metadata,
        "columnDefinitions": defined,
        "rows": rows,
    }


def _partial(obj: Obj) -> Obj:
    return {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": obj["metadata"]}
