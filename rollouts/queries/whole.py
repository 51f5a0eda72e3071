"""Applications as a whole: what each reaches, who may make or delete one, and what was asked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zlib import crc32

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
from rollouts.models.whole import UNASKED
from rollouts.queries.clusters import mark_of

Parts = list[tuple[int, list[int]]]
"""Rows of an Application (0: none yet), each with the clusters that its policies select."""
KEPT_IN_SIGHT = 3


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
        if any(access.may_edit_whole_clusters(person, [one.pk]) for one in its):
            namespace, _, name = fleet.partition("/")
            found.append(FleetChoice(f"{number}/{fleet}", hub, namespace, name, len(its)))
    return sorted(found, key=lambda one: (one.hub.name, one.namespace, one.name))


def selected(fleet: FleetChoice, labels: Mapping[str, str]) -> list[Cluster]:
    """The clusters of a Fleet that have these labels, by name."""
    whole = f"{fleet.namespace}/{fleet.name}"
    members = Cluster.objects.filter(hub=fleet.hub, hub_namespace=fleet.namespace, left_at=None).order_by("name")
    return [one for one in members if whole in one.fleets and labels.items() <= one.labels.items()]


def rows_of(hub: int, namespace: str, name: str) -> list[Application]:
    """One for each workload, and one for the policies without a rollout."""
    return list(Application.objects.filter(hub=hub, namespace=namespace, name=name, deleted_at=None).order_by("pk"))


def parts_of(application: Application) -> Parts:
    """Of the whole Application that a row belongs to."""
    if application.hub_id is None:
        return []
    members = members_of(application.hub_id, application.namespace)
    made: Parts = []
    for row in rows_of(application.hub_id, application.namespace, application.name):
        policies = [memory.load_policy(one) for one in row.policies]
        found = [
            each.pk for each in members if any(one.selects(row.namespace, each.fleets, each.labels) for one in policies)
        ]
        made.append((row.pk, found))
    return made


def may_delete(person: access.Person, parts: Parts) -> bool:
    """Who may edit each of its policies."""
    rows = Application.objects.in_bulk([row for row, _ in parts])
    return bool(parts) and all(
        row in rows and access.may_edit_policy(person, rows[row], clusters) for row, clusters in parts
    )


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
    if found is None or (found.state in UNASKED and found.person_id != person.pk):
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
    said = [change.state, change.sentence, change.digest, change.left, str(change.written_at), str(change.arrived_at)]
    return f"{crc32(repr(said).encode()):x}"


def around(
    change: ApplicationChange, whole: Whole, fleets: Mapping[str, bool], lost: Mapping[str, tuple[str, ...]],
    now: datetime,
) -> Around:  # fmt: skip
    """As the clusters were last seen."""
    members = members_of(change.hub_id, change.namespace)
    left = _left_canaries(members, [one.name for one in whole.policies if not one.rollout])
    reached = {
        policy.name: tuple(
            _reached(policy, one, left, now) for one in members if _selects(change.namespace, policy, one)
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


def _reached(policy: WholePolicy, one: Cluster, left: Mapping[tuple[int, str], str], now: datetime) -> Reached:
    trouble = mark_of(one, now).trouble
    entry = entry_of(policy.name, one.hub_kind.removesuffix("s"), one.hub_name)
    return Reached(one.pk, one.name, entry, f"{trouble}." if trouble else "", left.get((one.pk, policy.name), ""))


def _left_canaries(members: Iterable[Cluster], policies: Sequence[str]) -> Mapping[tuple[int, str], str]:
    """Those of Kurator that no Application governs any more (kurator.md G16)."""
    found = Rollout.objects.filter(
        cluster__in=[one.pk for one in members], owner_kind="kurator", owner_name__in=policies, deleted_at=None,
        application__hub=None,
    )  # fmt: skip
    named = found.values_list("cluster", "owner_name", "namespace", "name")
    return {(cluster, policy): f"{namespace}/{name}" for cluster, policy, namespace, name in named}


def clusters_of(change: ApplicationChange) -> set[int]:
    return set(_clusters(change))


def _clusters(change: ApplicationChange) -> list[int]:
    return sorted({int(one) for _, clusters in change.parts for one in clusters})


def open_one(hub: int, namespace: str, name: str) -> ApplicationChange | None:
    known = ApplicationChange.objects.filter(hub=hub, namespace=namespace, name=name, state=ChangeState.OPEN)
    return known.first()
