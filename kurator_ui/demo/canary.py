"""A Canary as its controller reads it: defaults applied, strategy decided."""

from __future__ import annotations

from typing import Any

from kurator_ui.demo.clock import parse_duration
from kurator_ui.demo.errors import Obj
from kurator_ui.demo.resources import CANARIES
from kurator_ui.demo.store import Address

RUNNING = ("Progressing", "WaitingPromotion", "Promoting", "Finalising")
ANALYSING = ("Progressing", "WaitingPromotion")
SHORTEST_INTERVAL = 10.0


class Canary:
    """A view of one object, valid until something is written."""

    def __init__(self, obj: Obj) -> None:
        self.obj = obj
        self.namespace: str = obj["metadata"]["namespace"]
        self.name: str = obj["metadata"]["name"]
        self.spec: Obj = obj["spec"]
        self.status: Obj = obj.get("status") or {}
        self.analysis: Obj = self.spec.get("analysis") or {}
        self.service: Obj = self.spec.get("service") or {}

    @property
    def address(self) -> Address:
        return Address(CANARIES, self.namespace, self.name)

    @property
    def target(self) -> str:
        return str(self.spec["targetRef"]["name"])

    @property
    def primary(self) -> str:
        return f"{self.target}-primary"

    @property
    def apex(self) -> str:
        return str(self.service.get("name") or self.target)

    @property
    def provider(self) -> str:
        return str(self.spec.get("provider") or "istio")

    @property
    def phase(self) -> str:
        return str(self.status.get("phase") or "")

    @property
    def iterations(self) -> int:
        return int(self.status.get("iterations") or 0)

    @property
    def failed_checks(self) -> int:
        return int(self.status.get("failedChecks") or 0)

    @property
    def wanted_iterations(self) -> int:
        given = int(self.analysis.get("iterations") or 0)
        return given or (10 if self.provider == "kubernetes" else 0)

    @property
    def threshold(self) -> int:
        return int(self.analysis.get("threshold") or 0) or 1

    @property
    def interval(self) -> float:
        """Seconds."""
        return max(SHORTEST_INTERVAL, parse_duration(str(self.analysis.get("interval") or ""), 60.0))

    @property
    def deadline(self) -> float:
        """Seconds that pods may take to become ready."""
        return float(self.spec.get("progressDeadlineSeconds") or 600)

    @property
    def skip_analysis(self) -> bool:
        return bool(self.spec.get("skipAnalysis")) or not self.analysis

    @property
    def suspended(self) -> bool:
        return bool(self.spec.get("suspend"))

    @property
    def strategy(self) -> str:
        if self.wanted_iterations:
            return "ab-testing" if self.analysis.get("match") else "blue-green"
        return "canary"

    def hooks(self, kind: str) -> list[Obj]:
        found: list[Obj] = self.analysis.get("webhooks") or []
        return [hook for hook in found if (hook.get("type") or "rollout") == kind]

    def metrics(self) -> list[Obj]:
        found: list[Obj] = self.analysis.get("metrics") or []
        return found

    def owner_reference(self) -> Obj:
        meta: dict[str, Any] = self.obj["metadata"]
        reference = {"apiVersion": CANARIES.api_version, "kind": "Canary", "name": self.name, "uid": meta["uid"]}
        return {**reference, "controller": True, "blockOwnerDeletion": True}
