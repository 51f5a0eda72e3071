"""One tick of one Canary: Flagger's decisions, in its order. The order matters to whoever intervenes by hand."""

from __future__ import annotations

from kurator_ui.demo.canary import ANALYSING, RUNNING, Canary
from kurator_ui.demo.checks import Checks
from kurator_ui.demo.recorder import Recorder
from kurator_ui.demo.resources import CANARIES
from kurator_ui.demo.routing import Routers
from kurator_ui.demo.status import StatusWriter
from kurator_ui.demo.store import Store
from kurator_ui.demo.strategies import Strategies
from kurator_ui.demo.workloads import NotReady, Workloads

INITIALISING = ("", "Initializing")


class Tick:
    def __init__(
        self,
        store: Store,
        workloads: Workloads,
        routers: Routers,
        checks: Checks,
        status: StatusWriter,
        recorder: Recorder,
    ) -> None:
        self._store, self._workloads, self._routers = store, workloads, routers
        self._checks, self._status, self.recorder = checks, status, recorder
        self._strategies = Strategies(workloads, routers, checks, status, recorder)

    def run(self, canary: Canary) -> None:
        """Raises ApiError when an object that it needs is missing or refused."""
        if canary.suspended:
            self._say(canary, "skipping canary run as object is suspended")
            return
        self._workloads.side_services(canary)
        if canary.phase in INITIALISING and not canary.skip_analysis:
            self._say(canary, "all the metrics providers are available!")
        self._workloads.ensure_primary(canary)
        if canary.phase in INITIALISING and not self._primary_ready(canary):
            return
        self._workloads.apex_service(canary)
        if canary.phase in INITIALISING:
            self._workloads.scale_down(canary)
        self._routers.of(canary).reconcile(canary)
        if canary.phase in INITIALISING:
            self._sync(canary, "Initialized")
            self._say(canary, f"Initialization done! {canary.name}.{canary.namespace}")
            return
        self._advance(canary)

    def _advance(self, canary: Canary) -> None:
        # Judged by the object as it was read: the write below hides the change from every later tick.
        changed = self._changed(canary)
        if canary.phase == "Failed":
            self._sync(canary, "Failed", weight=int(canary.status.get("canaryWeight") or 0))
        if canary.phase not in (*RUNNING, "Waiting") and not changed:
            return
        if not canary.skip_analysis and not self._primary_ready(canary):
            return
        if canary.phase not in RUNNING:
            self._begin(canary)
        elif canary.phase in ANALYSING and changed:
            self._restart(canary)
        elif self._green_ready(canary):
            self._proceed(canary)

    def _changed(self, canary: Canary) -> bool:
        applied, status = self._workloads.applied(canary), canary.status
        if applied not in (status.get("lastPromotedSpec"), status.get("lastAppliedSpec")):
            return True
        return "trackedConfigs" in status and self._workloads.configs(canary) != (status["trackedConfigs"] or {})

    def _begin(self, canary: Canary) -> None:
        if hook := self._checks.refusing(canary, "confirm-rollout"):
            if canary.phase != "Waiting":
                self._say(
                    canary,
                    f"Halt {canary.name}.{canary.namespace} advancement waiting for approval {hook['name']}",
                    "Warning",
                )
                self._status.phase(canary, "Waiting")
            return
        for hook in canary.hooks("confirm-rollout"):
            self._say(canary, f"Confirm-rollout check {hook['name']} passed")
        self._say(canary, f"New revision detected! Scaling up {canary.target}.{canary.namespace}")
        self._workloads.scale_up(canary)
        self._sync(canary, "Progressing")

    def _restart(self, canary: Canary) -> None:
        self._say(canary, f"New revision detected! Restarting analysis for {canary.target}.{canary.namespace}")
        self._routers.of(canary).route(canary, 0)
        self._workloads.scale_up(canary)
        self._sync(canary, "Progressing")

    def _proceed(self, canary: Canary) -> None:
        """A run whose two sides are ready."""
        if canary.skip_analysis:
            self._skip(canary)
        elif canary.phase in ANALYSING and self._rolled_back_by_hook(canary):
            return
        elif canary.phase == "Promoting":
            if canary.provider != "kubernetes":
                self._say(canary, "Routing all traffic to primary")
            self._routers.of(canary).route(canary, 0)
            self._status.phase(canary, "Finalising")
        elif canary.phase == "Finalising":
            self._workloads.scale_down(canary)
            self._status.phase(canary, "Succeeded")
            self._say(canary, f"Promotion completed! Scaling down {canary.target}.{canary.namespace}")
        elif canary.failed_checks >= canary.threshold:
            text = (
                f"Rolling back {canary.name}.{canary.namespace} failed checks threshold reached {canary.failed_checks}"
            )
            self._say(canary, text, "Warning")
            self._roll_back(canary)
        else:
            self._analyse(canary)

    def _analyse(self, canary: Canary) -> None:
        green = self._routers.of(canary).green(canary)
        if (green == 0 or canary.provider == "kubernetes") and canary.iterations == 0:
            self._say(canary, f"Starting canary analysis for {canary.target}.{canary.namespace}")
            if hook := self._checks.refusing(canary, "pre-rollout"):
                where = f"{canary.name}.{canary.namespace}"
                self._failed_check(
                    canary, f"Halt {where} advancement pre-rollout check {hook['name']} failed Forbidden"
                )
                return
            for hook in canary.hooks("pre-rollout"):
                self._say(canary, f"Pre-rollout check {hook['name']} passed")
        elif problem := self._checks.problem(canary):
            self._failed_check(canary, problem)
            return
        self._strategies.step(canary, green)

    def _failed_check(self, canary: Canary, message: str) -> None:
        self._say(canary, message, "Warning")
        self._status.count(canary, "failedChecks", canary.failed_checks + 1)

    def _skip(self, canary: Canary) -> None:
        self._routers.of(canary).route(canary, 0)
        self._say(
            canary, f"Copying {canary.target}.{canary.namespace} template spec to {canary.primary}.{canary.namespace}"
        )
        self._workloads.promote(canary)
        self._workloads.scale_down(canary)
        self._status.phase(canary, "Succeeded")
        self._say(canary, f"Promotion completed! Canary analysis was skipped for {canary.target}.{canary.namespace}")

    def _rolled_back_by_hook(self, canary: Canary) -> bool:
        if hook := self._checks.accepting(canary, "rollback"):
            self._say(canary, f"Rollback check {hook['name']} passed", "Warning")
            self._say(canary, f"Rolling back {canary.name}.{canary.namespace} manual webhook invoked", "Warning")
            self._roll_back(canary)
            return True
        for hook in canary.hooks("rollback"):
            self._say(canary, f"Rollback hook {hook['name']} not signaling a rollback")
        return False

    def _roll_back(self, canary: Canary) -> None:
        self._routers.of(canary).route(canary, 0)
        self._say(canary, f"Canary failed! Scaling down {canary.name}.{canary.namespace}", "Warning")
        self._workloads.scale_down(canary)
        self._sync(canary, "Failed")

    def _primary_ready(self, canary: Canary) -> bool:
        try:
            self._workloads.require_primary(canary)
        except NotReady as error:
            self._say(canary, str(error), "Warning")
            if not error.retriable and canary.phase in ("Promoting", "Finalising"):
                self._say(
                    canary,
                    f"Promotion of {canary.target}.{canary.namespace} failed, primary not ready: {error}",
                    "Warning",
                )
                self._routers.of(canary).route(canary, 100)
                self._sync(canary, "Failed", weight=100)
            elif not error.retriable:
                self._roll_back(canary)
            return False
        return True

    def _green_ready(self, canary: Canary) -> bool:
        try:
            self._workloads.require_green(canary)
        except NotReady as error:
            self._say(canary, str(error), "Warning")
            if not error.retriable:
                self._roll_back(canary)
            return False
        return True

    def _sync(self, canary: Canary, phase: str, weight: int = 0) -> None:
        self._status.sync(canary, phase, self._workloads.applied(canary), self._workloads.configs(canary), weight)

    def _say(self, canary: Canary, message: str, kind: str = "Normal") -> None:
        if found := self._store.find(CANARIES, canary.namespace, canary.name):
            self.recorder.record(found, kind, message)
