"""What may be asked of a rollout: shown before, requested, followed, cancelled."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.utils import timezone
from ninja import Query, Router, Status

from rollouts import wiring
from rollouts.api.command_shapes import (
    ActGiven,
    CommandGiven,
    CommandShape,
    PreviewedProblem,
    PreviewShape,
    ReasonGiven,
    command_shape,
    preview_shape,
)
from rollouts.api.errors import Problem, Refused, answers, missed
from rollouts.api.fleet import find_rollout
from rollouts.api.paging import BIGGEST, Listed, Piece, cut, only_known
from rollouts.domain.commands import Wanted
from rollouts.models import Command, Rollout
from rollouts.queries import commands
from rollouts.services import act as acts

router = Router(tags=["commands"])
NO_COMMAND = "There is no such command."
TOO_LATE = "It was too late: it is being carried out already."


@router.post("/rollouts/{int:id}/preview", response=answers(PreviewShape, more={409: Problem}))
def preview_act(request: HttpRequest, id: int, given: ActGiven) -> PreviewShape:
    """What an act would do now. Asks no cluster and changes nothing. Which earlier versions there are, or values of
    ConfigMaps, is read by a worker: until it has, `why_not` says so. Values are read anew after a minute.
    """
    one, now = _operable(request, id), timezone.now()
    seen = acts.preview_exactly(rollout=one, act=given.act, choice=given.choice, now=now)
    if acts.being_read(rollout=one, seen=seen, enqueue=wiring.enqueue, now=now, anew=True):
        seen = acts.until_read(seen)
    return preview_shape(seen)


@router.post(
    "/rollouts/{int:id}/commands",
    response=answers(CommandShape, status=201, more={409: PreviewedProblem, 422: PreviewedProblem}),
)
def request_command(request: HttpRequest, id: int, given: CommandGiven) -> Status[CommandShape]:
    """What a preview has shown. 409 when it is no longer so, or cannot work."""
    one, now = _operable(request, id), timezone.now()
    wanted = Wanted(given.act, str(given.mark), given.choice)
    try:
        command = acts.request(
            rollout=one, wanted=wanted, digest=given.digest, person=request.user, reason=given.reason.strip(),
            typed=given.typed, now=now, enqueue=wiring.enqueue, record=acts.to_trail, feed=wiring.change_feed(),
        )  # fmt: skip
    except acts.Changed as changed:
        raise _refused(409, changed, changed.preview, code="changed") from None
    except acts.Unconfirmed as error:
        raise _refused(422, error, error.preview, **missed(error, error.field)) from None
    except acts.NotPossible as error:
        seen = acts.preview(rollout=one, wanted=acts.want(wanted.act, wanted.choice), now=now)
        raise _refused(409, error, seen, code="not-possible") from None
    return Status(201, command_shape(command))


def _refused(status: int, error: Exception, seen: acts.Preview, *, code: str, **more: Any) -> Refused:
    return Refused(status, str(error), code=code, preview=preview_shape(seen).model_dump(mode="json"), **more)


@router.get("/rollouts/{int:id}/commands", response=answers(Listed[CommandShape]))
def list_commands(request: HttpRequest, id: int, chosen: Query[Piece]) -> Listed[CommandShape]:
    """The newest first."""
    only_known(request, chosen)
    found = find_rollout(request, id).commands.order_by("-pk")
    if chosen.cursor:
        found = found.filter(pk__lt=chosen.cursor)
    shown, after = cut(list(found[: chosen.limit + 1]), chosen.limit, lambda one: one.pk)
    return Listed(items=[command_shape(one) for one in shown], next=after)


@router.get("/commands/{int:id}", response=answers(CommandShape))
def show_command(request: HttpRequest, id: int) -> CommandShape:
    """What became of it."""
    return command_shape(_find(request, id))


@router.post("/commands/{int:id}/cancel", response=answers(CommandShape, more={409: Problem}))
def cancel_command(request: HttpRequest, id: int) -> CommandShape:
    """While nobody carries it out."""
    found = _find(request, id)
    if sentence := commands.may_not_act_on(request.user, found, timezone.now()):
        raise PermissionDenied(sentence)
    if not acts.cancel(command=found, now=timezone.now(), record=acts.to_trail, feed=wiring.change_feed()):
        raise Refused(409, TOO_LATE)
    return command_shape(found)


@router.post("/commands/{int:id}/reason", response=answers(CommandShape, more={409: Problem}))
def say_why(request: HttpRequest, id: int, given: ReasonGiven) -> CommandShape:
    """Of a command that was requested without a reason: once, by whoever asked for it."""
    found, reason = _find(request, id), given.reason.strip()
    if sentence := commands.may_not_act_on(request.user, found, timezone.now()) or acts.not_theirs(found, request.user):
        raise PermissionDenied(sentence)
    if not reason:
        raise Refused(422, acts.SAY_WHY, fields=[{"where": "body.reason", "message": acts.SAY_WHY}])
    sentence = acts.give_reason(
        command=found, person=request.user, reason=reason, now=timezone.now(), record=acts.of_the_reason,
        feed=wiring.change_feed(),
    )  # fmt: skip
    if sentence:
        raise Refused(409, sentence)
    return command_shape(found)


def _find(request: HttpRequest, id: int) -> Command:
    found = commands.seen_by(request.user, id, timezone.now()) if 0 < id <= BIGGEST else None
    if found is None:
        raise Http404(NO_COMMAND)
    return found


def _operable(request: HttpRequest, id: int) -> Rollout:
    one = find_rollout(request, id)
    if sentence := commands.may_not(request.user, one):
        raise PermissionDenied(sentence)
    if not one.state:
        raise Refused(409, commands.NEVER_READ, code="not-possible")
    return one
