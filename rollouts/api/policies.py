"""The policies of an application, and what may be asked of them: shown before, requested, followed."""

from __future__ import annotations

from itertools import islice
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.utils import timezone
from ninja import Query, Router, Status

from rollouts import wiring
from rollouts.api.batches import find_application
from rollouts.api.command_shapes import CommandShape, command_shape
from rollouts.api.errors import Problem, Refused, answers, missed
from rollouts.api.paging import Listed, Piece, cut, only_known
from rollouts.api.policy_shapes import (
    PolicyActGiven,
    PolicyCommandGiven,
    PolicyPreviewedProblem,
    PolicyPreviewShape,
    PolicyShape,
    policy_preview_shape,
    policy_shape,
)
from rollouts.domain.commands import Wanted
from rollouts.models import Application
from rollouts.queries import policies
from rollouts.services import act as acts

router = Router(tags=["policies"])
NO_POLICY = "There is no such policy."


@router.get("/applications/{int:id}/policies", response=answers(Listed[PolicyShape]))
def list_policies(request: HttpRequest, id: int, chosen: Query[Piece]) -> Listed[PolicyShape]:
    """Those all of whose clusters you see. `cursor` is the place in the list of the Application."""
    only_known(request, chosen)
    one, now = find_application(request, id), timezone.now()
    seen = policies.seen_by(request.user, one, policies.policies_of(one, now))
    places = list(enumerate(seen, 1))[chosen.cursor :]
    shown, after = cut(places, chosen.limit, lambda each: each[0])
    asked = policies.commands_of(one, seen)
    return Listed(items=[policy_shape(request.user, one, each, asked, now) for _, each in shown], next=after)


@router.post("/applications/{int:id}/policies/preview", response=answers(PolicyPreviewShape, more={409: Problem}))
def preview_act_of_policy(request: HttpRequest, id: int, given: PolicyActGiven) -> PolicyPreviewShape:
    """What an act would do now, in all of its clusters. Asks no cluster and changes nothing. Which earlier versions
    there are is read by workers: until they have, `why_not` says so.
    """
    one, now = _operable(request, id, given.policy, given.act), timezone.now()
    seen = acts.preview_policy_exactly(
        application=one, policy=given.policy, act=given.act, choice=given.choice, now=now
    )  # fmt: skip
    acts.being_read_in(parts=_there(seen).parts, enqueue=wiring.enqueue, now=now)
    return policy_preview_shape(_there(seen))


@router.post(
    "/applications/{int:id}/policies/commands",
    response=answers(CommandShape, status=201, more={409: PolicyPreviewedProblem, 422: PolicyPreviewedProblem}),
)
def request_policy_command(request: HttpRequest, id: int, given: PolicyCommandGiven) -> Status[CommandShape]:
    """What a preview has shown. 409 when it is no longer so, or cannot work."""
    one, now = _operable(request, id, given.policy, given.act), timezone.now()
    wanted = Wanted(given.act, str(given.mark), given.choice)
    try:
        command = acts.request_policy(
            application=one, policy=given.policy, wanted=wanted, digest=given.digest, person=request.user,
            reason=given.reason.strip(), typed=given.typed, now=now, enqueue=wiring.enqueue, record=acts.to_trail,
            feed=wiring.change_feed(),
        )  # fmt: skip
    except acts.PolicyChanged as changed:
        raise _refused(409, changed, changed.preview, code="changed") from None
    except acts.PolicyUnconfirmed as error:
        raise _refused(422, error, error.preview, **missed(error, error.field)) from None
    except acts.NotPossible as error:
        seen = acts.preview_policy(
            application=one, policy=given.policy, wanted=acts.want(given.act, given.choice), now=now
        )
        raise _refused(409, error, _there(seen), code="not-possible") from None
    return Status(201, command_shape(command))


def _refused(status: int, error: Exception, seen: acts.PolicyPreview, *, code: str, **more: Any) -> Refused:
    return Refused(status, str(error), code=code, preview=policy_preview_shape(seen).model_dump(mode="json"), **more)


@router.get("/applications/{int:id}/policies/commands", response=answers(Listed[CommandShape]))
def list_policy_commands(request: HttpRequest, id: int, chosen: Query[Piece]) -> Listed[CommandShape]:
    """What was asked of the policies, also of those that are gone: where you see all clusters that a command may name;
    the newest first.
    """
    only_known(request, chosen)
    one = find_application(request, id)
    found = policies.commands_seen_by(request.user, one, timezone.now(), before=chosen.cursor or None)
    shown, after = cut(list(islice(found, chosen.limit + 1)), chosen.limit, lambda each: each.pk)
    return Listed(items=[command_shape(each) for each in shown], next=after)


def _operable(request: HttpRequest, id: int, policy: str, act: str) -> Application:
    """Also who sees some of its clusters only is told of a policy, as on the page: it is there, and not for them."""
    one = find_application(request, id)
    governed = policies.governed(one, policy, timezone.now())
    if governed is None:
        raise Http404(NO_POLICY)
    if sentence := policies.may_not(request.user, one, governed, act):
        raise PermissionDenied(sentence)
    return one


def _there(seen: acts.PolicyPreview | None) -> acts.PolicyPreview:
    if seen is None:
        raise Http404(NO_POLICY)
    return seen
