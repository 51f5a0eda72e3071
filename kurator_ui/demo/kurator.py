"""Kurator's Application controller: renders Canaries on the members, puts them back every 30 s, copies their status."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kurator_ui.demo import seeds
from kurator_ui.demo.clock import Clock, stamp
from kurator_ui.demo.cluster import Cluster
from kurator_ui.demo.errors import ApiError, Obj
from kurator_ui.demo.flux import inventory, taken_away
from kurator_ui.demo.rendering import policy_name, render, render_kustomization, resource_name
from kurator_ui.demo.resources import (
    APPLICATIONS,
    ATTACHED_CLUSTERS,
    CANARIES,
    DEPLOYMENTS,
    FLEETS,
    KUSTOMIZATIONS,
    SERVICES,
)
from kurator_ui.demo.store import Address

SYNC_SECONDS = 30.0
NOTICE_SECONDS = 0.3
BRANCH = "main"
MANAGER = "fleet-manager"
CLUSTER_LABEL = "fleet.kurator.dev/fleet-name"


def _source_status(application: Obj, now: str) -> Obj:
    """There is one branch in every repository. As the original's, the status of a healthy source is empty."""
    git = (application["spec"].get("source") or {}).get("gitRepository") or {}
    branch = (git.get("ref") or {}).get("branch", BRANCH)
    if branch == BRANCH:
        return {}
    had = ((application.get("status") or {}).get("sourceStatus") or {}).get("gitRepoStatus") or {}
    since = next((one["lastTransitionTime"] for one in had.get("conditions", [])), now)
    message = f'failed to checkout and determine revision: couldn\'t find remote ref "refs/heads/{branch}"'
    failed = {"type": "Ready", "status": "False", "reason": "GitOperationFailed", "message": message}
    return {"conditions": [{**failed, "lastTransitionTime": since}]}


class Unreachable(Exception):
    """A member does not answer; the round ends here, for every cluster of the Application."""


