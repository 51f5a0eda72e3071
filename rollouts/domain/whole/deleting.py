"""What goes when an Application is deleted, and what would leave users alone or the Application for ever `Terminating`
(kurator.md 12).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from rollouts.domain.commands.governed import listed
from rollouts.domain.whole.seen import How, Listed, Whole, WholePolicy

ACT = "delete-application"
FINALIZER = "apps.kurator.dev"
TAKE_MORE = {
    "Namespace": "with everything that is in it, also what others have put there",
    "PersistentVolumeClaim": "perhaps with its data",
    "CustomResourceDefinition": "with every object of that kind in the cluster",
}
"""Kinds that take along what no manifest lists."""


OF_A_ROLLOUT = " Kurator deletes its Canary, blue with it, its MetricTemplates, load tester, and rule in Ingress nginx."


class TrapKind(StrEnum):
    ROLLOUT = "rollout"
    REMOVAL = "removal"
    CANARY = "canary"
    FLEET = "fleet"
    MEMBER = "member"
    AWAY = "away"
    BEYOND = "beyond"
    """Flux has something in a cluster that is not among those by which the person is judged."""
    DELETING = "deleting"
    REFUSED = "refused"
    """By the hub."""


@dataclass(frozen=True, slots=True)
class Trap:
    """Why it is not deleted now, and the next best thing to do. `about`: the policy, cluster or removal meant."""

    kind: TrapKind
    said: str
    instead: str
    about: str = ""


@dataclass(frozen=True, slots=True)
class Reached:
    """A cluster that a policy selects. `away`: why nothing new is heard of it. `canary`: one that is still there for
    the policy, or on a workload that it has brought, as `namespace/name`.
    """

    cluster: int
    name: str
    entry: str
    """Of the Flux object for it on the hub."""
    away: str = ""
    canary: str = ""


@dataclass(frozen=True, slots=True)
class Around:
    """What belongs to the judgement beside the Application. `fleets`: names in its namespace, with whether each is
    being deleted. `lost`: members that these Fleets list and that are not there, by Fleet.
    """

    reached: Mapping[str, tuple[Reached, ...]]
    """By the name of the policy."""
    fleets: Mapping[str, bool]
    lost: Mapping[str, tuple[str, ...]]
    removals: tuple[tuple[int, str], ...] = ()
    """Those that go on: id, and policy."""


@dataclass(frozen=True, slots=True)
class Going:
    """What becomes of one policy's workloads in one cluster. `objects` is None where Flux does not tell."""

    policy: str
    cluster: str
    goes: bool
    objects: tuple[str, ...] | None
    said: str


@dataclass(frozen=True, slots=True)
class Deletion:
    traps: tuple[Trap, ...]
    going: tuple[Going, ...]
    warnings: tuple[str, ...]

    def digest(self, uid: str) -> str:
        """Of all that a person decides by."""
        going = sorted([one.policy, one.cluster, one.goes, sorted(one.objects or ())] for one in self.going)
        said = [uid, sorted([one.kind, one.about] for one in self.traps), going, sorted(self.warnings)]
        return hashlib.sha256(json.dumps(said).encode()).hexdigest()


def judge_deletion(whole: Whole, around: Around) -> Deletion:
    going = [
        _going(policy, one, whole.inventories.get(one.entry))
        for policy in whole.policies
        for one in around.reached.get(policy.name, ())
    ]
    return Deletion(tuple(_traps(whole, around)), tuple(going), tuple(_warnings(whole, around)))


def _traps(whole: Whole, around: Around) -> Iterator[Trap]:
    if whole.deleting:
        waits = f" It waits for {listed(list(whole.finalizers))}." if whole.finalizers else ""
        yield Trap(TrapKind.DELETING, f"It is being deleted already.{waits}", "Look on the hub what it waits for.")
    for id, removed in around.removals:
        yield Trap(
            TrapKind.REMOVAL,
            f"The rollout of policy {removed} is just being removed.",
            "Wait until that is done.",
            str(id),
        )
    for policy in whole.policies:
        yield from _of_policy(policy, around.reached.get(policy.name, ()))
    for fleet in dict.fromkeys(one.fleet for one in whole.policies if one.fleet):
        yield from _of_fleet(fleet, around)
    away = {one.name: one.away for several in around.reached.values() for one in several if one.away}
    for name, why in away.items():
        yield Trap(
            TrapKind.AWAY,
            f"Nothing new is heard of {name}: {why} What Flux has put there could not be taken away, and would stay.",
            "Wait until it answers again, or take it out of the Fleet first if it is gone for good.",
            name,
        )
    yield from _beyond(whole, around)


