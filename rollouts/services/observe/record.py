"""Writes a batch of sightings: what the rules make of them, and the cursors, in one transaction.

Written in this order: leases are checked (and locked), rows are read, every observation is folded in the order of its
arrival, then everything is saved. Doing it again with the same sightings changes nothing, so a batch whose commit is
in doubt is simply repeated.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction
from django.db.models import F

from rollouts.domain.observations import Canary, Kind, Observation, Unreadable
from rollouts.domain.ports import Hint
from rollouts.models import Cluster
from rollouts.services.observe import leases, save
from rollouts.services.observe.ledger import Ledger
from rollouts.services.observe.reading import read
from rollouts.services.observe.sightings import Lease, Sighting


@dataclass(slots=True)
class Recorded:
    """What became of a batch. `moved`: rollouts whose running release moved, so that their workloads are worth
    reading.
    """

    lost: set[Lease] = field(default_factory=set)
    hints: list[Hint] = field(default_factory=list)
    moved: set[int] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Batch:
    """The number of a batch, growing with each one of the same worker."""

    worker: str
    number: int


def record(sightings: Sequence[Sighting], *, now: datetime, batch: Batch | None = None) -> Recorded:
    """Raises only errors of the database; nothing is then written, or, when the connection broke at the commit, nobody
    knows: a batch that is written again under the same number changes nothing.
    """
    recorded = Recorded()
    with transaction.atomic():
        wanted = {sighting.lease for sighting in sightings}
        if batch is not None and not leases.count_batch(batch.worker, batch.number):
            return recorded if leases.is_known(batch.worker) else Recorded(lost=wanted)
        holding = leases.still_held(wanted)
        recorded.lost = wanted - holding
        _record([sighting for sighting in sightings if sighting.lease in holding], recorded, now)
    return recorded


def _record(sightings: Sequence[Sighting], recorded: Recorded, now: datetime) -> None:
    ledgers = {cluster: Ledger(cluster) for cluster in sorted({sighting.lease.cluster for sighting in sightings})}
    seen: dict[Ledger, list[Observation]] = {ledger: [] for ledger in ledgers.values()}
    for sighting in sightings:
        seen[ledgers[sighting.lease.cluster]] += sighting.observations
    read(seen)
    for sighting in sightings:
        ledger = ledgers[sighting.lease.cluster]
        for observation in sighting.observations:
            observe(ledger, observation, seen_at=sighting.seen_at, listed=sighting.listed)
        if sighting.complete is not None:
            _forget_absent(ledger, sighting)
    save.cursors(sightings, now)
    save.ledgers(list(ledgers.values()), now)
    for ledger in ledgers.values():
        recorded.moved |= ledger.moved_ids()
        recorded.hints += ledger.hints()
    changed = [ledger.cluster for ledger in ledgers.values() if ledger.visible]
    if changed:
        Cluster.objects.filter(pk__in=changed).update(version=F("version") + 1)


def observe(ledger: Ledger, seen: Observation, *, seen_at: datetime, listed: bool) -> None:
    """Folds one observation into every rollout that it is about."""
    if isinstance(seen, Unreadable):
        if seen.kind is Kind.CANARY:
            ledger.unreadable(seen, seen_at=seen_at)
        return
    first = isinstance(seen, Canary) and ledger.state(seen.namespace, seen.name) is None
    ledger.keep(seen)
    for key in ledger.concerned(seen):
        ledger.apply(key, seen, seen_at=seen_at, listed=listed)
    if first and isinstance(seen, Canary) and (route := ledger.route_of(seen)) is not None:
        ledger.apply((seen.namespace, seen.name), route, seen_at=seen_at, listed=listed)


def _forget_absent(ledger: Ledger, sighting: Sighting) -> None:
    """A list is complete: what we knew of its collection and it does not hold any more has been deleted unseen."""
    gone = ledger.absent(sighting.collection, sighting.complete or frozenset())
    read({ledger: gone})
    for deleted in gone:
        observe(ledger, deleted, seen_at=sighting.seen_at, listed=True)
