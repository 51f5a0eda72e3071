"""One rollout as a line of a list."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from rollouts.domain.attention import NeedReason
from rollouts.domain.observations import Canary, Phase, Strategy
from rollouts.domain.phases import RUNNING
from rollouts.domain.progress import HowFar, how_far, next_tick, one_more_rolls_back
from rollouts.domain.rollout import LiveSide, RolloutState
from rollouts.models import Rank, Rollout
from rollouts.queries.clusters import ClusterMark
from rollouts.queries.filters import Part
from rollouts.queries.versions import Version, released, versions

GLANCE_COLUMNS = (
    *(
        "id",
        "cluster_id",
        "namespace",
        "name",
        "uid",
        "provider",
        "strategy",
        "phase",
        "interval",
        "last_transition_at",
    ),
    *("iterations", "iterations_wanted", "failed_checks", "threshold", "max_weight", "green_weight"),
    *("suspended", "skip_analysis", "attention", "stuck_after"),
)
COLUMNS = (
    *GLANCE_COLUMNS,
    *("application_id", "owner_kind", "phase_at", "changed_at", "rank", "severity", "unreadable"),
    *("live_side", "live_source", "through_gateway_only", "blue_images", "green_images", "before_images", "trigger"),
)


@dataclass(frozen=True, slots=True)
class Cell:
    """A rollout where there is no room for more than how it is."""

    id: int
    cluster: ClusterMark
    phase: str
    attention: str
    """Why a person is needed; empty: nobody is."""
    unit: str
    """What `done` of `wanted` counts: iterations, or weight in percent; empty outside of an analysis or promotion."""
    done: int
    wanted: int


@dataclass(frozen=True, slots=True)
class RolloutRow(Cell):
    application: int | None
    namespace: str
    name: str
    strategy: str
    phase_at: datetime | None
    in_run: bool
    part: Part
    suspended: bool
    failed_checks: int
    threshold: int
    last_chance: bool
    """A check has failed, and one more failure rolls back."""
    live_side: str
    live_source: str
    green_weight: int | None
    through_gateway_only: bool
    blue: Version | None
    green: Version | None
    moves: bool
    """Both sides matter: their versions differ."""
    checked_at: datetime | None
    """Flagger's last write during a run; the next check follows at a whole number of intervals after it. None: no
    check is due.
    """
    interval: int

    @property
    def shows_green(self) -> bool:
        before_the_end = self.in_run and self.phase != Phase.FINALISING
        return self.green is not None and (before_the_end or self.moves)

    @property
    def blue_live(self) -> str:
        """Empty without users, else `live`, its share of them, or `others`: those whom an A/B test leaves alone."""
        return self._live(LiveSide.BLUE, "others" if self.green_weight is None else f"{100 - self.green_weight} %")

    @property
    def green_live(self) -> str:
        """The same; `matched`: nobody knows the share of those who take part in an A/B test."""
        return self._live(LiveSide.GREEN, "matched" if self.green_weight is None else f"{self.green_weight} %")

    def _live(self, side: LiveSide, share: str) -> str:
        if self.live_side == LiveSide.SPLIT:
            return share
        return "live" if self.live_side == side else ""


def rows(rollouts: QuerySet[Rollout], clusters: Mapping[int, ClusterMark], now: datetime) -> list[RolloutRow]:
    """In the order of the query. Rollouts of clusters that are not among those given are left out."""
    found = rollouts.values_list(*COLUMNS, named=True)
    return [row(one, clusters[one.cluster_id], now) for one in found if one.cluster_id in clusters]


def by_ids(
    ids: Iterable[int], rollouts: QuerySet[Rollout], clusters: Mapping[int, ClusterMark], now: datetime
) -> list[RolloutRow]:
    """In the order of the ids. Sorting narrow ids first and reading whole rows of one page after is much cheaper than
    sorting rows.
    """
    wanted = list(ids)
    found = {one.id: one for one in rows(rollouts.filter(pk__in=wanted), clusters, now)}
    return [found[id] for id in wanted if id in found]


RUN_COLUMNS = ("strategy", "iterations", "iterations_wanted", "max_weight", "green_weight")
CELL_COLUMNS = ("id", "cluster_id", "phase", "attention", "stuck_after", *RUN_COLUMNS)


def cell(values: Sequence[Any], clusters: Mapping[int, ClusterMark], now: datetime) -> Cell | None:
    """Of the values of `CELL_COLUMNS`. None for a cluster that is not among those given."""
    id, cluster_id, phase, attention, stuck_after, *run = values
    cluster = clusters.get(cluster_id)
    if cluster is None:
        return None
    unit, done, wanted = "", 0, 0
    if phase in RUNNING:
        unit, done, wanted = _counted(phase, how_far(_running(phase, *run)))
    return Cell(id, cluster, phase, _attention(attention, stuck_after, cluster, now), unit, done, wanted)


def _running(
    phase: str, strategy: str, iterations: int, iterations_wanted: int, max_weight: int, green_weight: int | None
) -> RolloutState:
    """As much of the state as tells how far it is."""
    return RolloutState(
        Canary(
            namespace="",
            name="",
            uid="",
            resource_version="",
            strategy=Strategy(strategy),
            phase=Phase(phase),
            iterations=iterations,
            iterations_wanted=iterations_wanted,
            max_weight=max_weight,
            weight=green_weight or 0,
        )
    )


def row(one: Rollout, cluster: ClusterMark, now: datetime) -> RolloutRow:
    """Of a rollout, or of as much of one as `COLUMNS` say."""
    in_run = one.phase in RUNNING
    blue, green = _sides(one, in_run)
    state = glance(one) if in_run else None
    unit, done, wanted = _counted(one.phase, how_far(state)) if state else ("", 0, 0)
    attention = _attention(one.attention, one.stuck_after, cluster, now)
    return RolloutRow(
        id=one.id,
        cluster=cluster,
        application=one.application_id,
        namespace=one.namespace,
        name=one.name,
        strategy=one.strategy,
        phase=one.phase,
        phase_at=one.phase_at,
        in_run=in_run,
        part=part_of(one, attention),
        attention=attention,
        suspended=one.suspended,
        unit=unit,
        done=done,
        wanted=wanted,
        failed_checks=one.failed_checks,
        threshold=one.threshold,
        live_side=one.live_side,
        live_source=one.live_source,
        green_weight=one.green_weight,
        through_gateway_only=one.through_gateway_only,
        blue=blue,
        green=green,
        moves=bool(blue and green and blue.full != green.full),
        last_chance=state is not None and one_more_rolls_back(state.canary) and one.failed_checks > 0,
        checked_at=one.last_transition_at if state and next_tick(state, now) and not cluster.old else None,
        interval=one.interval,
    )


def _sides(one: Rollout, in_run: bool) -> tuple[Version | None, Version | None]:
    """During a release blue is what it ran before, also while it is already being overwritten with green's version.
    When users are sent back, Flagger has seen it run the new one.
    """
    if not in_run or not one.before_images or one.phase == Phase.FINALISING:
        return versions(one.blue_images, one.green_images)
    return released(one.before_images, one.green_images, one.trigger)


def _counted(phase: str, far: HowFar) -> tuple[str, int, int]:
    """Of a running release; what waits for its start counts nothing."""
    return "" if phase == Phase.WAITING else far.unit.value, far.done, far.wanted


def _attention(attention: str, stuck_after: datetime | None, cluster: ClusterMark, now: datetime) -> str:
    """Where the data is old nothing is called stuck: it may well have moved."""
    late = stuck_after is not None and stuck_after < now and not cluster.old
    return NeedReason.STUCK.value if late else attention


def part_of(one: Rollout, attention: str) -> Part:
    if attention or one.rank == Rank.NEEDS_A_PERSON:
        return Part.NEEDS
    return Part.RUNNING if one.rank == Rank.RUNNING else Part.QUIET


def glance(one: Rollout) -> RolloutState:
    """As much of the state as the columns tell: enough for how far it is and when its next tick comes."""
    return RolloutState(
        Canary(
            namespace=one.namespace,
            name=one.name,
            uid=one.uid,
            resource_version="",
            provider=one.provider,
            strategy=Strategy(one.strategy),
            interval=one.interval,
            iterations_wanted=one.iterations_wanted,
            threshold=one.threshold,
            max_weight=one.max_weight,
            skip_analysis=one.skip_analysis,
            suspended=one.suspended,
            phase=Phase(one.phase),
            iterations=one.iterations,
            failed_checks=one.failed_checks,
            weight=one.green_weight or 0,
            last_transition_at=one.last_transition_at,
        )
    )
