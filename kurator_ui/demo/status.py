"""The three ways in which the controller writes a Canary's status; each also moves `lastTransitionTime`."""

from __future__ import annotations

from collections.abc import Callable

from kurator_ui.demo.canary import Canary
from kurator_ui.demo.clock import Clock, stamp
from kurator_ui.demo.errors import Obj
from kurator_ui.demo.store import Store

_NEW = "New Deployment detected, starting initialization."
CONDITIONS = {
    "Initializing": ("Unknown", _NEW),
    "Initialized": ("True", "Deployment initialization completed."),
    "Waiting": ("Unknown", "Waiting for approval."),
    "Progressing": ("Unknown", "New revision detected, progressing canary analysis."),
    "WaitingPromotion": ("Unknown", "Waiting for approval."),
    "Promoting": ("Unknown", "Canary analysis completed, starting primary rolling update."),
    "Finalising": ("Unknown", "Canary analysis completed, routing all traffic to primary."),
    "Succeeded": ("True", "Canary analysis completed successfully, promotion finished."),
    "Failed": ("False", "Canary analysis failed, Deployment scaled to zero."),
    "Terminating": ("Unknown", _NEW),
}


class StatusWriter:
    def __init__(self, store: Store, clock: Clock) -> None:
        self._store, self._clock = store, clock

    def sync(self, canary: Canary, phase: str, applied: str, configs: dict[str, str], weight: int = 0) -> None:
        """A new beginning or end: counters are reset, the template seen is noted."""

        def write(status: Obj) -> None:
            status.update(
                {
                    "phase": phase,
                    "canaryWeight": weight,
                    "failedChecks": 0,
                    "iterations": 0,
                    "lastAppliedSpec": applied,
                    "trackedConfigs": configs,
                }
            )
            if phase == "Initialized":
                status["lastPromotedSpec"] = applied

        self._write(canary, write, phase)

    def phase(self, canary: Canary, phase: str) -> None:
        def write(status: Obj) -> None:
            status["phase"] = phase
            if phase not in ("Progressing", "Waiting", "Promoting"):
                status["canaryWeight"] = status["iterations"] = 0
            if phase == "WaitingPromotion":
                status["iterations"] = canary.wanted_iterations - 1 if canary.wanted_iterations else 0
            if phase in ("Succeeded", "Initialized"):
                status["lastPromotedSpec"] = status.get("lastAppliedSpec", "")

        self._write(canary, write, phase)

    def count(self, canary: Canary, field: str, value: int) -> None:
        """One of iterations, canaryWeight, failedChecks."""
        self._write(canary, lambda status: status.update({field: value}), None)

    def _write(self, canary: Canary, write: Callable[[Obj], None], phase: str | None) -> None:
        def edit(obj: Obj) -> None:
            status = dict(obj.get("status") or {"canaryWeight": 0, "failedChecks": 0, "iterations": 0})
            write(status)
            status["lastTransitionTime"] = stamp(self._clock.now())
            if phase in CONDITIONS:
                status["conditions"] = [_condition(status.get("conditions"), phase, stamp(self._clock.now()))]
            obj["status"] = status

        self._store.change(canary.address, edit, status=True)


def _condition(had: list[Obj] | None, phase: str, now: str) -> Obj:
    value, message = CONDITIONS[phase]
    old = had[0] if had else {}
    if old.get("status") == value and old.get("reason") == phase:
        return old
    moved = old["lastTransitionTime"] if old.get("status") == value else now
    return {
        "lastTransitionTime": moved,
        "lastUpdateTime": now,
        "message": message,
        "reason": phase,
        "status": value,
        "type": "Promoted",
    }
