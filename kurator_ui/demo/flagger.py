"""The Flagger controller: a job per Canary that ticks at its interval, a loop that starts the jobs, finalizers."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

from kurator_ui.demo.canary import Canary
from kurator_ui.demo.clock import Clock
from kurator_ui.demo.errors import ApiError, Obj
from kurator_ui.demo.pods import trouble_of
from kurator_ui.demo.resources import CANARIES, DEPLOYMENTS
from kurator_ui.demo.status import StatusWriter
from kurator_ui.demo.store import Store
from kurator_ui.demo.tick import Tick
from kurator_ui.demo.workloads import Workloads

logger = logging.getLogger(__name__)

LOOP_SECONDS = 10.0
NOTICE_SECONDS = 0.05
FINALIZER = "finalizer.flagger.app"

OWN = ("istio-system", "flagger")
"""Its own Deployment."""

Key = tuple[str, str]


@dataclass(slots=True)
class _Job:
    interval: float
    cancel: Callable[[], None]


class Flagger:
    def __init__(self, store: Store, clock: Clock, tick: Tick, workloads: Workloads, status: StatusWriter) -> None:
        self._store, self._clock, self._tick = store, clock, tick
        self._workloads, self._status = workloads, status
        self._jobs: dict[Key, _Job] = {}
        store.subscribe(CANARIES, self._changed)

    def start(self, first_loop_in: float = 1.0) -> None:
        """Seconds until the first look at all Canaries; each ticks then at once."""
        self._clock.call_later(first_loop_in, self._loop)

    def _loop(self) -> None:
        self._clock.call_later(LOOP_SECONDS, self._loop)
        if not self._alive():
            for running in self._jobs.values():
                running.cancel()
            self._jobs.clear()  # begun anew, every Canary ticks at once
            return
        for obj in self._store.all(CANARIES):
            canary = Canary(obj)
            key = (canary.namespace, canary.name)
            job = self._jobs.get(key)
            if obj["metadata"].get("deletionTimestamp"):
                self._finalise(canary)
            elif job is None or job.interval != canary.interval:
                if job:
                    job.cancel()
                self._jobs[key] = _Job(canary.interval, lambda: None)
                self._run(key)
            self._keep_finalizer(canary)

    def _alive(self) -> bool:
        """Not when its Deployment is scaled to zero, or its pods do not start; those of a tag `hung` do nothing."""
        own = self._store.find(DEPLOYMENTS, *OWN)
        if own is None:
            return True
        hung = any("hung" in one["image"] for one in own["spec"]["template"]["spec"]["containers"])
        return bool(own["spec"].get("replicas", 1)) and not hung and not trouble_of(own)

    def _run(self, key: Key) -> None:
        obj = self._store.find(CANARIES, *key)
        job = self._jobs.get(key)
        if job is None or not self._alive():
            return
        if obj is None:
            del self._jobs[key]
            return
        job.cancel = self._clock.call_later(job.interval, lambda: self._run(key))
        try:
            self._tick.run(Canary(obj))
        except ApiError as error:
            # A missing Service, Ingress or target: the real controller reports it and tries again at the next tick.
            self._tick.recorder.record(obj, "Warning", error.message)
        except Exception:
            logger.exception("tick of %s/%s", *key)

    def _changed(self, kind: str, obj: Obj, old: Obj | None) -> None:
        key = (obj["metadata"]["namespace"], obj["metadata"]["name"])
        if kind == "DELETED":
            if job := self._jobs.pop(key, None):
                job.cancel()
        elif kind == "ADDED":
            self._clock.call_later(NOTICE_SECONDS, lambda: self._first_sight(key))
        elif obj["metadata"].get("deletionTimestamp") and not (old and old["metadata"].get("deletionTimestamp")):
            self._clock.call_later(NOTICE_SECONDS, lambda: self._deleted(key))
        elif old and bool(old["spec"].get("revertOnDeletion")) != bool(obj["spec"].get("revertOnDeletion")):
            self._clock.call_later(NOTICE_SECONDS, lambda: self._wish_changed(key))

    def _first_sight(self, key: Key) -> None:
        if (obj := self._store.find(CANARIES, *key)) and self._alive():
            canary = Canary(obj)
            self._keep_finalizer(canary)
            if not canary.status.get("conditions"):
                self._status.phase(canary, "Initializing")

    def _wish_changed(self, key: Key) -> None:
        if obj := self._store.find(CANARIES, *key):
            self._keep_finalizer(Canary(obj))

    def _keep_finalizer(self, canary: Canary) -> None:
        wanted = bool(canary.spec.get("revertOnDeletion"))
        have = FINALIZER in (canary.obj["metadata"].get("finalizers") or [])
        if wanted != have and not canary.obj["metadata"].get("deletionTimestamp"):
            self._store.change(canary.address, lambda obj: _set_finalizer(obj, wanted))

    def _deleted(self, key: Key) -> None:
        if obj := self._store.find(CANARIES, *key):
            canary = Canary(obj)
            self._tick.recorder.record(obj, "Normal", f"Terminating canary {canary.name}.{canary.namespace}")
            self._status.phase(canary, "Terminating")
            if self._store.find(DEPLOYMENTS, canary.namespace, canary.target):
                self._workloads.scale_up(canary)
            self._finalise_later(key)

    def _finalise_later(self, key: Key) -> None:
        self._clock.call_later(
            3.0, lambda: self._finalise(Canary(found)) if (found := self._store.find(CANARIES, *key)) else None
        )

    def _finalise(self, canary: Canary) -> None:
        """Users back on the target, then let the object go; while its pods are not ready it is tried again."""
        if canary.phase != "Terminating":
            self._deleted((canary.namespace, canary.name))
            return
        if self._store.find(DEPLOYMENTS, canary.namespace, canary.target):
            if not self._workloads.green_ready(canary):
                return
            self._workloads.apex_service(canary, primary=False)
        self._tick.recorder.record(canary.obj, "Normal", f"Terminated canary {canary.name}.{canary.namespace}")
        self._store.change(canary.address, lambda obj: _set_finalizer(obj, False))


def _set_finalizer(obj: Obj, wanted: bool) -> None:
    others = [name for name in obj["metadata"].get("finalizers") or [] if name != FINALIZER]
    obj["metadata"]["finalizers"] = [*others, FINALIZER] if wanted else others
