"""The pods of a Deployment, as many as its replica sets want, each with the status that its readiness calls for.

What is wrong with a pod is told by its image's tag: a tag with one of the words of `TROUBLES` starts pods that never
become ready, each in its own way. With `onlygreen` that is so for Deployments whose name ends in `-primary` alone.
"""

from __future__ import annotations

from collections.abc import Container
from itertools import count

from kurator_ui.demo.clock import Clock, parse_stamp, stamp
from kurator_ui.demo.errors import Obj
from kurator_ui.demo.hashes import template_hash
from kurator_ui.demo.resources import PODS
from kurator_ui.demo.store import Address, Store

TROUBLES = ("broken", "nopull", "crash", "noconfig", "toolarge", "overquota")
RESTART_SECONDS = 20.0
"""How often a crashing container is started again."""


def trouble_of(deployment: Obj) -> str:
    """One of TROUBLES, or empty."""
    tags = tags_of(deployment)
    words = [word for word in TROUBLES for tag in tags if word in tag]
    if not words and deployment["metadata"]["name"].endswith("-primary") and any("onlygreen" in tag for tag in tags):
        return "broken"
    return words[0] if words else ""


def tags_of(deployment: Obj) -> list[str]:
    """Of the images of its containers."""
    return [container["image"].rpartition(":")[2] for container in deployment["spec"]["template"]["spec"]["containers"]]


class Pods:
    def __init__(self, store: Store, clock: Clock) -> None:
        self._store, self._clock = store, clock

    def sync(self, deployment: Obj, replica_sets: list[Obj]) -> None:
        """Makes, changes and removes pods until there are as many as the replica sets have, ready ones first."""
        namespace = deployment["metadata"]["namespace"]
        owned = {owned["metadata"]["uid"]: owned for owned in replica_sets}
        known: dict[str, list[Obj]] = {uid: [] for uid in owned}
        for pod in self._store.all(PODS, namespace):
            owner = str((pod["metadata"].get("ownerReferences") or [{}])[0].get("uid", ""))
            if owner in known:
                known[owner].append(pod)
        for uid, replica_set in owned.items():
            trouble = trouble_of({"metadata": deployment["metadata"], "spec": replica_set["spec"]})
            self._sync(replica_set, known[uid], trouble)

    def _sync(self, replica_set: Obj, pods: list[Obj], trouble: str) -> None:
        meta = replica_set["metadata"]
        wanted = 0 if trouble == "overquota" else int(replica_set["spec"]["replicas"])
        ready = int(replica_set["status"]["readyReplicas"])
        for pod in pods[wanted:]:
            self._store.delete(PODS, meta["namespace"], pod["metadata"]["name"])
        taken = {pod["metadata"]["name"] for pod in pods[:wanted]}
        for number in range(wanted):
            if number < len(pods):
                self._update(pods[number], number < ready, trouble)
            else:
                name = free_name(meta["name"], f"{meta['uid']} {self._store.version}", taken)
                taken.add(name)
                self._store.create(PODS, self._made(replica_set, name, number < ready, trouble))

    def _update(self, pod: Obj, ready: bool, trouble: str) -> None:
        meta = pod["metadata"]
        status = _status(pod, ready, trouble, stamp(self._clock.now()))
        if status != pod["status"]:
            at = Address(PODS, meta["namespace"], meta["name"])
            self._store.change(at, lambda found: found.update({"status": status}))

    def _made(self, replica_set: Obj, name: str, ready: bool, trouble: str) -> Obj:
        meta, template = replica_set["metadata"], replica_set["spec"]["template"]
        owner = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": meta["name"], "uid": meta["uid"]}
        pod: Obj = {
            "metadata": {
                "name": name,
                "namespace": meta["namespace"],
                "labels": dict(template["metadata"].get("labels") or {}),
                "ownerReferences": [{**owner, "controller": True, "blockOwnerDeletion": True}],
            },
            "spec": template["spec"],
        }
        pod["status"] = _status(pod, ready, trouble, stamp(self._clock.now()))
        return pod


def free_name(replica_set: str, seed: str, taken: Container[str]) -> str:
    """As a ReplicaSet names its pods, by five letters; two of them may well be the same."""
    hashes = (template_hash(f"{seed} {attempt}")[-5:] for attempt in count())
    return next(name for name in (f"{replica_set}-{suffix}" for suffix in hashes) if name not in taken)


def _status(pod: Obj, ready: bool, trouble: str, now: str) -> Obj:
    """Times of conditions that have not changed stay; a crashing container counts its restarts up."""
    had = pod.get("status") or {}
    unscheduled = trouble == "toolarge" and not ready
    scheduled = (
        ("False", "Unschedulable", "0/3 nodes are available: 3 Insufficient memory.") if unscheduled else ("True",)
    )
    readiness = ("True",) if ready else ("False", "ContainersNotReady", "containers with unready status")
    conditions = [_condition(had, "PodScheduled", scheduled, now)]
    if not unscheduled:
        conditions.append(_condition(had, "Ready", readiness, now))
    status: Obj = {
        "phase": "Running" if ready or trouble in ("broken", "crash") else "Pending",
        "conditions": conditions,
    }
    if not unscheduled:
        before = {one["name"]: one for one in had.get("containerStatuses", [])}
        status["containerStatuses"] = [
            _container(one, before.get(one["name"], {}), ready, trouble, now) for one in pod["spec"]["containers"]
        ]
    return status


def _condition(had: Obj, kind: str, wanted: tuple[str, ...], now: str) -> Obj:
    made = dict(zip(("status", "reason", "message"), wanted, strict=False))
    old: Obj = next((one for one in had.get("conditions", []) if one["type"] == kind), {})
    moved = old["lastTransitionTime"] if old.get("status") == made["status"] else now
    return {"type": kind, "lastTransitionTime": moved, **made}


def _due(before: Obj, now: str) -> bool:
    ended = ((before.get("lastState") or {}).get("terminated") or {}).get("finishedAt")
    return ended is None or parse_stamp(now) - parse_stamp(ended) >= RESTART_SECONDS / 2


def _container(container: Obj, before: Obj, ready: bool, trouble: str, now: str) -> Obj:
    image, restarts = container["image"], int(before.get("restartCount", 0))
    made: Obj = {"name": container["name"], "image": image, "ready": ready, "restartCount": restarts}
    waiting = {
        "nopull": ("ImagePullBackOff", f'Back-off pulling image "{image}"'),
        "noconfig": ("CreateContainerConfigError", f'configmap "{container["name"]}-flags" not found'),
    }
    if ready or trouble == "broken":
        made["state"] = before["state"] if "running" in before.get("state", {}) else {"running": {"startedAt": now}}
    elif trouble == "crash" and not _due(before, now):
        return before
    elif trouble == "crash":
        made["restartCount"] = restarts + 1
        backoff = f"back-off {min(10 * 2**restarts, 300)}s restarting failed container={container['name']}"
        made["state"] = {"waiting": {"reason": "CrashLoopBackOff", "message": backoff}}
        made["lastState"] = {"terminated": {"reason": "Error", "exitCode": 1, "finishedAt": now}}
    elif trouble in waiting:
        reason, message = waiting[trouble]
        made["state"] = {"waiting": {"reason": reason, "message": message}}
    else:
        made["state"] = {"waiting": {"reason": "ContainerCreating"}}
    return made
