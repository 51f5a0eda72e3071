"""The page of a Canary that is to be made: what its cluster says, the click, and how far it is."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import BadRequest, PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from rollouts import access, wiring
from rollouts.domain.errors import CredentialError
from rollouts.models import ChangeState, NewCanary
from rollouts.queries import new_canaries as queries
from rollouts.queries.new_canary_steps import steps_seen
from rollouts.services import new_canaries
from rollouts.services.act import NotPossible
from rollouts.services.one_offs import Unconfirmed
from rollouts.web.fragments import holds, private, seen_by, unchanged, wants_fragment
from rollouts.web.new_canaries import again
from rollouts.web.new_canary_words import reviewed
from rollouts.web.people import person_of
from rollouts.web.step_lines import line_of
from rollouts.web.views.commands import REASON_LENGTH, text_of
from rollouts.web.views.whole import ENDED_ALREADY

NOT_YOURS = "You may not do this any more. {}"


@require_http_methods(["GET", "HEAD", "POST"])
def new_canary_page(request: HttpRequest, id: int) -> HttpResponse:
    person = person_of(request)
    row = queries.seen_by(person, id)
    if row is None:
        raise Http404("There is no such new Canary.")
    may = queries.may(person, row)
    if request.method == "POST":
        if not may:
            raise PermissionDenied(NOT_YOURS.format(access.whom_to_ask(row.cluster.name)))
        return _clicked(request, row)
    version = seen_by(person, queries.version_of(row))
    if holds(request, version):
        return unchanged()
    return _page(request, row, may=may)


def _clicked(request: HttpRequest, row: NewCanary) -> HttpResponse:
    given: dict[str, Any] = {name: text_of(request, name) for name in ("reason", "typed")}
    now, do = timezone.now(), request.POST.get("do", "")
    try:
        if do == "confirm":
            digest = request.POST.get("digest", "")
            new_canaries.confirm(row=row, digest=digest, now=now, enqueue=wiring.enqueue, **given)
        elif do == "look":
            new_canaries.look_again(row=row, now=now, enqueue=wiring.enqueue)
        elif do != "stop":
            raise BadRequest("Say what is to be done: confirm, look or stop.")
        elif not new_canaries.stop(row=row, now=now):
            raise NotPossible(ENDED_ALREADY)
    except Unconfirmed as error:
        return _page(request, row, **given, wrong={error.field: str(error)}, status=422)
    except (NotPossible, CredentialError) as error:
        row.refresh_from_db()
        return _page(request, row, **given, said=str(error), status=409)
    return HttpResponseRedirect(reverse("new-canary", args=[row.pk]))


def _page(
    request: HttpRequest, row: NewCanary, *, may: bool = True, reason: str = "", typed: str = "", said: str = "",
    wrong: dict[str, str] | None = None, status: int = 200,
) -> HttpResponse:  # fmt: skip
    context: dict[str, Any] = {
        "row": row,
        "version": seen_by(person_of(request), queries.version_of(row)),
        "may": may,
        "may_not": NOT_YOURS.format(access.whom_to_ask(row.cluster.name)),
        "own": row.person_id == request.user.pk,
        "worked_on": row.state in (ChangeState.LOOKING, ChangeState.OPEN),
        "reason": reason,
        "typed": typed,
        "wrong": wrong or {},
        "longest": REASON_LENGTH,
        "again": again(row),
        "rollout": queries.rollout_of(row),
    }
    if row.asked_at is not None:
        context |= {"steps": [line_of(one) for one in steps_seen(row)]}
    elif row.state == ChangeState.LOOKED:
        context |= {"reason_wanted": new_canaries.reason_wanted(), **reviewed(row)}
    live = render_to_string("rollouts/new_canary_live.html", context, request)
    if wants_fragment(request) and request.method != "POST":
        return private(HttpResponse(live))
    context |= {"live": live, "said": said, "section": "clusters"}
    return private(render(request, "rollouts/new_canary.html", context, status=status))
