"""What a person chose to see of the fleet, and the same as SQL.

The parts of the fleet follow `Rank`, except that a running release which has not moved in time counts as needing a
person: that is
a matter of the clock, so no column holds it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from django.db.models import Case, F, IntegerField, Q, QuerySet, Value, When
from django.db.models.expressions import OrderBy

from rollouts.domain.attention import STUCK_SEVERITY
from rollouts.models import Application, Rank, Rollout

NOBODY = "nobody"
"""Stands for the empty owner in an address."""
NO_PHASE = "none"
"""Stands for the empty phase: Flagger has not processed the Canary yet."""


class Part(StrEnum):
    NEEDS = "needs"
    RUNNING = "running"
    QUIET = "quiet"


class View(StrEnum):
    ROLLOUTS = "rollouts"
    APPLICATIONS = "applications"


class Sort(StrEnum):
    NEED = "need"
    NAME = "name"
    CLUSTER = "cluster"
    NAMESPACE = "namespace"
    PHASE = "phase"
    CHANGED = "changed"

    @property
    def descends(self) -> bool:
        """The newest change comes first."""
        return self is Sort.CHANGED


NEWEST_SETTLED = F("settled_at").desc(nulls_last=True)
OF_EQUALS = ("name", "namespace", "cluster_id", "id")
MOST_URGENT: tuple[str | OrderBy, ...] = ("-urgency", NEWEST_SETTLED, *OF_EQUALS)
ORDER: dict[Sort, tuple[str | OrderBy, ...]] = {
    Sort.NAME: ("name", "namespace", "cluster_id", "id"),
    Sort.CLUSTER: ("cluster__name", "namespace", "name", "id"),
    Sort.NAMESPACE: ("namespace", "name", "cluster_id", "id"),
    Sort.PHASE: ("phase", "-urgency", "rank", NEWEST_SETTLED, *OF_EQUALS),
    Sort.CHANGED: ("-changed_at", "id"),
}


@dataclass(frozen=True, slots=True)
class FleetFilter:
    """Empty means any. Values of one field are alternatives; fields, and the words of the text, must all match."""

    text: str = ""
    clusters: tuple[str, ...] = ()
    namespaces: tuple[str, ...] = ()
    application: str = ""
    """`name`, a piece of it, or exactly `namespace/name`."""
    phases: tuple[str, ...] = ()
    strategies: tuple[str, ...] = ()
    providers: tuple[str, ...] = ()
    owners: tuple[str, ...] = ()
    part: Part | None = None
    sort: Sort = Sort.NEED
    view: View = View.ROLLOUTS
    backwards: bool = False
    """In the opposite order."""
    page: int = field(default=1)

    @property
    def narrows(self) -> bool:
        """Whether anything is left out, the chosen part apart."""
        lists = (self.clusters, self.namespaces, self.phases, self.strategies, self.providers, self.owners)
        return bool(self.text or self.application or any(lists))


@dataclass(frozen=True, slots=True)
class ClusterName:
    id: int
    name: str


def narrow(rollouts: QuerySet[Rollout], chosen: FleetFilter, clusters: Sequence[ClusterName]) -> QuerySet[Rollout]:
    """Everything but the part. `clusters` are the visible ones: names become ids here, so that no join is needed."""
    rollouts = rollouts.filter(deleted_at__isnull=True)
    if chosen.clusters:
        rollouts = rollouts.filter(cluster_id__in=[c.id for c in clusters if c.name in chosen.clusters])
    for column, values in (
        ("namespace", chosen.namespaces),
        ("phase", tuple("" if phase == NO_PHASE else phase for phase in chosen.phases)),
        ("strategy", chosen.strategies),
        ("provider", chosen.providers),
        ("owner_kind", tuple("" if owner == NOBODY else owner for owner in chosen.owners)),
    ):
        if values:
            rollouts = rollouts.filter(**{f"{column}__in": values})
    if chosen.application:
        rollouts = rollouts.filter(application__in=_applications(chosen.application))
    for word in chosen.text.lower().split():
        named = [cluster.id for cluster in clusters if word in cluster.name.lower()]
        rollouts = rollouts.filter(Q(search__contains=word) | Q(cluster_id__in=named))
    return rollouts


def _applications(chosen: str) -> QuerySet[Application]:
    namespace, slash, name = chosen.partition("/")
    if slash:
        return Application.objects.filter(namespace=namespace, name=name)
    return Application.objects.filter(name__icontains=chosen)


@dataclass(frozen=True, slots=True)
class Present:
    """The time, and which clusters are seen as they are now. Where the data is old nothing is called stuck: it may well
    have moved.
    """

    now: datetime
    seen: tuple[int, ...] = ()
    unseen: tuple[int, ...] = ()


def stuck(present: Present) -> Q:
    """Running releases that have not moved in time."""
    late = Q(stuck_after__lt=present.now)
    if not present.unseen:
        return late
    if len(present.seen) < len(present.unseen):
        return late & Q(cluster_id__in=present.seen)
    return late & ~Q(cluster_id__in=present.unseen)


def with_urgency(rollouts: QuerySet[Rollout], present: Present) -> QuerySet[Rollout]:
    """Adds `urgency`, above zero for what needs a person now."""
    urgency = Case(When(stuck(present), then=Value(STUCK_SEVERITY)), default="severity", output_field=IntegerField())
    return rollouts.annotate(urgency=urgency)


def of_part(rollouts: QuerySet[Rollout], part: Part | None, present: Present) -> QuerySet[Rollout]:
    if part is Part.NEEDS:  # the first condition follows from the second, and tells which piece of the index to read
        return rollouts.filter(rank__lte=Rank.RUNNING).filter(Q(rank=Rank.NEEDS_A_PERSON) | stuck(present))
    if part is Part.RUNNING:
        return rollouts.filter(rank=Rank.RUNNING).exclude(stuck(present))
    return rollouts.filter(rank=Rank.QUIET) if part is Part.QUIET else rollouts


def in_order(rollouts: QuerySet[Rollout], chosen: FleetFilter, present: Present) -> QuerySet[Rollout]:
    """In any order but that of need, of which see `part_in_order`."""
    ordered = of_part(with_urgency(rollouts, present), chosen.part, present).order_by(*ORDER[chosen.sort])
    return ordered.reverse() if chosen.backwards else ordered


def part_in_order(rollouts: QuerySet[Rollout], part: Part, present: Present) -> QuerySet[Rollout]:
    """Those of one part. But for those that need a person this is the order of an index."""
    found = of_part(rollouts, part, present)
    if part is Part.NEEDS:
        return with_urgency(found, present).order_by(*MOST_URGENT)
    return found.order_by(NEWEST_SETTLED, *OF_EQUALS)
