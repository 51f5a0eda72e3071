"""The Deployment controller: replica sets, rolling updates one pod at a time, ready pods a moment later.

Pods of some images never become ready (`pods.py`).
"""

from __future__ import annotations

import math

from kurator_ui.demo.clock import Clock, parse_stamp, stamp
from kurator_ui.demo.errors import Obj
from kurator_ui.demo.hashes import template_hash
from kurator_ui.demo.pods import RESTART_SECONDS, Pods, tags_of, trouble_of
from kurator_ui.demo.resources import DEPLOYMENTS, REPLICASETS
from kurator_ui.demo.store import Address, Store
from kurator_ui.demo.traffic import Traffic

NOTICE_SECONDS = 0.02
READY_SECONDS = 0.6
ERRORS, SILENT = "demo.kurator-ui/errors", "demo.kurator-ui/no-requests"
"""Annotations of a Deployment: what its answers are like."""
FAILING, BY_TAG = "errors", 0.4
"""An image with this word in its tag answers so many requests with an error."""
REVISION = "deployment.kubernetes.io/revision"

Condition = tuple[str, str, str, str]
"""Type, status, reason, message (with the name of the replica set)."""
AVAILABLE = ("Available", "True", "MinimumReplicasAvailable", "Deployment has minimum availability.")
UNAVAILABLE = ("Available", "False", "MinimumReplicasUnavailable", "Deployment does not have minimum availability.")
COMPLETE = ("Progressing", "True", "NewReplicaSetAvailable", 'ReplicaSet "{}" has successfully progressed.')
UPDATED = ("Progressing", "True", "ReplicaSetUpdated", 'ReplicaSet "{}" is progressing.')
QUOTA = ("ReplicaFailure", "True", "FailedCreate", 'pods "{}-" is forbidden: exceeded quota: compute, limited: pods=20')
OVERDUE = ("Progressing", "False", "ProgressDeadlineExceeded", 'ReplicaSet "{}" has timed out progressing.')


