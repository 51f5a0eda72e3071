"""The fleet as applications: one line each, one cell per cluster."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Case, Count, F, Max, Min, QuerySet, When, Window
from django.db.models.expressions import OrderBy
from django.db.models.functions import RowNumber

from rollouts.domain.rollout import LiveSide
from rollouts.models import Rollout
from rollouts.queries import rows as row_queries
from rollouts.queries.clusters import ClusterMark
from rollouts.queries.filters import NEWEST_SETTLED, FleetFilter, Present, Sort, of_part, with_urgency
from rollouts.queries.rows import Cell, RolloutRow
from rollouts.queries.versions import told_apart

CELLS = 12
APPLICATION_COLUMNS = ("application__workload_namespace", "application__name", "application__hub_id")
ORDER: dict[Sort, tuple[str | OrderBy, ...]] = {
    Sort.NEED: ("-urgent", "worst", F("settled").desc(nulls_last=True), "group"),
    Sort.CHANGED: ("-newest", "group"),
    Sort.NAMESPACE: ("application__workload_namespace", "application__name", "group"),
}
WORST_FIRST: tuple[OrderBy, ...] = (F("urgency").desc(), F("rank").asc(), NEWEST_SETTLED, F("id").asc())
BY_NAME = ("application__name", "application__workload_namespace", "group")


@dataclass(frozen=True, slots=True)
class ApplicationRow:
    """`namespace` is the workload's: the one that its rollouts are in. `furthest` is the
    rollout that needs a person most, else one that is running; `cells` are the worst few, by cluster's name.
    """

    id: int
    namespace: str
    name: str
    from_kurator: bool
    clusters: int
    cells: tuple[Cell, ...]
    furthest: RolloutRow
    live: tuple[tuple[str, int], ...]
    """The versions that users are on and in how many clusters, the most frequent first; empty while they are on the
    same everywhere.
    """

    @property
    def more(self) -> int:
        return self.clusters - len(self.cells)


def numbers(
    selection: QuerySet[Rollout], chosen: FleetFilter, present: Present, *, everything: bool
) -> list[tuple[int, int]]:
    """Every application in order, by its id, with the number of its rollouts: narrow rows, so no second query counts
    them.

    By the bare column SQLite walks the index in the order of applications, and fetches every row for what that has not:
    so where there is a filter, or another order, or the person does not see everything, the group is an expression.
    """
    covered = everything and chosen.sort is Sort.NEED and not chosen.narrows
    application = F("application_id")
    groups = (
        of_part(with_urgency(selection, present), chosen.part, present)
        .filter(application__isnull=False)
        .annotate(group=application if covered else application + 0)
        .values("group")
        .annotate(
            number=Count("id"),
            urgent=Max("urgency"),
            worst=Min("rank"),
            newest=Max("changed_at"),
            settled=Max("settled_at"),
        )
        .order_by(*ORDER.get(chosen.sort, BY_NAME))
        .values_list("group", "number")
    )
    return [(id, number) for id, number in (groups.reverse() if chosen.backwards else groups)]


def page(
    selection: QuerySet[Rollout],
    chosen: FleetFilter,
    shown: Sequence[tuple[int, int]],
    clusters: Mapping[int, ClusterMark],
    present: Present,
) -> list[ApplicationRow]:
    """`shown` are those of `numbers` that are on the page."""
    cells = _cells(selection, chosen, shown, clusters, present)
    furthest = _furthest(selection, [of_one[0].id for of_one in cells.values()], clusters, present)
    live = _live(selection, [id for id, _ in shown])
    return [_row(*furthest[id], number, cells[id], live.get(id, ())) for id, number in shown if id in furthest]


def _cells(
    selection: QuerySet[Rollout],
    chosen: FleetFilter,
    shown: Sequence[tuple[int, int]],
    clusters: Mapping[int, ClusterMark],
    present: Present,
) -> dict[int, list[Cell]]:
    """Of each application the rollouts that are shown, the worst first. Where all are few none has to be left out."""
    found = of_part(with_urgency(selection, present), chosen.part, present).filter(
        application_id__in=[id for id, _ in shown]
    )
    if any(number > CELLS for _, number in shown):
        place = Window(RowNumber(), partition_by="application_id", order_by=WORST_FIRST)
        found = found.annotate(place=place).filter(place__lte=CELLS)
    found = found.order_by("application_id", *WORST_FIRST)
    cells: dict[int, list[Cell]] = {}
    for application, *values in found.values_list("application_id", *row_queries.CELL_COLUMNS):
        cell = row_queries.cell(values, clusters, present.now)
        if application is not None and cell is not None:
            cells.setdefault(application, []).append(cell)
    return cells


def _furthest(
    selection: QuerySet[Rollout], ids: Sequence[int], clusters: Mapping[int, ClusterMark], present: Present
) -> dict[int, tuple[Any, RolloutRow]]:
    """By application: what is shown of it, as `APPLICATION_COLUMNS`, and the rollout."""
    of_page = selection.filter(pk__in=ids, application__isnull=False)
    return {
        one.application_id: (one, row_queries.row(one, clusters[one.cluster_id], present.now))
        for one in of_page.values_list(*row_queries.COLUMNS, *APPLICATION_COLUMNS, named=True)
        if one.cluster_id in clusters
    }


def _live(selection: QuerySet[Rollout], applications: Sequence[int]) -> dict[int, tuple[tuple[str, int], ...]]:
    """Of the applications whose users are on different versions."""
    on_green = Case(When(live_side=LiveSide.GREEN, then="green_images"), default="blue_images")
    found = (
        selection.filter(application_id__in=applications)
        .annotate(live_images=on_green)
        .order_by()
        .values("application_id", "live_images")
        .annotate(number=Count("id"))
        .order_by("application_id", "-number", "live_images")
        .values_list("application_id", "live_images", "number")
    )
    images: dict[int, list[tuple[list[str], int]]] = {}
    for application, of_side, number in found:
        if application is not None and of_side:
            images.setdefault(application, []).append((of_side, number))
    return {id: _named(several) for id, several in images.items() if len(several) > 1}


def _named(several: Sequence[tuple[list[str], int]]) -> tuple[tuple[str, int], ...]:
    """Images that only differ behind the version are one version."""
    counts: dict[str, int] = {}
    for name, (_, number) in zip(told_apart([images for images, _ in several]), several, strict=True):
        counts[name] = counts.get(name, 0) + number
    return tuple(sorted(counts.items(), key=lambda one: -one[1])) if len(counts) > 1 else ()


def _row(
    application: Any,
    furthest: RolloutRow,
    clusters: int,
    cells: Sequence[Cell],
    live: tuple[tuple[str, int], ...],
) -> ApplicationRow:
    return ApplicationRow(
        id=application.application_id,
        namespace=application.application__workload_namespace,
        name=application.application__name,
        from_kurator=application.application__hub_id is not None,
        clusters=clusters,
        cells=tuple(sorted(cells, key=lambda cell: (cell.cluster.name, cell.id))),
        furthest=furthest,
        live=live,
    )
