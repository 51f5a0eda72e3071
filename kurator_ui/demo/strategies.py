"""What a passed check leads to: blue/green, A/B testing or a progressive canary."""

from __future__ import annotations

from kurator_ui.demo.canary import Canary
from kurator_ui.demo.checks import Checks
from kurator_ui.demo.recorder import Recorder
from kurator_ui.demo.routing import Routers
from kurator_ui.demo.status import StatusWriter
from kurator_ui.demo.workloads import Workloads


class Strategies:
    def __init__(
        self, workloads: Workloads, routers: Routers, checks: Checks, status: StatusWriter, recorder: Recorder
    ) -> None:
        self._workloads, self._routers, self._checks = workloads, routers, checks
        self._status, self._recorder = status, recorder

    def step(self, canary: Canary, green: int) -> None:
        """One step ahead; green is its share of live traffic in percent."""
        match canary.strategy:
            case "blue-green":
                self._blue_green(canary)
            case "ab-testing":
                self._ab_testing(canary)
            case _:
                self._progressive(canary, green)

    def _blue_green(self, canary: Canary) -> None:
        if canary.iterations < canary.wanted_iterations:
            self._next_iteration(canary)
        elif not self._approved(canary):
            return
        elif canary.iterations == canary.wanted_iterations and canary.provider != "kubernetes":
            self._say(canary, "Routing all traffic to canary")
            self._routers.of(canary).route(canary, 100)
            self._status.count(canary, "iterations", canary.iterations + 1)
        else:
            self._promote(canary)

    def _ab_testing(self, canary: Canary) -> None:
        if canary.iterations < canary.wanted_iterations:
            self._routers.of(canary).route(canary, 100)
            self._next_iteration(canary)
        elif self._approved(canary):
            self._promote(canary)

    def _progressive(self, canary: Canary, green: int) -> None:
        steps = canary.analysis.get("stepWeights") or []
        limit = int(steps[-1] if steps else canary.analysis.get("maxWeight") or 100)
        if green >= limit:
            if self._approved(canary):
                self._promote(canary)
            return
        where = f"{canary.name}.{canary.namespace}"
        if hook := self._checks.refusing(canary, "confirm-traffic-increase"):
            self._say(
                canary, f"Halt {where} advancement waiting for traffic increase approval {hook['name']}", "Warning"
            )
            return
        following = next(
            (int(step) for step in steps if step > green), green + int(canary.analysis.get("stepWeight") or limit)
        )
        weight = min(limit, following)
        self._routers.of(canary).route(canary, weight)
        self._status.count(canary, "canaryWeight", weight)
        self._say(canary, f"Advance {where} canary weight {weight}")

    def _next_iteration(self, canary: Canary) -> None:
        following = canary.iterations + 1
        self._status.count(canary, "iterations", following)
        self._say(
            canary, f"Advance {canary.name}.{canary.namespace} canary iteration {following}/{canary.wanted_iterations}"
        )

    def _approved(self, canary: Canary) -> bool:
        if hook := self._checks.refusing(canary, "confirm-promotion"):
            if canary.phase != "WaitingPromotion":
                text = (
                    f"Halt {canary.name}.{canary.namespace} advancement waiting for promotion approval {hook['name']}"
                )
                self._say(canary, text, "Warning")
            self._status.phase(canary, "WaitingPromotion")
            return False
        for hook in canary.hooks("confirm-promotion"):
            self._say(canary, f"Confirm-promotion check {hook['name']} passed")
        return True

    def _promote(self, canary: Canary) -> None:
        self._say(
            canary, f"Copying {canary.target}.{canary.namespace} template spec to {canary.primary}.{canary.namespace}"
        )
        self._workloads.promote(canary)
        self._status.phase(canary, "Promoting")

    def _say(self, canary: Canary, message: str, kind: str = "Normal") -> None:
        self._recorder.record(canary.obj, kind, message)