class Kurator:
    def __init__(self, hub: Cluster, members: Mapping[str, Cluster], clock: Clock) -> None:
        self._hub, self._members, self._clock = hub, members, clock
        self._rounds: dict[str, int] = {}
        hub.store.subscribe(APPLICATIONS, self._changed)
        hub.store.subscribe(FLEETS, self._fleet_changed)

    def start(self) -> None:
        for fleet in self._hub.store.all(FLEETS):
            self._report_fleet(fleet)
        for application in self._hub.store.all(APPLICATIONS):
            self._plan(application, NOTICE_SECONDS)

    def _changed(self, kind: str, obj: Obj, old: Obj | None) -> None:
        deleting = bool(obj["metadata"].get("deletionTimestamp"))
        if kind == "DELETED":
            self._clock.call_later(NOTICE_SECONDS, lambda: taken_away(obj, self._members))
        elif kind == "ADDED" or (
            kind == "MODIFIED" and old and (old["metadata"]["generation"] != obj["metadata"]["generation"] or deleting)
        ):
            self._plan(obj, NOTICE_SECONDS)

    def _fleet_changed(self, kind: str, obj: Obj, old: Obj | None) -> None:
        if kind == "MODIFIED" and old and old["metadata"]["generation"] != obj["metadata"]["generation"]:
            kept = {reference["name"] for reference in obj["spec"].get("clusters") or []}
            left = [
                reference["name"] for reference in old["spec"].get("clusters") or [] if reference["name"] not in kept
            ]
            self._clock.call_later(NOTICE_SECONDS, lambda: self._resettle(obj["metadata"], left))

    def _resettle(self, meta: Obj, left: list[str]) -> None:
        """After the list of a Fleet has changed."""
        for name in left:
            if found := self._hub.store.find(ATTACHED_CLUSTERS, meta["namespace"], name):
                found["metadata"].get("labels", {}).pop(CLUSTER_LABEL, None)
                self._hub.store.update(ATTACHED_CLUSTERS, found)
        if fleet := self._hub.store.find(FLEETS, meta["namespace"], meta["name"]):
            self._report_fleet(fleet)

    def _plan(self, application: Obj, seconds: float) -> None:
        """The next round replaces whichever was planned."""
        meta = application["metadata"]
        number = self._rounds[meta["uid"]] = self._rounds.get(meta["uid"], 0) + 1
        self._clock.call_later(seconds, lambda: self._round(meta["namespace"], meta["name"], meta["uid"], number))

    def _round(self, namespace: str, name: str, uid: str, number: int) -> None:
        application = self._hub.store.find(APPLICATIONS, namespace, name)
        if application is None or application["metadata"]["uid"] != uid or self._rounds[uid] != number:
            return
        self._plan(application, SYNC_SECONDS)
        try:
            if application["metadata"].get("deletionTimestamp"):
                self._clean_up(application)
            else:
                self._sync(application)
        except (Unreachable, ApiError, KeyError):
            return  # as the original: nothing is shown on the object, the next round tries again

    def _sync(self, application: Obj) -> None:
        entries = []
        for index, policy in enumerate(application["spec"].get("syncPolicies") or []):
            name = policy_name(application, index)
            for member in self._selected(application, policy):
                made = resource_name(name, "AttachedCluster", member)
                entry: Obj = {
                    "name": made,
                    "kustomizationStatus": self._kustomization(application, made, policy, member),
                }
                if policy.get("rollout"):
                    entry["rolloutStatus"] = self._rollout(member, name, policy["rollout"])
                entries.append(entry)
        meta = application["metadata"]
        source = _source_status(application, stamp(self._clock.now()))
        status = {"sourceStatus": {"gitRepoStatus": source}, "syncStatus": entries}
        self._hub.store.change(
            Address(APPLICATIONS, meta["namespace"], meta["name"]),
            lambda obj: obj.update({"status": status}),
            status=True,
        )

    def _kustomization(self, application: Obj, name: str, policy: Obj, member: str) -> Obj:
        """Gives its status, with the conditions of one that failed: a healthy one has none to be told."""
        if not policy.get("kustomization"):
            return {}
        namespace = application["metadata"]["namespace"]
        secret = self._hub.store.get(ATTACHED_CLUSTERS, namespace, member)["spec"]["kubeconfig"]
        wanted = render_kustomization(application, name, policy, secret)
        found = self._hub.store.find(KUSTOMIZATIONS, namespace, name)
        if found is None:
            found = self._hub.store.create(KUSTOMIZATIONS, wanted)
        else:
            found = self._hub.store.update(KUSTOMIZATIONS, {**found, "spec": wanted["spec"]})
        conditions = (found.get("status") or {}).get("conditions") or ()
        failed = [one for one in conditions if one["status"] == "False"]
        applied = inventory(self._members[member], name) if member in self._members else {}
        return {**applied, **({"conditions": failed} if failed else {})}

    def _selected(self, application: Obj, policy: Obj) -> Iterator[str]:
        destination = policy.get("destination") or application["spec"].get("destination") or {}
        namespace = application["metadata"]["namespace"]
        wanted = ((destination.get("clusterSelector") or {}).get("matchLabels") or {}).items()
        fleet = self._hub.store.get(FLEETS, namespace, destination.get("fleet", ""))
        for reference in fleet["spec"].get("clusters") or []:
            if reference.get("kind") == "AttachedCluster":
                found = self._hub.store.get(ATTACHED_CLUSTERS, namespace, reference["name"])
                if wanted <= (found["metadata"].get("labels") or {}).items():
                    yield reference["name"]

    def _rollout(self, member: str, policy: str, rollout: Obj) -> Obj:
        cluster = self._reach(member)
        workload = rollout["workload"]
        if rollout.get("testLoader"):
            self._test_loader(cluster, workload["namespace"], f"{workload['name']}-testloader", policy)
        apex = cluster.store.get(SERVICES, workload["namespace"], rollout["serviceName"])
        wanted = render(rollout, policy, apex, member)
        found = cluster.store.find(CANARIES, workload["namespace"], rollout["serviceName"])
        if found is None:
            found = cluster.store.create(CANARIES, wanted, manager=MANAGER)
        else:
            found["spec"], found["metadata"]["annotations"] = wanted["spec"], wanted["metadata"]["annotations"]
            found = cluster.store.update(CANARIES, found, manager=MANAGER)
        return {
            "clusterName": member,
            "rolloutNameInCluster": workload["name"],
            "rolloutStatusInCluster": found.get("status") or {},
        }

    def _reach(self, member: str) -> Cluster:
        cluster = self._members.get(member)
        if cluster is None or cluster.state != "up":
            raise Unreachable(member)
        return cluster

    def _test_loader(self, cluster: Cluster, namespace: str, name: str, policy: str) -> None:
        if cluster.store.find(DEPLOYMENTS, namespace, name):
            return
        made = seeds.deployment(namespace, name, "ghcr.io/fluxcd/flagger-loadtester:0.29.0", replicas=1)
        made["metadata"]["annotations"] = {"kurator.dev/rollout": policy}
        cluster.store.create(DEPLOYMENTS, made)
        if cluster.store.find(SERVICES, namespace, name) is None:
            cluster.store.create(SERVICES, seeds.service(namespace, name))

    def _clean_up(self, application: Obj) -> None:
        """Canaries of policies that still have a rollout, then the finalizer."""
        for policy in application["spec"].get("syncPolicies") or []:
            rollout = policy.get("rollout")
            for member in self._selected(application, policy) if rollout else ():
                cluster, namespace = self._reach(member), rollout["workload"]["namespace"]
                found = cluster.store.find(CANARIES, namespace, rollout["serviceName"])
                if found and "kurator.dev/rollout" in (found["metadata"].get("annotations") or {}):
                    cluster.store.delete(CANARIES, namespace, rollout["serviceName"])
                for resource in (DEPLOYMENTS, SERVICES):
                    if cluster.store.find(resource, namespace, f"{rollout['workload']['name']}-testloader"):
                        cluster.store.delete(resource, namespace, f"{rollout['workload']['name']}-testloader")
        meta = application["metadata"]
        self._hub.store.change(
            Address(APPLICATIONS, meta["namespace"], meta["name"]),
            lambda obj: obj["metadata"].update({"finalizers": []}),
        )

    def _report_fleet(self, fleet: Obj) -> None:
        meta, listed = fleet["metadata"], fleet["spec"].get("clusters") or []
        present = {found["metadata"]["name"] for found in self._hub.store.all(ATTACHED_CLUSTERS, meta["namespace"])}
        for reference in listed:
            if reference["name"] not in present:
                return  # the original waits for the object and does nothing else
            at = Address(ATTACHED_CLUSTERS, meta["namespace"], reference["name"])
            self._hub.store.change(
                at, lambda obj: obj["metadata"].setdefault("labels", {}).update({CLUSTER_LABEL: meta["name"]})
            )
            self._hub.store.change(at, lambda obj: obj.update({"status": {"ready": True}}), status=True)
        status = {"phase": "Ready", "readyClusters": len(listed), "unReadyClusters": 0}
        self._hub.store.change(
            Address(FLEETS, meta["namespace"], meta["name"]), lambda obj: obj.update({"status": status}), status=True
        )
