"""Keeps the clusters of a hub as its Fleets have them: they appear, change and leave."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from rollouts.domain.kurator import Fleet
from rollouts.domain.members import Member, members_of
from rollouts.domain.observations import Kind, MemberCluster
from rollouts.models import Cluster, ClusterSource
from rollouts.services import applications

NO_MEMBERSHIP: dict[str, Any] = {
    "hub": None,
    "hub_kind": "",
    "hub_namespace": "",
    "hub_name": "",
    "labels": {},
    "fleets": [],
}


@dataclass(frozen=True, slots=True)
class Changes:
    """Names of clusters."""

    joined: tuple[str, ...]
    changed: tuple[str, ...]
    left: tuple[str, ...]


@transaction.atomic
def sync_members(*, hub: int, fleets: Iterable[Fleet], objects: Iterable[MemberCluster], now: datetime) -> Changes:
    """All Fleets and cluster objects of the hub must be given: what they do not have has left.

    A member that left keeps its rollouts, marked old. One that was registered by itself, too, goes on as a plain one.
    """
    objects = tuple(objects)
    membership = members_of(fleets, objects)
    rows = {(Kind(row.hub_kind), row.hub_namespace, row.hub_name): row for row in Cluster.objects.filter(hub=hub)}
    # Kurator's own kind of cluster is read apart and may come later: no object of it at all says nothing.
    doubtful = set() if any(one.kind is Kind.KURATOR_CLUSTER for one in objects) else set(membership.without_object)
    doubtful = {key for key in doubtful if key[0] is Kind.KURATOR_CLUSTER}
    joined = _join(hub, [member for member in membership.members if member.key not in rows])
    changed = [rows[one.key].name for one in membership.members if one.key in rows and _update(rows[one.key], one)]
    present = {member.key for member in membership.members}
    left = _leave([row for key, row in rows.items() if key not in present | doubtful and row.left_at is None], now)
    return Changes(tuple(joined), tuple(changed), tuple(left))


def _join(hub: int, members: list[Member]) -> list[str]:
    if not members:
        return []
    taken = set(Cluster.objects.values_list("name", flat=True))
    hub_name = Cluster.objects.values_list("name", flat=True).get(pk=hub)
    rows = []
    for member in members:
        name = _free_name(member, hub_name, taken)
        taken.add(name)
        kind, namespace, hub_object = member.key
        rows.append(
            Cluster(
                name=name,
                source=ClusterSource.HUB,
                hub_id=hub,
                hub_kind=kind.value,
                hub_namespace=namespace,
                hub_name=hub_object,
                **_columns(member),
            )
        )
    Cluster.objects.bulk_create(rows)
    return [row.name for row in rows]


def _free_name(member: Member, hub: str, taken: set[str]) -> str:
    """The object's own name; with the hub's, and the namespace, where that is taken."""
    names = [member.name, f"{member.name}@{hub}", f"{member.namespace}.{member.name}@{hub}"]
    names += [f"{names[-1]}-{number}" for number in range(2, len(taken) + 3)]
    return next(name for name in (name[-253:] for name in names) if name not in taken)


def _columns(member: Member) -> dict[str, Any]:
    return {
        "secret_name": member.secret_name[:253],
        "secret_key": member.secret_key[:253],
        "labels": dict(member.labels),
        "fleets": list(member.fleets),
        "left_at": None,
    }


def _update(row: Cluster, member: Member) -> bool:
    columns = _columns(member)
    if all(getattr(row, name) == value for name, value in columns.items()):
        return False
    Cluster.objects.filter(pk=row.pk).update(**columns)
    return True


def _leave(rows: list[Cluster], now: datetime) -> list[str]:
    members: dict[bool, list[int]] = {True: [], False: []}
    for row in rows:
        members[row.source == ClusterSource.HUB].append(row.pk)
    Cluster.objects.filter(pk__in=members[True]).update(left_at=now, fleets=[])
    if members[False]:
        Cluster.objects.filter(pk__in=members[False]).update(**NO_MEMBERSHIP, secret_name="", secret_key="")
        applications.relink(clusters=members[False])
    return [row.name for row in rows]
