"""Removing the rollout of a policy, or a plain Canary: shown before, asked for, followed, stopped."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from itertools import islice
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest
from django.utils import timezone
from ninja import Query, Router, Status

from rollouts.api.batches import find_application
from rollouts.api.change_shapes import (
    ChangeShape,
    ConfirmationGiven,
    OfPolicyGiven,
    PolicyRemovalGiven,
    RemovalPreviewedProblem,
    RemovalPreviewShape,
    removal_preview_shape,
    removal_shape,
)
from rollouts.api.errors import Problem, Refused, answers, missed
from rollouts.api.fleet import find_rollout
from rollouts.api.paging import BIGGEST, Listed, Piece, cut, only_known
from rollouts.api.policies import NO_POLICY
from rollouts.models import Application, Removal, Rollout
from rollouts.queries import policies, removals
from rollouts.services import remove
from rollouts.services.act import NotPossible

router = Router(tags=["removals"])
NO_REMOVAL = "There is no such removal."
NO_CANARY = "There is no such Canary any more."
PREVIEWED: dict[int, Any] = {409: RemovalPreviewedProblem, 422: RemovalPreviewedProblem}
See = Callable[[datetime], remove.RemovalPreview | None]


@router.post("/applications/{int:id}/removals/preview", response=answers(RemovalPreviewShape))
def preview_removal_of_policy(request: HttpRequest, id: int, given: OfPolicyGiven) -> RemovalPreviewShape:
    """What the removal of the rollout of a policy would do now, or why not. Asks no cluster and changes nothing."""
    one, now = _editable(request, id, given.policy), timezone.now()
    return removal_preview_shape(_there(_of_policy(one, given.policy)(now), NO_POLICY), plain=False)


@router.post("/applications/{int:id}/removals", response=answers(ChangeShape, status=201, more=PREVIEWED))
def request_removal_of_policy(request: HttpRequest, id: int, given: PolicyRemovalGiven) -> Status[ChangeShape]:
    """What a preview has shown. 409 when it is no longer so, or cannot work."""

    def ask(**confirmed: Any) -> Removal:
        one = _editable(request, id, given.policy)
        return remove.request_removal(application=one, policy=given.policy, **confirmed)

    return _asked(request, given, ask, lambda now: _of_policy(find_application(request, id), given.policy)(now))


@router.get("/applications/{int:id}/removals", response=answers(Listed[ChangeShape]))
def list_removals_of_application(request: HttpRequest, id: int, chosen: Query[Piece]) -> Listed[ChangeShape]:
    """Of its policies, or of its plain Canaries: those all of whose clusters you see, the newest first."""
    only_known(request, chosen)
    one = find_application(request, id)
    return _listed(request, chosen, Removal.objects.filter(application=one))


@router.post("/rollouts/{int:id}/removals/preview", response=answers(RemovalPreviewShape))
def preview_removal_of_canary(request: HttpRequest, id: int) -> RemovalPreviewShape:
    """Of a Canary that no policy makes: what its removal would do now, or why not."""
    one, now = _editable_canary(request, id), timezone.now()
    return removal_preview_shape(_there(_of_canary(one)(now), NO_CANARY), plain=True)


@router.post("/rollouts/{int:id}/removals", response=answers(ChangeShape, status=201, more=PREVIEWED))
def request_removal_of_canary(request: HttpRequest, id: int, given: ConfirmationGiven) -> Status[ChangeShape]:
    """As of a policy."""

    def ask(**confirmed: Any) -> Removal:
        return remove.request_removal_of_canary(rollout=_editable_canary(request, id), **confirmed)

    return _asked(request, given, ask, lambda now: _of_canary(find_rollout(request, id))(now), plain=True)


@router.get("/rollouts/{int:id}/removals", response=answers(Listed[ChangeShape]))
def list_removals_of_rollout(request: HttpRequest, id: int, chosen: Query[Piece]) -> Listed[ChangeShape]:
    """Of its Canary, which no policy makes; the newest first."""
    only_known(request, chosen)
    one = find_rollout(request, id)
    return _listed(request, chosen, Removal.objects.filter(rollout=one))


@router.get("/removals/{int:id}", response=answers(ChangeShape))
def show_removal(request: HttpRequest, id: int) -> ChangeShape:
    """How far it has come, in each cluster."""
    return _shape(request, _find(request, id))


@router.post("/removals/{int:id}/stop", response=answers(ChangeShape, more={409: Problem}))
def stop_removal(request: HttpRequest, id: int) -> ChangeShape:
    """Whatever step it has reached: users are served as they were."""
    one = _find(request, id)
    if sentence := removals.may_not_stop(request.user, one):
        raise PermissionDenied(sentence)
    if not remove.stop_removal(removal=one, now=timezone.now()):
        raise Refused(409, removals.ENDED_ALREADY)
    return _shape(request, one)


def _asked(
    request: HttpRequest, given: ConfirmationGiven, ask: Callable[..., Removal], see: See, *, plain: bool = False
) -> Status[ChangeShape]:  # fmt: skip
    """What was asked for with this mark is answered also when the policy or Canary is gone by now."""
    known = removals.asked_for_with(request.user, str(given.mark))
    if known is not None:
        return Status(201, _shape(request, _find(request, known.pk)))
    now = timezone.now()
    try:
        made = ask(
            mark=str(given.mark), digest=given.digest, person=request.user, reason=given.reason.strip(),
            typed=given.typed, now=now,
        )  # fmt: skip
    except remove.RemovalChanged as changed:
        raise _refused(409, changed, changed.preview, plain, code="changed") from None
    except remove.RemovalUnconfirmed as error:
        raise _refused(422, error, error.preview, plain, **missed(error, error.field)) from None
    except NotPossible as error:
        raise _refused(409, error, see(now), plain, code="not-possible") from None
    return Status(201, _shape(request, made))


def _refused(
    status: int, error: Exception, seen: remove.RemovalPreview | None, plain: bool, *, code: str, **more: Any
) -> Refused:  # fmt: skip
    if seen is not None:
        more["preview"] = removal_preview_shape(seen, plain=plain).model_dump(mode="json")
    return Refused(status, str(error), code=code, **more)


def _of_policy(one: Application, policy: str) -> See:
    return lambda now: remove.preview_removal(application=one, policy=policy, now=now)


def _of_canary(one: Rollout) -> See:
    return lambda now: remove.preview_removal_of_canary(rollout=one, now=now)


def _there(seen: remove.RemovalPreview | None, sentence: str) -> remove.RemovalPreview:
    if seen is None:
        raise Http404(sentence)
    return seen


def _editable(request: HttpRequest, id: int, policy: str) -> Application:
    """Also who sees some of its clusters only is told of a policy, as on the page: it is there, and not for them."""
    one = find_application(request, id)
    governed = policies.governed(one, policy, timezone.now())
    if governed is None:
        raise Http404(NO_POLICY)
    if sentence := removals.may_not(request.user, one, governed):
        raise PermissionDenied(sentence)
    return one


def _editable_canary(request: HttpRequest, id: int) -> Rollout:
    one = find_rollout(request, id)
    if sentence := removals.may_not_of_canary(request.user, one):
        raise PermissionDenied(sentence)
    return one


def _find(request: HttpRequest, id: int) -> Removal:
    found = removals.seen_by(request.user, id) if 0 < id <= BIGGEST else None
    if found is None:
        raise Http404(NO_REMOVAL)
    return found


def _shape(request: HttpRequest, one: Removal) -> ChangeShape:
    return removal_shape(request.user, one, removals.parts_of(one))


def _listed(request: HttpRequest, chosen: Piece, found: QuerySet[Removal]) -> Listed[ChangeShape]:
    seen = removals.listed(request.user, found, before=chosen.cursor or None)
    shown, after = cut(list(islice(seen, chosen.limit + 1)), chosen.limit, lambda each: each.pk)
    items = [removal_shape(request.user, each, tuple(each.parts.all())) for each in shown]
    return Listed(items=items, next=after)
