"""Policies that a person may edit, of all Applications of Kurator, to choose some from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from django.db.models import Q, QuerySet

from rollouts import access
from rollouts.domain import memory
from rollouts.domain.kurator import Policy
from rollouts.models import Application, Cluster
from rollouts.queries.policies import selectable_of

A_READ, LOOKED_AT = 200, 2000
"""Rows of Applications that are looked at for one page: of more, a name tells which."""


@dataclass(frozen=True, slots=True)
class Editable:
    application: Application
    policy: Policy
    clusters: int


@dataclass(frozen=True, slots=True)
class Found:
    """`more`: there are, or may be, others."""

    policies: tuple[Editable, ...]
    more: bool


def find(person: access.Person, *, named: str, most: int, bare: bool, but: tuple[int, str]) -> Found:
    """The first ones whose Application, namespace or workload is named so, in the order of names, without the one
    (`but`) that they are sought for. `bare`: also those without a rollout. Nothing is read for who may edit none.
    """
    if not access.may_edit_something(person):
        return Found((), more=False)
    rows = _rows(person, named, bare)[: LOOKED_AT + 1].iterator(A_READ)
    found = list(islice(_editable(person, islice(rows, LOOKED_AT), but, bare=bare), most + 1))
    return Found(tuple(found[:most]), more=len(found) > most or next(rows, None) is not None)


def _rows(person: access.Person, named: str, bare: bool) -> QuerySet[Application]:
    seen = Q(pk__in=access.visible_applications(person).exclude(workload="").values("pk"))
    rows = Application.objects.select_related("hub").filter(hub__isnull=False, deleted_at=None)
    rows = rows.filter(seen | Q(workload="") if bare else seen)
    if named:
        rows = rows.filter(Q(name__icontains=named) | Q(namespace__icontains=named) | Q(workload__icontains=named))
    return rows.order_by("name", "namespace", "pk")


def _editable(
    person: access.Person, rows: Iterator[Application], but: tuple[int, str], *, bare: bool
) -> Iterator[Editable]:
    """What cannot be read, or reaches no cluster that is known here, cannot be edited."""
    for row, selectable in _with_clusters(rows):
        for policy in map(memory.load_policy, row.policies):
            unread = policy.rollout is None and not policy.bare
            if (row.pk, policy.name) == but or unread or (policy.bare and not bare):
                continue
            clusters = [one.pk for one in selectable if policy.selects(row.namespace, one.fleets, one.labels)]
            if clusters and access.may_edit_policy(person, row, clusters):
                yield Editable(row, policy, len(clusters))


def _with_clusters(rows: Iterator[Application]) -> Iterator[tuple[Application, list[Cluster]]]:
    """Those among which its policies select, read for many rows at once."""
    while some := list(islice(rows, A_READ)):
        known = selectable_of(some)
        for row in some:
            yield row, known[row.hub_id, row.namespace]