class Deployments:
    def __init__(self, store: Store, clock: Clock, traffic: Traffic) -> None:
        self._store, self._clock, self._traffic = store, clock, traffic
        self._pods = Pods(store, clock)
        self._planned: dict[tuple[str, str], float] = {}
        store.subscribe(DEPLOYMENTS, self._changed)

    def resume(self) -> None:
        """Go on with what was under way when the fleet was stopped."""
        for deployment in self._store.all(DEPLOYMENTS):
            meta = deployment["metadata"]
            if (deployment.get("status") or {}).get("readyReplicas") and not _silent(deployment):
                self._traffic.served(meta["namespace"], meta["name"], True, since=self._clock.now() - 3600)
            if errors := _errors(deployment):
                self._traffic.fault(meta["namespace"], meta["name"], errors=errors)
            self._plan((meta["namespace"], meta["name"]), READY_SECONDS)

    def _changed(self, kind: str, obj: Obj, old: Obj | None) -> None:
        meta = obj["metadata"]
        if kind == "DELETED":
            self._traffic.forget(meta["namespace"], meta["name"])
            return
        if _errors(obj) != _errors(old):
            self._traffic.fault(meta["namespace"], meta["name"], errors=_errors(obj))
        if _silent(obj) != _silent(old):
            self._plan((meta["namespace"], meta["name"]), NOTICE_SECONDS)
        if meta["generation"] != (obj.get("status") or {}).get("observedGeneration"):
            self._plan((meta["namespace"], meta["name"]), NOTICE_SECONDS)

    def _plan(self, key: tuple[str, str], seconds: float) -> None:
        """The earliest wish counts."""
        due = self._clock.now() + seconds
        if self._planned.get(key, math.inf) > due:
            self._planned[key] = due
            self._clock.call_later(seconds, lambda: self._step(key, due))

    def _step(self, key: tuple[str, str], due: float) -> None:
        if self._planned.get(key) != due:
            return
        del self._planned[key]
        deployment = self._store.find(DEPLOYMENTS, *key)
        if deployment is None:
            return
        noticed = (deployment.get("status") or {}).get("observedGeneration") == deployment["metadata"]["generation"]
        new, olds = self._replica_sets(deployment)
        before = [_counts(owned) for owned in (new, *olds)]
        trouble = trouble_of(deployment)
        if noticed and not trouble:
            new["status"]["readyReplicas"] = new["spec"]["replicas"]
        _scale(new, olds, deployment["spec"].get("replicas", 1))
        for owned, was in zip((new, *olds), before, strict=True):
            if _counts(owned) != was:
                self._write(owned)
        self._report(deployment, new, olds)
        complete = new["status"]["readyReplicas"] == deployment["spec"].get("replicas", 1) and not _left(olds)
        moved = not noticed or before != [_counts(owned) for owned in (new, *olds)]
        if not complete:
            # Nothing more happens to broken pods but that they are started again and their time runs out.
            again = RESTART_SECONDS if trouble == "crash" else _deadline(deployment) + READY_SECONDS
            self._plan(key, READY_SECONDS if moved or not trouble else again)

    def _replica_sets(self, deployment: Obj) -> tuple[Obj, list[Obj]]:
        """The one of the current template (made when missing) and the others."""
        meta = deployment["metadata"]
        owned = [found for found in self._store.all(REPLICASETS, meta["namespace"]) if _owner(found) == meta["uid"]]
        name = f"{meta['name']}-{template_hash(deployment['spec']['template'])}"
        new = next((found for found in owned if found["metadata"]["name"] == name), None)
        olds = [found for found in owned if found["metadata"]["name"] != name]
        revision = 1 + max((_revision(found) for found in olds), default=0)
        if new is None:
            new = self._store.create(REPLICASETS, _replica_set(deployment, name, revision))
            new["status"] = {"replicas": 0, "readyReplicas": 0}
            self._prune(olds, deployment["spec"].get("revisionHistoryLimit", 10))
        elif olds and _revision(new) < revision:
            new["metadata"].setdefault("annotations", {})[REVISION] = str(revision)
            self._store.update(REPLICASETS, dict(new))
            new = self._store.get(REPLICASETS, meta["namespace"], name)
        for found in (new, *olds):
            found.setdefault("status", {}).setdefault("readyReplicas", 0)
        return new, sorted(olds, key=_revision)

    def _prune(self, olds: list[Obj], limit: int) -> None:
        idle = sorted((old for old in olds if not old["spec"]["replicas"]), key=_revision)
        for old in idle[: max(0, len(idle) - limit)]:
            self._store.delete(REPLICASETS, old["metadata"]["namespace"], old["metadata"]["name"])
            olds.remove(old)

    def _write(self, owned: Obj) -> None:
        meta = owned["metadata"]
        at = Address(REPLICASETS, meta["namespace"], meta["name"])
        self._store.change(at, lambda found: found["spec"].update({"replicas": owned["spec"]["replicas"]}))
        counts = {"replicas": owned["spec"]["replicas"], "readyReplicas": owned["status"]["readyReplicas"]}
        self._store.change(at, lambda found: found.update({"status": counts}), status=True)

    def _overdue(self, progressing: Obj, deadline: float) -> bool:
        if progressing.get("reason") == "ProgressDeadlineExceeded":
            return True
        waiting = progressing.get("reason") == "ReplicaSetUpdated"
        return waiting and parse_stamp(progressing["lastUpdateTime"]) + deadline <= self._clock.now()

    def _report(self, deployment: Obj, new: Obj, olds: list[Obj]) -> None:
        meta = deployment["metadata"]
        total = new["spec"]["replicas"] + sum(old["spec"]["replicas"] for old in olds)
        ready = new["status"]["readyReplicas"] + sum(old["status"]["readyReplicas"] for old in olds)
        counts = {
            "replicas": total,
            "updatedReplicas": new["spec"]["replicas"],
            "readyReplicas": ready,
            "availableReplicas": ready,
        }
        status: Obj = {
            "observedGeneration": meta["generation"],
            **{name: count for name, count in counts.items() if count},
        }
        desired = deployment["spec"].get("replicas", 1)
        if desired > ready:
            status["unavailableReplicas"] = desired - ready
        had = {condition["type"]: condition for condition in (deployment.get("status") or {}).get("conditions", [])}
        complete = new["status"]["readyReplicas"] == desired and not _left(olds)
        overdue = not complete and self._overdue(had.get("Progressing", {}), _deadline(deployment))
        first = AVAILABLE if ready >= desired else UNAVAILABLE
        third = (QUOTA,) if trouble_of(deployment) == "overquota" and not complete else ()
        second = COMPLETE if complete else OVERDUE if overdue else UPDATED
        status["conditions"] = _conditions(
            had, stamp(self._clock.now()), (first, second, *third), new["metadata"]["name"]
        )
        at = Address(DEPLOYMENTS, meta["namespace"], meta["name"])
        self._store.change(at, lambda found: found.update({"status": status}), status=True)
        revision = str(_revision(new))
        if meta.get("annotations", {}).get(REVISION) != revision:
            self._store.change(
                at, lambda found: found["metadata"].setdefault("annotations", {}).update({REVISION: revision})
            )
        self._pods.sync(deployment, [new, *olds])
        self._traffic.served(meta["namespace"], meta["name"], ready > 0 and not _silent(deployment))


