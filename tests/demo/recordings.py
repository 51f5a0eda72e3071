"""Recordings of real controllers, and simulated clusters that begin where a recording begins."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kurator_ui.demo import seeds
from kurator_ui.demo.clock import VirtualClock
from kurator_ui.demo.cluster import Cluster
from kurator_ui.demo.hashes import template_hash
from kurator_ui.demo.kurator import Kurator
from kurator_ui.demo.resources import (
    APPLICATIONS,
    ATTACHED_CLUSTERS,
    CANARIES,
    DEPLOYMENTS,
    FLEETS,
    SERVICES,
    VIRTUAL_SERVICES,
    Resource,
)
from kurator_ui.demo.store import Address

Obj = dict[str, Any]
FOLDER = Path(__file__).parent.parent / "recordings"
NAMESPACE, NAME = "webapp", "backend"
TICK = 10.0
BEFORE_THE_WRITE = 0.06
"""A tick's status write comes some milliseconds after the tick begins."""


@dataclass(frozen=True)
class Line:
    cluster: str
    at: float
    """Seconds since the recording began."""
    kind: str
    obj: Obj


def lines(name: str) -> list[Line]:
    raw = [json.loads(line) for line in (FOLDER / f"{name}.jsonl").read_text().splitlines()]
    return [
        Line(line["cluster"], line["at"] - raw[0]["at"], line["event"]["type"], line["event"]["object"]) for line in raw
    ]


class Changes:
    """What matters of a rollout's objects, in the order of its changes: status, routing, blue's image, green's size.

    Hashes are numbered by first appearance, so that two controllers with other hashes can be compared.
    """

    def __init__(self) -> None:
        self.seen: list[tuple[Any, ...]] = []
        self._last: dict[str, tuple[Any, ...]] = {}
        self._hashes: dict[str, int] = {}

    def note(self, obj: Obj) -> None:
        for fact in self._facts(obj):
            if self._last.get(fact[0]) != fact:
                self._last[fact[0]] = fact
                self.seen.append(fact)

    def _facts(self, obj: Obj) -> Iterator[tuple[Any, ...]]:
        kind, name, spec = obj["kind"], obj["metadata"]["name"], obj.get("spec", {})
        if kind == "Canary" and name == NAME:
            status = obj["status"]
            counters = (status["phase"], status["iterations"], status["failedChecks"], status["canaryWeight"])
            hashes = (self._number(status["lastAppliedSpec"]), self._number(status["lastPromotedSpec"]))
            condition = status["conditions"][0]
            yield ("status", *counters, *hashes, condition["status"], condition["reason"], condition["message"])
            yield ("suspended", bool(spec.get("suspend")))
            yield ("skipping", bool(spec.get("skipAnalysis")))
        elif kind == "VirtualService" and name == NAME:
            yield ("routing", *((route["destination"]["host"], route["weight"]) for route in spec["http"][0]["route"]))
        elif kind == "Deployment" and name == f"{NAME}-primary":
            yield ("blue", spec["template"]["spec"]["containers"][0]["image"])
        elif kind == "Deployment" and name == NAME:
            yield ("green", spec["replicas"])

    def _number(self, text: str) -> int:
        return self._hashes.setdefault(text, len(self._hashes))


def recorded(name: str, cluster: str) -> list[tuple[Any, ...]]:
    changes = Changes()
    for line in lines(name):
        if line.cluster == cluster:
            changes.note(line.obj)
    return changes.seen


def first_tick(name: str, cluster: str) -> float:
    """When the controller ticked first, in seconds since the recording began."""
    before = ""
    for line in lines(name):
        if line.obj["kind"] == "Canary" and line.cluster == cluster:
            now = line.obj["status"]["lastTransitionTime"]
            if before and now != before:
                return line.at % TICK - BEFORE_THE_WRITE
            before = now
    return 5.0


