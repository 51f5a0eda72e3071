"""Deleting an Application: what would go, the click, and the page that tells how far it is, also of a new one."""

from __future__ import annotations

from typing import Any

import yaml
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from rollouts import access, wiring
from rollouts.domain import memory
from rollouts.domain.ownership import Owner, OwnerKind
from rollouts.models import ApplicationChange, ChangeKind, ChangeState
from rollouts.queries import whole as queries
from rollouts.queries.whole_review import clusters_named
from rollouts.queries.whole_steps import left, steps_seen
from rollouts.services import whole
from rollouts.services.act import NotPossible
from rollouts.services.one_offs import Unconfirmed
from rollouts.web import whole_words
from rollouts.web.fragments import holds, private, seen_by, unchanged, wants_fragment
from rollouts.web.people import person_of
from rollouts.web.policy_change import keeper_words
from rollouts.web.step_lines import line_of
from rollouts.web.views.commands import REASON_LENGTH, text_of

ENDED_ALREADY = "It has ended already: there was nothing to stop."


@require_POST
def delete_application(request: HttpRequest, id: int) -> HttpResponse:
    """Nothing is deleted by it: a worker looks what would go."""
    person, now = person_of(request), timezone.now()
    one = access.visible_applications(person).select_related("hub").filter(pk=id).first()
    if one is None or one.hub is None or one.deleted_at is not None:
        raise Http404("There is no such Application.")
    if sentence := queries.may_not_delete(person, queries.parts_of(one)):
        raise PermissionDenied(sentence)
    made = whole.begin_deletion(application=one, person=request.user, now=now, enqueue=wiring.enqueue)
    return HttpResponseRedirect(reverse("application-change", args=[made.pk]))


@require_http_methods(["GET", "HEAD", "POST"])
def application_change_page(request: HttpRequest, id: int) -> HttpResponse:
    person = person_of(request)
    change = queries.seen_by(person, id)
    if change is None:
        raise Http404("There is no such change of an Application.")
    may_not = queries.may_not(person, change)
    if request.method == "POST":
        if may_not:
            raise PermissionDenied(may_not)
        return _clicked(request, change)
    version = seen_by(person, queries.version_of(change))
    if holds(request, version):
        return unchanged()
    return _page(request, change, may_not=may_not)


def _clicked(request: HttpRequest, change: ApplicationChange) -> HttpResponse:
    given: dict[str, Any] = {name: text_of(request, name) for name in ("reason", "typed")}
    now = timezone.now()
    do = request.POST.get("do", "")
    try:
        if do == "confirm":
            digest = request.POST.get("digest", "")
            whole.confirm(change=change, digest=digest, now=now, enqueue=wiring.enqueue, **given)
        elif do == "look":
            whole.look_again(change=change, now=now, enqueue=wiring.enqueue)
        elif not whole.stop(change=change, now=now):
            raise NotPossible(ENDED_ALREADY)
    except Unconfirmed as error:
        return _page(request, change, **given, wrong={error.field: str(error)}, status=422)
    except NotPossible as error:
        change.refresh_from_db()
        return _page(request, change, **given, said=str(error), status=409)
    return HttpResponseRedirect(reverse("application-change", args=[change.pk]))


def _page(
    request: HttpRequest, change: ApplicationChange, *, may_not: str = "", reason: str = "", typed: str = "",
    said: str = "", wrong: dict[str, str] | None = None, status: int = 200,
) -> HttpResponse:  # fmt: skip
    person = person_of(request)
    context: dict[str, Any] = {
        "change": change,
        "version": seen_by(person, queries.version_of(change)),
        "may": not may_not,
        "may_not": may_not,
        "deletes": change.kind == ChangeKind.DELETE,
        "worked_on": change.state in (ChangeState.LOOKING, ChangeState.OPEN),
        "reason": reason,
        "typed": typed,
        "wrong": wrong or {},
        "reason_wanted": whole.reason_wanted(change),
        "longest": REASON_LENGTH,
        **_of_the_application(person, change),
    }
    if change.asked_at is not None:
        context |= {"steps": [line_of(one) for one in steps_seen(change)], "left": left(change)}
    live = render_to_string("rollouts/application_change_live.html", context, request)
    if wants_fragment(request) and request.method != "POST":
        return private(HttpResponse(live))
    context |= {"live": live, "said": said, "section": "application"}
    return private(render(request, "rollouts/application_change.html", context, status=status))


def _of_the_application(person: access.Person, change: ApplicationChange) -> dict[str, Any]:
    rows = queries.rows_of(change.hub_id, change.namespace, change.name)
    of_policies = {memory.load_policy(policy).name: row.pk for row in rows for policy in row.policies}
    keepers = [Owner(OwnerKind(row.owner_kind), row.owner_name) for row in rows]
    seen = access.visible_applications(person).filter(pk__in=[row.pk for row in rows]).order_by("pk").first()
    found: dict[str, Any] = {"application": seen, "keeper": keeper_words(keepers[0]) if keepers else ""}
    if change.kind == ChangeKind.CREATE:
        bare = next((row for row in rows if not row.workload), None)
        found |= {
            "row": bare.pk if bare is not None else None,
            "bare_policy": memory.load_policy(bare.policies[0]).name if bare is not None and bare.policies else "",
            "clusters": clusters_named(change),
            "manifest": yaml.safe_dump(change.manifest, sort_keys=False, allow_unicode=True, width=110),
            "refused": change.seen.get("refused", ""),
        }
    if change.kind == ChangeKind.DELETE and change.seen:
        judged = memory.load_deletion(change.seen)
        found |= {
            "traps": whole_words.traps(change, of_policies),
            "going": whole_words.goings(change),
            "warnings": judged.warnings or (),
        }
    return found
