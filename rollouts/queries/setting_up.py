"""Policies that have no rollout yet, what one can be set up for, and what is known of the clusters that they select."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from rollouts import access
from rollouts.domain import memory, readiness
from rollouts.domain.commands import Governed
from rollouts.domain.kurator import entry_of
from rollouts.domain.policies.creating import Around
from rollouts.domain.policies.fields import RolloutPolicy
from rollouts.domain.policies.offering import Choice, Offers, choices
from rollouts.domain.policies.strategies import Provider
from rollouts.domain.readiness import Light, Prerequisite
from rollouts.models import Application, Cluster, Rollout
from rollouts.models.clusters import NOT_WATCHED
from rollouts.queries.policies import may_edit, policies_of, selectable

BARE = {"workload_namespace": "", "workload": "", "deleted_at": None}
"""How the row of an Application is known that holds its policies without a rollout."""
A_READ = 200
NEEDED = (Prerequisite.PLUGIN, Prerequisite.FLAGGER)


@dataclass(frozen=True, slots=True)
class Bare:
    """A policy without a rollout, of the row that holds it."""

    application: Application
    governed: Governed


@dataclass(frozen=True, slots=True)
class ClusterRead:
    """How far reading a cluster is. `in_part`: the person sees a part of it, so nothing of it is listed."""

    id: int
    name: str
    in_part: bool
    read_at: datetime | None
    problem: str
    notes: tuple[str, ...]


def find(id: int, policy: str, now: datetime) -> Bare | None:
    """Whoever asks may see nothing of it: `may_edit` tells."""
    one = Application.objects.select_related("hub").filter(pk=id, **BARE).first()
    return next((bare for bare in _of(one, now) if bare.governed.policy.name == policy), None) if one else None


def made_since(id: int, policy: str, now: datetime) -> Bare | None:
    """The policy of this name, with the rollout that somebody has set up since."""
    one = Application.objects.filter(pk=id, workload="", hub__isnull=False).first()
    if one is None:
        return None
    rows = Application.objects.select_related("hub").filter(hub=one.hub_id, namespace=one.namespace, name=one.name)
    found = (Bare(row, governed) for row in rows.filter(deleted_at=None) for governed in policies_of(row, now))
    return next((bare for bare in found if bare.governed.policy.name == policy), None)


def beside(person: access.Person, application: Application, now: datetime) -> list[Bare]:
    """Of the same Application, those that the person may edit."""
    if application.hub_id is None:
        return []
    rows = Application.objects.filter(hub=application.hub_id, namespace=application.namespace, name=application.name)
    return list(_editable(person, rows.filter(**BARE), now))


def all_editable(person: access.Person, now: datetime, most: int) -> list[Bare]:
    """The first ones. Nothing is read for who may edit none."""
    if not access.may_edit_something(person):
        return []
    rows = Application.objects.select_related("hub").filter(**BARE, hub__isnull=False)
    return list(islice(_editable(person, rows.order_by("namespace", "name", "pk").iterator(A_READ), now), most))


def _editable(person: access.Person, rows: Iterable[Application], now: datetime) -> Iterator[Bare]:
    known: dict[tuple[int | None, str], list[Cluster]] = {}
    for row in rows:
        where = row.hub_id, row.namespace
        if where not in known:
            known[where] = list(selectable(row))
        for bare in _of(row, now, known[where]):
            if bare.governed.members and may_edit(person, row, bare.governed):
                yield bare


def _of(row: Application, now: datetime, clusters: Sequence[Cluster] | None = None) -> Iterator[Bare]:
    return (Bare(row, governed) for governed in policies_of(row, now, bare=True, clusters=clusters))


def clusters_read(person: access.Person, governed: Governed) -> list[ClusterRead]:
    made = []
    for one in _clusters(governed):
        row, in_part = getattr(one, "inventory", None), not access.sees_whole_cluster(person, one.pk)
        offers = offers_of(one)
        notes = offers.notes if offers is not None and not in_part else ()
        told = NOT_WATCHED if not one.is_watched else row.problem if row is not None else ""
        problem = "" if in_part else told
        made.append(ClusterRead(one.pk, one.name, in_part, row and row.read_at, problem, notes))
    return made


def choices_of(person: access.Person, governed: Governed) -> tuple[Choice, ...]:
    read = _read(person, _clusters(governed))
    canaries = Rollout.objects.filter(cluster__in=_ids(governed), deleted_at=None)
    return choices(read, canaries.values_list("cluster__name", "namespace", "name"))


def around(person: access.Person, bare: Bare, policy: RolloutPolicy) -> Around:
    """As far as the person sees the clusters as a whole."""
    governed, found = bare.governed, _clusters(bare.governed)
    whole = {one.pk for one in found if access.sees_whole_cluster(person, one.pk)}
    canaries = Rollout.objects.filter(
        cluster__in=whole, namespace=policy.namespace, name=policy.workload, deleted_at=None
    )
    kept = canaries.values_list("cluster__name", "owner_kind", "owner_name")
    return Around(
        read=_read(person, found),
        unready={one.name: said for one in found if one.pk in whole and (said := unready(one))},
        canaries={name: " ".join(filter(None, (kind, owner))) for name, kind, owner in kept},
        own=frozenset(_kustomization(bare.application, governed, one) for one in found),
    )


def provider_of(governed: Governed) -> str:
    """What most of the clusters' Flaggers are told; Istio where nothing that Kurator knows is."""
    known = Counter(one.mesh_provider for one in _clusters(governed) if one.mesh_provider in set(Provider))
    return known.most_common(1)[0][0] if known else Provider.ISTIO.value


def _kustomization(application: Application, governed: Governed, cluster: Cluster) -> str:
    entry = entry_of(governed.policy.name, cluster.hub_kind.removesuffix("s"), cluster.hub_name)
    return f"{application.namespace}/{entry}"


def _ids(governed: Governed) -> list[int]:
    return [one.cluster for one in governed.members]


def _clusters(governed: Governed) -> list[Cluster]:
    found = Cluster.objects.select_related("inventory", "readiness").filter(pk__in=_ids(governed))
    return list(found.order_by("name"))


def _read(person: access.Person, found: Iterable[Cluster]) -> Mapping[str, Offers]:
    read = {one.name: offers_of(one) for one in found if access.sees_whole_cluster(person, one.pk)}
    return {name: offers for name, offers in read.items() if offers is not None}


def offers_of(cluster: Cluster) -> Offers | None:
    """As it was last read; None before that."""
    row = getattr(cluster, "inventory", None)
    return memory.load_offers(row.offers) if row is not None and row.offers else None


def unready(cluster: Cluster, needed: Collection[Prerequisite] = NEEDED) -> str:
    """What it lacks of these, with what to do; empty where nothing is known to be lacking."""
    row = getattr(cluster, "readiness", None)
    found = readiness.load(row.findings) if row is not None else ()
    points = [point for one in found if one.prerequisite in needed for point in one.points]
    return " ".join(f"{point.said} {point.remedy}".strip() for point in points if point.light is Light.LACKING)
