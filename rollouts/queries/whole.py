"""Applications as a whole: what each reaches, who may make or delete one, and what was asked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from zlib import crc32

from django.db.models import Q

from rollouts import access
from rollouts.domain import memory
from rollouts.domain.kurator import entry_of
from rollouts.domain.whole.deleting import Around, Reached
from rollouts.domain.whole.seen import Whole, WholePolicy
from rollouts.models import (
    Application,
    ApplicationChange,
    ChangeKind,
    ChangeState,
    Cluster,
    Removal,
    RemovalState,
    Rollout,
)
from rollouts.models.one_offs import UNASKED
from rollouts.queries.clusters import mark_of

Parts = list[tuple[int, list[int]]]
"""Rows of an Application (0: none yet), each with the clusters that its policies select."""
MAY_NOT_CREATE = "To create an Application needs the right to edit all policies in every cluster of it. {}"
MAY_NOT_DELETE = "To delete an Application needs the right to edit all of its policies in every cluster they select. {}"
KEPT_IN_SIGHT = 3
KURATOR = "kurator"
TARGETS = ("Deployment", "DaemonSet")


def members_of(hub: int, namespace: str) -> list[Cluster]:
    """The clusters among which policies of Applications in this namespace of the hub select."""
    return list(Cluster.objects.filter(hub=hub, hub_namespace=namespace).order_by("name"))


@dataclass(frozen=True, slots=True)
class FleetChoice:
    """A Fleet some of whose clusters, as a whole, the person may edit the policies of. `value` is as in the form."""

    value: str
    hub: Cluster
    namespace: str
    name: str
    clusters: int
    """Those that the person may edit: of others not even the number is told."""


def fleets_for(person: access.Person) -> list[FleetChoice]:
    """By hub, namespace and name; nothing is read for who may edit none."""
    if not access.may_edit_something(person):
        return []
    several: dict[tuple[int, str], tuple[Cluster, list[Cluster]]] = {}
    members = Cluster.objects.filter(hub__isnull=False, left_at=None).exclude(fleets=[]).select_related("hub")
    for one in members.order_by("hub__name", "name"):
        if one.hub is None:
            continue
        for fleet in one.fleets:
            several.setdefault((one.hub.pk, fleet), (one.hub, []))[1].append(one)
    found = []
    for (number, fleet), (hub, its) in several.items():
        if own := sum(access.may_edit_whole_clusters(person, [one.pk]) for one in its):
            namespace, _, name = fleet.partition("/")
            found.append(FleetChoice(f"{number}/{fleet}", hub, namespace, name, own))
    return sorted(found, key=lambda one: (one.hub.name, one.namespace, one.name))


def selected(hub: int, namespace: str, fleet: str, labels: Mapping[str, str]) -> list[Cluster]:
    """The clusters of a Fleet that have these labels, by name."""
    members = Cluster.objects.filter(hub=hub, hub_namespace=namespace, left_at=None).order_by("name")
    return [one for one in members if f"{namespace}/{fleet}" in one.fleets and labels.items() <= one.labels.items()]


def reached_now(change: ApplicationChange) -> list[int]:
    """The clusters that a new Application would reach: Fleets and labels change after it was entered."""
    to = change.manifest["spec"]["syncPolicies"][0]["destination"]
    labels = to.get("clusterSelector", {}).get("matchLabels", {})
    return sorted(one.pk for one in selected(change.hub_id, change.namespace, to["fleet"], labels))


def rows_of(hub: int, namespace: str, name: str) -> list[Application]:
    """One for each workload, and one for the policies without a rollout."""
    return list(Application.objects.filter(hub=hub, namespace=namespace, name=name, deleted_at=None).order_by("pk"))


def parts_of(application: Application) -> Parts:
    """Of the whole Application that a row belongs to."""
    if application.hub_id is None:
        return []
    return parts_now(application.hub_id, application.namespace, application.name)


def parts_now(hub: int, namespace: str, name: str) -> Parts:
    members = members_of(hub, namespace)
    made: Parts = []
    for row in rows_of(hub, namespace, name):
        policies = [memory.load_policy(one) for one in row.policies]
        found = [
            each.pk for each in members if any(one.selects(row.namespace, each.fleets, each.labels) for one in policies)
        ]
        made.append((row.pk, found))
    return made


def knows(change: ApplicationChange, whole: Whole) -> bool:
    """Whether each policy without a rollout is observed as one, so that the rights on it are those that are judged. One
    with a rollout is a trap.
    """
    rows = rows_of(change.hub_id, change.namespace, change.name)
    known = {memory.load_policy(one).name for row in rows if not row.workload for one in row.policies}
    return {one.name for one in whole.policies if one.fleet and not one.rollout} <= known


def may_delete(person: access.Person, parts: Parts) -> bool:
    """Who may edit each of its policies."""
    rows = Application.objects.in_bulk([row for row, _ in parts])
    return bool(parts) and all(
        row in rows and access.may_edit_policy(person, rows[row], clusters) for row, clusters in parts
    )


def may_not_delete(person: access.Person, parts: Parts) -> str:
    """Why this person may not, and whom to ask; nothing if allowed."""
    return "" if may_delete(person, parts) else MAY_NOT_DELETE.format(access.whom_to_ask())


def may_not(person: access.Person, change: ApplicationChange) -> str:
    """As `may_not_delete`, of what was looked at: by what it reached then."""
    if may(person, change):
        return ""
    if change.kind == ChangeKind.DELETE:
        return f"You may not delete it any more. {MAY_NOT_DELETE.format(access.whom_to_ask())}"
    return f"You may not create it any more. {MAY_NOT_CREATE.format(access.whom_to_ask())}"


def may(person: access.Person, change: ApplicationChange) -> bool:
    """Judged by what it reached when it was looked at."""
    if change.kind == ChangeKind.CREATE:
        return access.may_edit_whole_clusters(person, _clusters(change))
    return may_delete(person, [(row, list(clusters)) for row, clusters in change.parts])


def may_be_carried_out(change: ApplicationChange) -> bool:
    """The person is as the database has them now."""
    return change.person is not None and may(change.person, change)


def seen_by(person: access.Person, id: int) -> ApplicationChange | None:
    """What was not asked for yet is its author's alone; the rest whoever sees all clusters that it names."""
    found = ApplicationChange.objects.select_related("hub", "person").filter(pk=id).first()
    if found is None or (found.asked_at is None and found.person_id != person.pk):
        return None
    return found if _sees(person, found) else None


