"""Deleting and making an Application: a worker looks at it first, then it is confirmed, followed, stopped."""

from __future__ import annotations

from collections.abc import Sequence

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.utils import timezone
from ninja import Router, Status

from rollouts import access, wiring
from rollouts.api.application_change_shapes import (
    ApplicationGiven,
    change_shape,
)
from rollouts.api.batches import find_application
from rollouts.api.change_shapes import ChangeConfirmedGiven, ChangedProblem, ChangeShape
from rollouts.api.confirming import confirmed
from rollouts.api.errors import Problem, Refused, answers
from rollouts.api.paging import BIGGEST
from rollouts.domain.policies.findings import Finding
from rollouts.models import ApplicationChange
from rollouts.queries import whole as queries
from rollouts.queries.new_applications import entered_by_name, judge, said_of
from rollouts.queries.whole import FleetChoice
from rollouts.services import whole

router = Router(tags=["Applications as a whole"])
NO_CHANGE = "There is no such change of an Application."
NOT_OF_KURATOR = "It is no Application of Kurator, or it is gone."
ENDED_ALREADY = "It has ended already: there was nothing to stop."


@router.post("/applications/{int:id}/deletions", response=answers(ChangeShape, status=201))
def look_at_deletion(request: HttpRequest, id: int) -> Status[ChangeShape]:
    """Deletes nothing: a worker looks what would go, and what speaks against it. Ask for the change until its state is
    `looked`. What is never confirmed is forgotten after a day.
    """
    one = find_application(request, id)
    if one.hub is None or one.deleted_at is not None:
        raise Http404(NOT_OF_KURATOR)
    if sentence := queries.may_not_delete(request.user, queries.parts_of(one)):
        raise PermissionDenied(sentence)
    made = whole.begin_deletion(application=one, person=request.user, now=timezone.now(), enqueue=wiring.enqueue)
    return Status(201, change_shape(request.user, made))


@router.post("/application-changes", response=answers(ChangeShape, status=201))
def look_at_creation(request: HttpRequest, given: ApplicationGiven) -> Status[ChangeShape]:
    """Makes nothing: what is entered is judged field by field as the form does, then the hub tries it out. Ask for the
    change until its state is `looked`.
    """
    fleets = queries.fleets_for(request.user)
    if not fleets:
        raise PermissionDenied(queries.MAY_NOT_CREATE.format(access.whom_to_ask()))
    judged = judge(request.user, entered_by_name(given.fields, fleets), fleets)
    if judged.fleet is None or judged.wrong:
        raise _wrong(judged.wrong, fleets)
    made = whole.begin_creation(
        hub=judged.fleet.hub, application=judged.application, clusters=judged.reached, person=request.user,
        now=timezone.now(), enqueue=wiring.enqueue,
    )  # fmt: skip
    return Status(201, change_shape(request.user, made))


def _wrong(found: Sequence[Finding], fleets: Sequence[FleetChoice]) -> Refused:
    fields = [{"where": f"body.fields.{one.field}", "message": said_of(one, fleets)} for one in found]
    return Refused(422, f"{fields[0]['where']}: {fields[0]['message']}", fields=fields)


@router.get("/application-changes/{int:id}", response=answers(ChangeShape))
def show_application_change(request: HttpRequest, id: int) -> ChangeShape:
    """What was seen, or how far it is. What nobody has asked for yet is told to whoever had it looked at alone."""
    return change_shape(request.user, _find(request, id))


@router.post(
    "/application-changes/{int:id}/confirm",
    response=answers(ChangeShape, more={409: ChangedProblem, 422: ChangedProblem}),
)
def confirm_application_change(request: HttpRequest, id: int, given: ChangeConfirmedGiven) -> ChangeShape:
    """What the `review` has shown. Sent twice it is asked for once. 409 when it is no longer so, or cannot work."""
    one = _changeable(request, id)

    def ask() -> None:
        whole.confirm(
            change=one, digest=given.digest, typed=given.typed, reason=given.reason.strip(), now=timezone.now(),
            enqueue=wiring.enqueue,
        )  # fmt: skip

    def now() -> ChangeShape:
        return change_shape(request.user, _find(request, id))

    return confirmed(ask, now, was_shown=one.digest == given.digest)


@router.post("/application-changes/{int:id}/look", response=answers(ChangeShape))
def look_at_application_change_again(request: HttpRequest, id: int) -> ChangeShape:
    """Before it is asked for: by what is there now."""
    whole.look_again(change=_changeable(request, id), now=timezone.now(), enqueue=wiring.enqueue)
    return change_shape(request.user, _find(request, id))


@router.post("/application-changes/{int:id}/stop", response=answers(ChangeShape, more={409: Problem}))
def stop_application_change(request: HttpRequest, id: int) -> ChangeShape:
    """What the hub has accepted goes on by itself, and nobody follows it here any more."""
    if not whole.stop(change=_changeable(request, id), now=timezone.now()):
        raise Refused(409, ENDED_ALREADY)
    return change_shape(request.user, _find(request, id))


def _find(request: HttpRequest, id: int) -> ApplicationChange:
    found = queries.seen_by(request.user, id) if 0 < id <= BIGGEST else None
    if found is None:
        raise Http404(NO_CHANGE)
    return found


def _changeable(request: HttpRequest, id: int) -> ApplicationChange:
    one = _find(request, id)
    if sentence := queries.may_not(request.user, one):
        raise PermissionDenied(sentence)
    return one
