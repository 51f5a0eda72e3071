"""Releases, and the report of each."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpRequest
from django.utils import timezone
from ninja import Query, Router

from rollouts import access
from rollouts.api.errors import answers
from rollouts.api.paging import Id, Listed, Piece, cut, only_known
from rollouts.api.shapes import ReleaseShape, release_shape
from rollouts.domain.rollout import Outcome
from rollouts.models import Release
from rollouts.queries import report, report_json

router = Router(tags=["releases"])
NO_RELEASE = "There is no such release."
UNSHOWN = ("canary", "summaries")


class ChosenReleases(Piece):
    """Names must all match."""

    rollout: Id | None = None
    application: Id | None = None
    cluster: Id | None = None
    outcome: Outcome | None = None


@router.get("/releases", response=answers(Listed[ReleaseShape]))
def list_releases(request: HttpRequest, chosen: Query[ChosenReleases]) -> Listed[ReleaseShape]:
    """The newest first."""
    only_known(request, chosen)
    found = _chosen(access.visible_releases(request.user), chosen).defer(*UNSHOWN).order_by("-pk")
    if chosen.cursor:
        found = found.filter(pk__lt=chosen.cursor)
    shown, after = cut(list(found[: chosen.limit + 1]), chosen.limit, lambda one: one.pk)
    return Listed(items=[release_shape(one) for one in shown], next=after)


def _chosen(releases: QuerySet[Release], chosen: ChosenReleases) -> QuerySet[Release]:
    columns = {"rollout": "rollout", "application": "rollout__application", "cluster": "rollout__cluster"}
    wanted = {column: getattr(chosen, name) for name, column in {**columns, "outcome": "outcome"}.items()}
    return releases.filter(**{column: value for column, value in wanted.items() if value is not None})


@router.get("/releases/{int:id}", response=answers(ReleaseShape))
def show_release(request: HttpRequest, id: int) -> ReleaseShape:
    return release_shape(_find(request, id))


@router.get("/releases/{int:id}/report", response=answers(dict[str, Any]))
def show_report(request: HttpRequest, id: int) -> dict[str, Any]:
    """The whole of it: steps, transitions, commands, checks. docs/reports.md says what each field means."""
    return report_json.report_json(report.report(_find(request, id), timezone.now()))


def _find(request: HttpRequest, id: int) -> Release:
    found = report.find(request.user, id)
    if found is None:
        raise Http404(NO_RELEASE)
    return found