def _sees(person: access.Person, change: ApplicationChange) -> bool:
    if change.kind == ChangeKind.CREATE:
        return all(access.sees_whole_cluster(person, one) for one in _clusters(change))
    rows = Application.objects.in_bulk([row for row, _ in change.parts])
    return all(row in rows and access.may_see_policy(person, rows[row], clusters) for row, clusters in change.parts)


def of_application(person: access.Person, application: Application) -> tuple[ApplicationChange, ...]:
    """The newest that were asked for."""
    if application.hub_id is None:
        return ()
    known = ApplicationChange.objects.filter(
        hub=application.hub_id, namespace=application.namespace, name=application.name
    )
    found = known.exclude(state__in=UNASKED).exclude(asked_at=None).order_by("-id")[:KEPT_IN_SIGHT]
    return tuple(one for one in found if _sees(person, one))


def version_of(change: ApplicationChange) -> str:
    """Changes with all that its page shows."""
    times = [str(one) for one in (change.sent_at, change.written_at, change.arrived_at)]
    said = [change.state, change.sentence, change.digest, change.left, *times]
    return f"{crc32(repr(said).encode()):x}"


def around(
    change: ApplicationChange, whole: Whole, fleets: Mapping[str, bool], lost: Mapping[str, tuple[str, ...]],
    now: datetime,
) -> Around:  # fmt: skip
    """As the clusters were last seen."""
    members = members_of(change.hub_id, change.namespace)
    canaries = _canaries(change, members, whole)
    reached = {
        policy.name: tuple(
            _reached(policy, one, whole, canaries.get(one.pk, ()), now)
            for one in members
            if _selects(change.namespace, policy, one)
        )
        for policy in whole.policies
    }
    going_on = Removal.objects.filter(
        application__hub=change.hub_id, application__namespace=change.namespace, application__name=change.name,
        state=RemovalState.OPEN,
    )  # fmt: skip
    return Around(reached, fleets, lost, tuple(going_on.order_by("id").values_list("id", "policy")))


def _selects(namespace: str, policy: WholePolicy, one: Cluster) -> bool:
    return f"{namespace}/{policy.fleet}" in one.fleets and policy.selector.items() <= one.labels.items()


def _reached(policy: WholePolicy, one: Cluster, whole: Whole, canaries: Iterable[Rollout], now: datetime) -> Reached:
    trouble = mark_of(one, now).trouble
    entry = entry_of(policy.name, one.hub_kind.removesuffix("s"), one.hub_name)
    brought = {(each.kind, each.namespace, each.name) for each in whole.inventories.get(entry, ())}
    still = (
        f"{each.namespace}/{each.name}"
        for each in canaries
        if (each.owner_kind == KURATOR and each.owner_name == policy.name)
        or (each.target_kind, each.namespace, each.target_name) in brought
    )
    return Reached(one.pk, one.name, entry, f"{trouble}." if trouble else "", next(still, ""))


def _canaries(change: ApplicationChange, members: Iterable[Cluster], whole: Whole) -> Mapping[int, list[Rollout]]:
    """By cluster those of its policies without a rollout, where no other Application governs them (kurator.md G16), and
    those on workloads that Flux has brought for it, whoever made them.
    """
    policies = [one.name for one in whole.policies if not one.rollout]
    its = Q(hub=change.hub_id, namespace=change.namespace, name=change.name)
    rows = Application.objects.filter(its).values("pk")
    made = Q(owner_kind=KURATOR, owner_name__in=policies) & (Q(application__hub=None) | Q(application__in=rows))
    targets = {each.name for listed in whole.inventories.values() for each in listed if each.kind in TARGETS}
    found = Rollout.objects.filter(
        made | Q(target_kind__in=TARGETS, target_name__in=targets),
        cluster__in=[one.pk for one in members], deleted_at=None,
    )  # fmt: skip
    known: dict[int, list[Rollout]] = {}
    for one in found.order_by("namespace", "name"):
        known.setdefault(one.cluster_id, []).append(one)
    return known


def clusters_of(change: ApplicationChange) -> set[int]:
    return set(_clusters(change))


def _clusters(change: ApplicationChange) -> list[int]:
    return sorted({int(one) for _, clusters in change.parts for one in clusters})


def open_one(hub: int, namespace: str, name: str) -> ApplicationChange | None:
    known = ApplicationChange.objects.filter(hub=hub, namespace=namespace, name=name, state=ChangeState.OPEN)
    return known.first()