def _silent(deployment: Obj | None) -> bool:
    """Somebody has said that no requests reach it."""
    return bool(deployment and SILENT in (deployment["metadata"].get("annotations") or {}))


def _errors(deployment: Obj | None) -> float:
    """The share of errors that somebody has asked for, from 0 to 1: by the annotation, or by the image's tag."""
    if deployment is None:
        return 0.0
    text = str((deployment["metadata"].get("annotations") or {}).get(ERRORS, "0"))
    asked = min(float(text), 1.0) if text.replace(".", "", 1).isdigit() else 0.0
    return asked or (BY_TAG if any(FAILING in tag for tag in tags_of(deployment)) else 0.0)


def _left(olds: list[Obj]) -> bool:
    return any(old["spec"]["replicas"] for old in olds)


def _deadline(deployment: Obj) -> float:
    return float(deployment["spec"].get("progressDeadlineSeconds", 600))


def _scale(new: Obj, olds: list[Obj], desired: int) -> None:
    """One move towards the wish: never fewer ready pods than wished while old ones are left, one pod more at most."""
    running = [old for old in olds if old["spec"]["replicas"]]
    if desired == 0:
        for owned in (new, *olds):
            _size(owned, 0)
        return
    for old in running:
        others = new["status"]["readyReplicas"] + sum(other["status"]["readyReplicas"] for other in running)
        spare = min(
            old["spec"]["replicas"], max(0, others - desired) + old["spec"]["replicas"] - old["status"]["readyReplicas"]
        )
        _size(old, old["spec"]["replicas"] - spare)
    left = sum(old["spec"]["replicas"] for old in running)
    room = desired - left if not left else desired + 1 - left
    _size(new, min(desired, max(room, 0)) if left else desired)


def _size(owned: Obj, replicas: int) -> None:
    owned["spec"]["replicas"] = replicas
    owned["status"]["readyReplicas"] = min(replicas, owned["status"]["readyReplicas"])


def _counts(owned: Obj) -> tuple[int, int]:
    return owned["spec"]["replicas"], owned["status"]["readyReplicas"]


def _owner(obj: Obj) -> str:
    owners = obj["metadata"].get("ownerReferences") or [{}]
    return str(owners[0].get("uid", ""))


def _revision(owned: Obj) -> int:
    return int(owned["metadata"].get("annotations", {}).get(REVISION, "0"))


def _replica_set(deployment: Obj, name: str, revision: int) -> Obj:
    meta, spec = deployment["metadata"], deployment["spec"]
    labels = {**(spec["template"]["metadata"].get("labels") or {}), "pod-template-hash": name.rpartition("-")[2]}
    owner = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "name": meta["name"],
        "uid": meta["uid"],
        "controller": True,
        "blockOwnerDeletion": True,
    }
    template = {**spec["template"], "metadata": {**spec["template"]["metadata"], "labels": labels}}
    return {
        "metadata": {
            "name": name,
            "namespace": meta["namespace"],
            "labels": labels,
            "annotations": {REVISION: str(revision)},
            "ownerReferences": [owner],
        },
        "spec": {"replicas": 0, "selector": {"matchLabels": labels}, "template": template},
    }


def _conditions(had: dict[str, Obj], now: str, wanted: tuple[Condition, ...], replica_set: str) -> list[Obj]:
    conditions = []
    for kind, status, reason, text in wanted:
        old, message = had.get(kind, {}), text.format(replica_set)
        if (old.get("status"), old.get("reason"), old.get("message")) == (status, reason, message):
            conditions.append(old)
            continue
        moved = old["lastTransitionTime"] if old.get("status") == status else now
        since = {"lastUpdateTime": now, "lastTransitionTime": moved}
        conditions.append({"type": kind, "status": status, **since, "reason": reason, "message": message})
    return conditions
