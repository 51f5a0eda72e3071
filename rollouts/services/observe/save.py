"""Saves ledgers and cursors with a handful of statements, whatever the number of rows and clusters."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from functools import reduce
from operator import or_

from django.db.models import Q

from rollouts.domain.observations import Event
from rollouts.models import Cursor, EventSeen, Release, Rollout, RouteSeen, Transition
from rollouts.services import applications, totals
from rollouts.services.observe import storage
from rollouts.services.observe.ledger import Key, Ledger
from rollouts.services.observe.sightings import Sighting

EVENTS_KEPT_FOR = timedelta(days=2)
CONDITIONS_A_QUERY = 200
"""SQLite refuses expressions that are deeper than 1,000."""


def cursors(sightings: Iterable[Sighting], now: datetime) -> None:
    newest = {(one.lease.cluster, one.collection): one.cursor for one in sightings if one.cursor}
    rows = [
        Cursor(
            cluster_id=cluster,
            kind=collection.kind.value,
            namespace=collection.namespace,
            resource_version=cursor,
            moved_at=now,
        )
        for (cluster, collection), cursor in newest.items()
    ]
    Cursor.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=("cluster", "kind", "namespace"),
        update_fields=("resource_version", "moved_at"),
    )


def ledgers(ledgers: Sequence[Ledger], now: datetime) -> None:
    _rollouts(ledgers)
    Transition.objects.bulk_create(
        [
            storage.transition_row(ledger.rows[key].pk, transition)
            for ledger in ledgers
            for key, transitions in ledger.transitions.items()
            for transition in transitions
        ]
    )
    _releases(ledgers)
    for ledger in ledgers:
        for (key, number), transition in ledger.explained.items():
            Transition.objects.filter(rollout_id=ledger.rows[key].pk, number=number).update(why=transition.why)
    _events(ledgers, now)
    _routes(ledgers)


def _rollouts(ledgers: Sequence[Ledger]) -> None:
    rows = []
    for ledger in ledgers:
        regroup = [ledger.rows[key] for key in sorted(ledger.dirty) if _fill(ledger, key)]
        if regroup:
            applications.link(cluster=ledger.cluster, rollouts=regroup)
        rows += [ledger.rows[key] for key in sorted(ledger.dirty)]
    Rollout.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=("cluster", "namespace", "name"),
        update_fields=(*storage.UPDATED, "application"),
    )


def _fill(ledger: Ledger, key: Key) -> bool:
    """Whether the rollout has to be grouped anew: it is new, or its owner is another."""
    row = ledger.rows[key]
    owner = (row.owner_kind, row.owner_name)
    state = ledger.states.get(key)
    if state is not None:
        storage.fill(row, state)
    if row.unreadable:
        storage.mark_unreadable(row)
    row.version += key in ledger.visible
    return row.pk is None or owner != (row.owner_kind, row.owner_name)


def _releases(ledgers: Sequence[Ledger]) -> None:
    written = [
        (ledger.cluster, storage.release_row(ledger.rows[key].pk, release, canary))
        for ledger in ledgers
        for (key, _), (release, canary) in ledger.releases.items()
    ]
    if not written:
        return
    before = totals.known([row for _, row in written])
    Release.objects.bulk_create(
        [row for _, row in written],
        update_conflicts=True,
        unique_fields=("rollout", "number"),
        update_fields=storage.RELEASE_UPDATED,
    )
    after = [totals.Counted(cluster, row.outcome, row.started_at, row.ended_at) for cluster, row in written]
    totals.count(before=before, after=after)


def _events(ledgers: Sequence[Ledger], now: datetime) -> None:
    rows: list[EventSeen] = []
    present = now
    for ledger in ledgers:
        its = [
            _event_row(ledger.rows[key].pk, event) for (key, _), event in ledger.events.items() if ledger.rows[key].pk
        ]
        rows += its
        present = min(present, max((row.last_at for row in its if row.last_at), default=present))
    if not rows:
        return
    EventSeen.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=("rollout", "uid"),
        update_fields=("type", "message", "count", "first_at", "last_at"),
    )
    # The times are the clusters' own: a clock that is days behind must not make its newest Events old ones.
    EventSeen.objects.filter(
        rollout_id__in={row.rollout_id for row in rows}, last_at__lt=present - EVENTS_KEPT_FOR
    ).delete()


def _event_row(rollout: int, event: Event) -> EventSeen:
    return EventSeen(
        rollout_id=rollout,
        uid=event.uid[:64],
        type=event.type[:16],
        message=event.message,
        count=min(event.count, storage.LARGEST),
        first_at=event.first_at,
        last_at=event.last_at,
    )


def _routes(ledgers: Sequence[Ledger]) -> None:
    kept = [
        RouteSeen(
            cluster_id=ledger.cluster,
            kind=kind.value,
            namespace=namespace,
            name=name,
            green_weight=route.green_weight,
            through_gateway_only=route.through_gateway_only,
            resource_version=route.resource_version,
            to_blue=dict(route.to_blue),
        )
        for ledger in ledgers
        for (kind, namespace, name), route in ledger.kept_routes.items()
    ]
    RouteSeen.objects.bulk_create(
        kept,
        update_conflicts=True,
        unique_fields=("cluster", "kind", "namespace", "name"),
        update_fields=("green_weight", "through_gateway_only", "resource_version", "to_blue"),
    )
    dropped = [
        Q(cluster_id=ledger.cluster, kind=kind.value, namespace=namespace, name=name)
        for ledger in ledgers
        for kind, namespace, name in sorted(ledger.dropped_routes)
    ]
    for start in range(0, len(dropped), CONDITIONS_A_QUERY):
        RouteSeen.objects.filter(reduce(or_, dropped[start : start + CONDITIONS_A_QUERY])).delete()
