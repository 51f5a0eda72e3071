"""Clusters, rollouts and applications. Lists are in the order of numbers: any other changes between two pieces."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Count, QuerySet
from django.http import Http404, HttpRequest
from django.utils import timezone
from ninja import Query, Router

from rollouts.api.errors import answers
from rollouts.api.paging import BIGGEST, Id, Listed, Piece, Text, cut, only_known
from rollouts.api.shapes import (
    ApplicationShape,
    ClusterShape,
    RolloutDetail,
    RolloutShape,
    act_shape,
    application_shape,
    cluster_shape,
    release_shape,
    rollout_shape,
)
from rollouts.domain.errors import InvalidInput
from rollouts.domain.observations import Phase, Strategy
from rollouts.models import Rollout
from rollouts.queries import applications, cluster_rows, clusters, commands, fleet, kept_by, rollout, rows
from rollouts.queries.clusters import ClusterMark, mark_of
from rollouts.queries.filters import NO_PHASE, FleetFilter, Part, Present, of_part

router = Router(tags=["fleet"])
NO_CLUSTER, NO_ROLLOUT = "There is no such cluster.", "There is no such rollout."
NO_APPLICATION = "There is no such application."


class Chosen(Piece):
    """As on the page of the fleet: values of one name are alternatives, names must all match. `application` is a piece
    of a name, or exactly `namespace/name`.
    """

    q: Text = ""
    cluster: list[Text] = []
    namespace: list[Text] = []
    application: Text = ""
    application_id: Id | None = None
    phase: list[Text] = []
    strategy: list[Text] = []
    provider: list[Text] = []
    owner: list[Text] = []
    part: Part | None = None


@router.get("/clusters", response=answers(Listed[ClusterShape]))
def list_clusters(request: HttpRequest, chosen: Query[Piece]) -> Listed[ClusterShape]:
    only_known(request, chosen)
    found = [row for row in _cluster_rows(request) if row.id > chosen.cursor]
    shown, after = cut(sorted(found, key=lambda row: row.id), chosen.limit, lambda row: row.id)
    return Listed(items=list(shown), next=after)


@router.get("/clusters/{int:id}", response=answers(ClusterShape))
def show_cluster(request: HttpRequest, id: int) -> ClusterShape:
    found = next((row for row in _cluster_rows(request) if row.id == id), None)
    if found is None:
        raise Http404(NO_CLUSTER)
    return found


def _cluster_rows(request: HttpRequest) -> list[ClusterShape]:
    known = cluster_rows.visible(request.user)
    return [cluster_shape(row) for row in cluster_rows.rows(request.user, known, timezone.now())]


@router.get("/rollouts", response=answers(Listed[RolloutShape]))
def list_rollouts(request: HttpRequest, chosen: Query[Chosen]) -> Listed[RolloutShape]:
    only_known(request, chosen)
    now = timezone.now()
    selection, marks, present = _selected(request, chosen, now)
    found = of_part(selection, chosen.part, present).filter(pk__gt=chosen.cursor).order_by("pk")
    ids, after = cut(list(found.values_list("pk", flat=True)[: chosen.limit + 1]), chosen.limit, int)
    return Listed(items=[rollout_shape(one) for one in rows.by_ids(ids, selection, marks, now)], next=after)


@router.get("/rollouts/{int:id}", response=answers(RolloutDetail))
def show_rollout(request: HttpRequest, id: int) -> RolloutDetail:
    one, now = find_rollout(request, id), timezone.now()
    may_not = commands.may_not(request.user, one)
    state = kept_by.known(one) if one.state else None
    acts = commands.possible(state, commands.of_rollout(one), now, may=not may_not)
    newest = one.releases.order_by("-number").first()
    return RolloutDetail(
        **rollout_shape(rows.row(one, mark_of(one.cluster, now), now)).dict(),
        uid=one.uid, provider=one.provider, owner_kind=one.owner_kind, owner_name=one.owner_name,
        unreadable=one.unreadable, deleted_at=one.deleted_at, may_not=may_not,
        acts=[act_shape(act) for act in acts], release=release_shape(newest) if newest else None,
    )  # fmt: skip


def find_rollout(request: HttpRequest, id: int) -> Rollout:
    one = rollout.find(request.user, id)
    if one is None:
        raise Http404(NO_ROLLOUT)
    return one


@router.get("/applications", response=answers(Listed[ApplicationShape]))
def list_applications(request: HttpRequest, chosen: Query[Chosen]) -> Listed[ApplicationShape]:
    """Of the rollouts that the filter leaves: an application counts those alone."""
    only_known(request, chosen)
    found, after = _applications(request, chosen)
    return Listed(items=found, next=after)


@router.get("/applications/{int:id}", response=answers(ApplicationShape))
def show_application(request: HttpRequest, id: int) -> ApplicationShape:
    found, _ = _applications(request, Chosen(application_id=id)) if 0 < id <= BIGGEST else ([], None)
    if not found:
        raise Http404(NO_APPLICATION)
    return found[0]


def _applications(request: HttpRequest, chosen: Chosen) -> tuple[list[ApplicationShape], int | None]:
    selection, marks, present = _selected(request, chosen, timezone.now())
    grouped = (
        of_part(selection, chosen.part, present)
        .filter(application_id__gt=chosen.cursor)
        .order_by()
        .values("application_id")
        .annotate(number=Count("pk"))
        .order_by("application_id")
        .values_list("application_id", "number")
    )
    numbers = [(id, number) for id, number in grouped[: chosen.limit + 1] if id is not None]
    shown, after = cut(numbers, chosen.limit, lambda one: one[0])
    page = applications.page(selection, _filter(chosen), shown, marks, present)
    return [application_shape(row) for row in page], after


def _selected(
    request: HttpRequest, chosen: Chosen, now: datetime
) -> tuple[QuerySet[Rollout], dict[int, ClusterMark], Present]:
    marks = {mark.id: mark for mark in clusters.marks(request.user, now)}
    selection = fleet.selected(request.user, _filter(chosen), marks)
    if chosen.application_id is not None:
        selection = selection.filter(application_id=chosen.application_id)
    return selection, marks, clusters.present(marks.values(), now)


def _filter(chosen: Chosen) -> FleetFilter:
    """Raises InvalidInput for words that no rollout ever has."""
    _one_of("phase", chosen.phase, (*(one for one in Phase if one), NO_PHASE))
    _one_of("strategy", chosen.strategy, tuple(Strategy))
    return FleetFilter(
        text=" ".join(chosen.q.split()), clusters=tuple(chosen.cluster), namespaces=tuple(chosen.namespace),
        application=chosen.application, phases=tuple(chosen.phase), strategies=tuple(chosen.strategy),
        providers=tuple(chosen.provider), owners=tuple(chosen.owner), part=chosen.part,
    )  # fmt: skip


def _one_of(name: str, given: list[str], known: tuple[str, ...]) -> None:
    if unknown := [one for one in given if one not in known]:
        raise InvalidInput(f"There is no {name} {unknown[0][:60]!r}. Known are {', '.join(known)}.")