class Replay:
    """A simulated cluster that begins where a recording begins; acts are planned, then time runs."""

    def __init__(self, name: str, cluster: str) -> None:
        self.clock = VirtualClock()
        self.changes = Changes()
        self.cluster = Cluster(cluster, self.clock)
        self.hub = Cluster("hub", self.clock, hub=True)
        self._name, self._lines = name, lines(name)
        self._members = {member: Cluster(member, self.clock) for member in ("kurator-member1", "kurator-member2")} | {
            cluster: self.cluster
        }
        self._restore()
        for resource in (CANARIES, VIRTUAL_SERVICES, DEPLOYMENTS):
            self.cluster.store.subscribe(resource, lambda kind, obj, old: self.changes.note(obj))
        self.cluster.start(first_tick(name, cluster))

    def with_kurator(self) -> Replay:
        """Kurator's first look comes a moment after the recording begins."""
        store = self.hub.store
        for member in self._members:
            store.create(ATTACHED_CLUSTERS, seeds.attached_cluster("default", member))
        store.create(FLEETS, seeds.fleet("default", "quickstart", list(self._members)))
        Kurator(self.hub, self._members, self.clock).start()
        return self

    def at(self, seconds: float, act: Callable[[], object]) -> Replay:
        self.clock.call_later(seconds, lambda: (act(), None)[1])
        return self

    def run(self) -> list[tuple[Any, ...]]:
        """To a moment after the recording's last line."""
        self.clock.advance(self._lines[-1].at + 1.0)
        return self.changes.seen

    def image(self, tag: str) -> None:
        self._edit(DEPLOYMENTS, lambda obj: _container(obj).update({"image": f"ghcr.io/stefanprodan/podinfo:{tag}"}))

    def annotate_template(self, key: str, value: str) -> None:
        self._edit(
            DEPLOYMENTS,
            lambda obj: obj["spec"]["template"]["metadata"].setdefault("annotations", {}).update({key: value}),
        )

    def scale(self, replicas: int) -> None:
        self._edit(DEPLOYMENTS, lambda obj: obj["spec"].update({"replicas": replicas}))

    def spec(self, **fields: Any) -> None:
        self._edit(CANARIES, lambda obj: obj["spec"].update(fields))

    def status(self, **fields: Any) -> None:
        at = Address(CANARIES, NAMESPACE, NAME)
        self.cluster.store.change(at, lambda obj: obj["status"].update(fields), status=True)

    def fault(self, errors: float) -> None:
        self.cluster.traffic.fault(NAMESPACE, NAME, errors=errors)

    def policy(self, **fields: Any) -> None:
        """Of the Application's first sync policy."""
        self._application(lambda policies: policies[0]["rollout"]["rolloutPolicy"].update(fields))

    def without_rollout(self) -> None:
        self._application(lambda policies: policies[0].pop("rollout"))

    def _application(self, edit: Callable[[list[Obj]], object]) -> None:
        at = Address(APPLICATIONS, "default", "blue-green-demo")
        self.hub.store.change(at, lambda obj: (edit(obj["spec"]["syncPolicies"]), None)[1])

    def canary(self) -> Obj:
        return self.cluster.store.get(CANARIES, NAMESPACE, NAME)

    def _edit(self, resource: Resource, edit: Callable[[Obj], object]) -> None:
        self.cluster.store.change(Address(resource, NAMESPACE, NAME), lambda obj: (edit(obj), None)[1])

    def _restore(self) -> None:
        kinds = {resource.kind: resource for resource in (CANARIES, VIRTUAL_SERVICES, DEPLOYMENTS, APPLICATIONS)}
        begun = [line for line in self._lines if line.at == 0 and line.kind == "ADDED" and line.obj["kind"] in kinds]
        for member in self._members.values():
            member.namespace(NAMESPACE)
            member.store.create(SERVICES, seeds.service(NAMESPACE, NAME, 9898))
        blue = next(
            line.obj
            for line in begun
            if line.obj["metadata"]["name"] == f"{NAME}-primary" and line.cluster == self.cluster.name
        )
        for line in begun:
            store = self.hub.store if line.obj["kind"] == "Application" else self._members[line.cluster].store
            if line.obj["kind"] == "Canary":
                _translate_hashes(line.obj["status"], blue)
            store.restore(kinds[line.obj["kind"]], line.obj)
            if line.cluster == self.cluster.name:
                self.changes.note(line.obj)


def _container(deployment: Obj) -> Obj:
    found: Obj = deployment["spec"]["template"]["spec"]["containers"][0]
    return found


def _translate_hashes(status: Obj, blue: Obj) -> None:
    """The recording's hashes into the simulation's: what was promoted stands on blue, the rest is just different."""
    template = json.loads(json.dumps(blue["spec"]["template"]).replace(f"{NAME}-primary", NAME))
    template["metadata"]["annotations"].pop("flagger-id")
    if not template["metadata"]["annotations"]:
        del template["metadata"]["annotations"]
    promoted = template_hash(template)
    same = status["lastAppliedSpec"] == status["lastPromotedSpec"]
    status["lastPromotedSpec"] = promoted
    status["lastAppliedSpec"] = promoted if same else "another"
