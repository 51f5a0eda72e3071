"""One act in several clusters of an application: shown before, requested, followed, stopped."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.utils import timezone
from ninja import Query, Router, Status

from rollouts import access, wiring
from rollouts.api.batch_shapes import (
    BatchGiven,
    BatchPreviewedProblem,
    BatchPreviewShape,
    BatchShape,
    batch_preview_shape,
    batch_shape,
)
from rollouts.api.command_shapes import ActGiven
from rollouts.api.errors import Problem, Refused, answers, missed
from rollouts.api.fleet import NO_APPLICATION
from rollouts.api.paging import BIGGEST, Listed, Piece, cut, only_known
from rollouts.domain.commands import Wanted
from rollouts.domain.errors import InvalidInput
from rollouts.models import Application, Batch
from rollouts.queries import batches, commands
from rollouts.services import act as acts

router = Router(tags=["several clusters"])
NO_BATCH = "There is no such batch."
TOO_LATE = "It was too late: nothing of it is left to be stopped."


@router.post("/applications/{int:id}/preview", response=answers(BatchPreviewShape))
def preview_act_in_several_clusters(request: HttpRequest, id: int, given: ActGiven) -> BatchPreviewShape:
    """What an act would do now, in each cluster of the application. Asks no cluster and changes nothing. Which earlier
    versions there are, or values of ConfigMaps, is read by a worker: until it has, `why_not` says so. Values are read
    anew after a minute.
    """
    return _preview(request, _operable(request, id, given), acts.want(given.act, given.choice), timezone.now())


@router.post(
    "/applications/{int:id}/batches",
    response=answers(BatchShape, status=201, more={409: BatchPreviewedProblem, 422: BatchPreviewedProblem}),
)
def request_batch(request: HttpRequest, id: int, given: BatchGiven) -> Status[BatchShape]:
    """What a preview has shown, in the clusters that are chosen. 409 when it is no longer so in one of them."""
    one, now = _operable(request, id, given), timezone.now()
    wanted = Wanted(given.act, str(given.mark), given.choice)
    operable = batches.operable_of(request.user, one)
    try:
        batch = acts.request_many(
            application=one, rollouts=[each for each in batches.rollouts_of(request.user, one) if each.pk in operable],
            chosen=[acts.Chosen(each.rollout, each.digest) for each in given.chosen], wanted=wanted,
            pace=given.asked_pace(), person=request.user, reason=given.reason.strip(), typed=given.typed, now=now,
            enqueue=wiring.enqueue, record=acts.to_trail, record_batch=acts.batch_to_trail, feed=wiring.change_feed(),
        )  # fmt: skip
    except acts.ChangedSince as error:
        raise _refused(409, error, _preview(request, one, wanted, now), code="changed") from None
    except acts.BatchUnconfirmed as error:
        raise _refused(422, error, _preview(request, one, wanted, now), **missed(error, error.field)) from None
    except acts.NotPossible as error:
        raise _refused(409, error, _preview(request, one, wanted, now), code="not-possible") from None
    return Status(201, _shape(request, batch.pk))


def _refused(status: int, error: Exception, seen: BatchPreviewShape, *, code: str, **more: Any) -> Refused:
    return Refused(status, str(error), code=code, preview=seen.model_dump(mode="json"), **more)


def _preview(request: HttpRequest, one: Application, wanted: Wanted, now: datetime) -> BatchPreviewShape:
    operable = batches.operable_of(request.user, one)
    rollouts = list(batches.rollouts_of(request.user, one))
    refused = {each.pk: commands.may_not(request.user, each) for each in rollouts if each.pk not in operable}
    parts = acts.preview_many(rollouts=rollouts, wanted=wanted, now=now)
    may = [part for part in parts if part.rollout.pk in operable]
    waits = acts.being_read_in(parts=may, enqueue=wiring.enqueue, now=now, anew=True)
    return batch_preview_shape(one, wanted, acts.until_read_in(parts, waits), refused)


@router.get("/applications/{int:id}/batches", response=answers(Listed[BatchShape]))
def list_batches(request: HttpRequest, id: int, chosen: Query[Piece]) -> Listed[BatchShape]:
    """The newest first."""
    only_known(request, chosen)
    found = batches.of_application(request.user, find_application(request, id).pk).order_by("-pk")
    if chosen.cursor:
        found = found.filter(pk__lt=chosen.cursor)
    shown, after = cut(list(found[: chosen.limit + 1]), chosen.limit, lambda one: one.pk)
    return Listed(items=[batch_shape(each) for each in batches.given(request.user, shown)], next=after)


@router.get("/batches/{int:id}", response=answers(BatchShape))
def show_batch(request: HttpRequest, id: int) -> BatchShape:
    """How far it has come."""
    return _shape(request, id)


@router.post("/batches/{int:id}/stop", response=answers(BatchShape, more={409: Problem}))
def stop_batch(request: HttpRequest, id: int) -> BatchShape:
    """What has not begun never will; what has begun goes on."""
    batch = _find(request, id).batch
    if not batches.may_stop(request.user, batch):
        raise PermissionDenied(f"{batches.IN_SOME} {access.whom_to_ask()}")
    if not _stopped(request, batch):
        raise Refused(409, TOO_LATE)
    return _shape(request, id)


def _stopped(request: HttpRequest, batch: Batch) -> bool:
    return acts.stop(
        batch=batch, sentence=f"Stopped by {request.user.get_username()}.", now=timezone.now(), record=acts.to_trail,
        record_batch=acts.batch_to_trail, feed=wiring.change_feed(),
    )  # fmt: skip


def _shape(request: HttpRequest, id: int) -> BatchShape:
    return batch_shape(_find(request, id))


def _find(request: HttpRequest, id: int) -> batches.Given:
    found = batches.find(request.user, id) if 0 < id <= BIGGEST else None
    if found is None:
        raise Http404(NO_BATCH)
    return found


def _operable(request: HttpRequest, id: int, given: ActGiven) -> Application:
    one = find_application(request, id)
    if not batches.operable_of(request.user, one):
        raise PermissionDenied(batches.may_not())
    if sentence := batches.not_offered(one, given.act) or batches.cannot_be_told(given.act, given.choice):
        raise InvalidInput(sentence)
    return one


def find_application(request: HttpRequest, id: int) -> Application:
    one = batches.application(request.user, id) if 0 < id <= BIGGEST else None
    if one is None:
        raise Http404(NO_APPLICATION)
    return one
