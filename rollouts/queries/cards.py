"""What needs a person, as cards: the same trouble of one application in several clusters is one card."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.db.models import Count, F, Max, OuterRef, QuerySet, Subquery

from rollouts.domain import memory
from rollouts.domain.attention import NeedReason, attention
from rollouts.domain.causes.checks import is_about_a_check
from rollouts.models import Reversal, Rollout, Transition
from rollouts.queries import rows as row_queries
from rollouts.queries.clusters import ClusterMark
from rollouts.queries.filters import Part, Present, of_part, with_urgency
from rollouts.queries.reversals import reminders
from rollouts.queries.rows import RolloutRow
from rollouts.queries.why import at_a_glance

CARDS = 6
ONE_TROUBLE = ("application_id", "namespace", "name", "urgency")
"""What rollouts of one card have in common. A failure that leaves users on green is more urgent than another."""


REASONS = Transition.objects.filter(
    rollout=OuterRef("pk"), release=OuterRef("release_number"), why__isnull=False
).order_by("-number")
CHECK_WHY = Subquery(REASONS.filter(failed_checks__gt=0).values("why")[:1])
LAST_WHY = Subquery(REASONS.values("why")[:1])


@dataclass(frozen=True, slots=True)
class Card:
    """`rollout` stands for all of them: the one that changed last."""

    rollout: RolloutRow
    clusters: int
    sentence: str
    why: str
    """What Flagger last said about a release that failed or does not move; empty when nothing is known."""


@dataclass(frozen=True, slots=True)
class Cards:
    shown: tuple[Card, ...]
    more: int
    """Rollouts that need a person and are on none of the cards."""


class Group(NamedTuple):
    newest_id: int
    clusters: int


def cards(
    selection: QuerySet[Rollout],
    needing: int,
    clusters: Mapping[int, ClusterMark],
    present: Present,
    limit: int = CARDS,
) -> Cards:
    if not needing:
        return Cards((), 0)
    groups = _groups(selection, present, limit)
    rows = _representatives(selection, [group.newest_id for group in groups])
    paused = [one for one in rows.values() if one.attention == NeedReason.SUSPENDED]
    over = reminders(paused, present.now) if paused else {}
    shown = tuple(
        _card(one, group.clusters, clusters[one.cluster_id], present, over.get(one.id))
        for group in groups
        if (one := rows.get(group.newest_id)) is not None and one.cluster_id in clusters
    )
    return Cards(shown, max(0, needing - sum(card.clusters for card in shown)))


def _groups(selection: QuerySet[Rollout], present: Present, limit: int) -> list[Group]:
    groups = (
        with_urgency(of_part(selection, Part.NEEDS, present), present)
        .values(*ONE_TROUBLE)
        .annotate(clusters=Count("id"), newest=Max("settled_at"), newest_id=Max("id"))
        .order_by("-urgency", F("newest").desc(nulls_last=True), "name", "namespace", "newest_id")
    )
    return [Group(newest_id, clusters) for newest_id, clusters in groups.values_list("newest_id", "clusters")[:limit]]


def _representatives(selection: QuerySet[Rollout], ids: list[int]) -> dict[int, Any]:
    """With the last reason of the release, and the last one for which a check of it failed."""
    found = selection.filter(pk__in=ids).annotate(check_why=CHECK_WHY, last_why=LAST_WHY)
    columns = (*row_queries.COLUMNS, "owner_name", "state", "workloads_at", "check_why", "last_why")
    return {one.id: one for one in found.values_list(*columns, named=True)}


def _card(one: Any, count: int, cluster: ClusterMark, present: Present, over: Reversal | None) -> Card:
    row = row_queries.row(one, cluster, present.now)
    state = memory.load(one.state) if one.state else None
    need = attention(state, None if cluster.old else present.now) if state else None
    reasons: dict[str, str | None] = {NeedReason.FAILED: one.check_why or one.last_why, NeedReason.STUCK: one.check_why}
    why = reasons.get(row.attention) or ""
    told = ""
    if state and need:
        told = at_a_glance(state, cluster, present.now, workloads_at=one.workloads_at, why_failed=why)
    if over is not None:
        told = f"Paused by {over.command.person_name} for longer than was meant. Somebody has to resume it."
    sentence = one.unreadable or told or (need.sentence if need else "")
    said = why == sentence or (row.attention == NeedReason.FAILED and is_about_a_check(why))
    return Card(row, count, sentence, "" if said else why)