def _beyond(whole: Whole, around: Around) -> Iterator[Trap]:
    """What Flux made for a cluster stays when the cluster is selected no more (kurator.md 10), and goes only now."""
    known = {one.entry for several in around.reached.values() for one in several}
    for entry in whole.entries:
        if entry not in known:
            yield Trap(
                TrapKind.BEYOND,
                f"Kurator still has {entry} for a cluster that no policy selects among those known here. What that has"
                " brought would go too, and nobody here can tell what it is.",
                "Let a policy select that cluster again, or delete this object of Flux on the hub first.",
                entry,
            )


def _of_policy(policy: WholePolicy, reached: Sequence[Reached]) -> Iterator[Trap]:
    if policy.rollout:
        where = f" in {listed([one.name for one in reached])}" if reached else ""
        yield Trap(
            TrapKind.ROLLOUT,
            f"Policy {policy.name} still has a rollout{where}. Kurator deletes its Canaries without waiting for"
            " Flagger: blue goes while the target has no replicas, and nobody serves users.",
            "Remove the rollout first, step by step.",
            policy.name,
        )
        return
    for one in reached:
        if one.canary and policy.takes_along:
            yield Trap(
                TrapKind.CANARY,
                f"In {one.name} the Canary {one.canary} of policy {policy.name} is still there:"
                " its target and the Service of the users would go, and blue stay behind without a way to it.",
                "Delete that Canary first, with spec.revertOnDeletion on, and wait until Flagger has brought the target"
                " back.",
                one.canary,
            )


def _of_fleet(fleet: str, around: Around) -> Iterator[Trap]:
    again = "Kurator would try every few seconds and never come to the end: the Application would stay Terminating."
    if fleet not in around.fleets:
        yield Trap(
            TrapKind.FLEET,
            f"There is no Fleet {fleet} on the hub any more. {again}",
            f"Create the Fleet again until the Application is gone, or take its finalizer {FINALIZER} off by hand.",
            fleet,
        )
    elif around.fleets[fleet]:
        yield Trap(
            TrapKind.FLEET,
            f"Fleet {fleet} is being deleted. {again}",
            "Delete the Application before its Fleet: look whether that can still be stopped.",
            fleet,
        )
    if lost := around.lost.get(fleet, ()):
        yield Trap(
            TrapKind.MEMBER,
            f"Fleet {fleet} lists {listed(list(lost))}, and there is no such cluster object on the hub. {again}",
            "Take it out of the Fleet, or create it again.",
            fleet,
        )


def _going(policy: WholePolicy, one: Reached, objects: tuple[Listed, ...] | None) -> Going:
    told = None if objects is None else tuple(str(each) for each in objects)
    return Going(
        policy.name,
        one.name,
        policy.takes_along,
        told,
        f"{_fate(policy)} {OF_A_ROLLOUT if policy.rollout else ''}".strip(),
    )


def _fate(policy: WholePolicy) -> str:
    if policy.suspended:
        return "It is suspended: what it has brought stays, and nobody keeps it any more."
    if policy.how is How.HELM:
        return "Flux uninstalls the release: what its chart has made goes."
    if policy.how is How.KUSTOMIZATION and policy.prune:
        return "Flux deletes what it has applied (prune is on)."
    if policy.how is How.KUSTOMIZATION:
        return "Flux leaves what it has applied (prune is off); nobody keeps it any more."
    return "It has neither a kustomization nor a chart: nothing goes."


def _warnings(whole: Whole, around: Around) -> Iterator[str]:
    more: dict[str, list[str]] = {}
    for policy in whole.policies if whole.inventories else ():
        for one in around.reached.get(policy.name, ()) if policy.takes_along else ():
            for each in whole.inventories.get(one.entry, ()):
                if each.kind in TAKE_MORE:
                    more.setdefault(f"{each} goes, {TAKE_MORE[each.kind]}", []).append(one.name)
    yield from (f"{said}: in {listed(names)}." for said, names in more.items())
    if any(one.takes_along and around.reached.get(one.name) for one in whole.policies):
        yield "Whoever uses these workloads is served by nobody from then on. Nothing of it comes back from here."
    if not any(around.reached.values()):
        yield "None of its policies selects a cluster that is known here: what goes elsewhere cannot be told."
