"""Every text that a policy, or the spec of a plain Canary, had, what one changed, and what lies between any two."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from rollouts import access
from rollouts.domain.policies.editing import changes
from rollouts.domain.policies.layouts import KURATOR, PLAIN, Layout
from rollouts.domain.policies.reading import read
from rollouts.models import PolicyRevision
from rollouts.queries import canary_specs, policies, rollout
from rollouts.web.fragments import private
from rollouts.web.people import person_of
from rollouts.web.policy_change import change_lines, lines_between

SHOWN = 100


@dataclass(frozen=True, slots=True)
class RevisionLine:
    revision: PolicyRevision
    changed: tuple[str, ...]
    """Of which fields, against the one before it; empty for the first that was seen."""
    first: bool


@dataclass(frozen=True, slots=True)
class Addresses:
    """`edit` goes on with a parameter."""

    here: str
    edit: str
    back: str


@require_safe
def policy_revisions_page(request: HttpRequest, id: int) -> HttpResponse:
    person, name = person_of(request), request.GET.get("policy", "")
    one = access.visible_applications(person).select_related("hub").filter(pk=id).first()
    governed = policies.governed(one, name, timezone.now()) if one is not None else None
    if one is None or governed is None:
        raise Http404("There is no such policy.")
    if not policies.seen_by(person, one, [governed]):
        raise PermissionDenied("What a policy says is shown to whoever sees all of its clusters.")
    to = Addresses(
        here=reverse("policy-revisions", args=[id]),
        edit=f"{reverse('policy-edit', args=[id])}?{urlencode({'policy': name})}&",
        back=reverse("application", args=[id]),
    )
    given = {"application": one, "policy": name, "edits": policies.may_edit(person, one, governed)}
    return _page(request, PolicyRevision.objects.filter(application=one, policy=name), to, given)


@require_safe
def canary_revisions_page(request: HttpRequest, id: int) -> HttpResponse:
    """Of the spec of a plain Canary; also of one that is gone, or that Kurator makes by now."""
    person = person_of(request)
    one = rollout.find(person, id)
    if one is None:
        raise Http404("There is no such rollout.")
    to = Addresses(
        here=reverse("canary-revisions", args=[id]),
        edit=f"{reverse('canary-edit', args=[id])}?",
        back=reverse("rollout", args=[id]),
    )
    edits = canary_specs.is_editable(one) and not canary_specs.may_not_edit(person, one)
    given = {"plain": one, "policy": one.name, "edits": edits}
    return _page(request, PolicyRevision.objects.filter(plain=one), to, given, PLAIN)


def _page(
    request: HttpRequest, revisions: QuerySet[PolicyRevision], to: Addresses, given: dict[str, Any],
    layout: Layout = KURATOR,
) -> HttpResponse:  # fmt: skip
    found = list(revisions.order_by("-pk")[: SHOWN + 1])
    context: dict[str, Any] = {
        **given,
        "to": to,
        "lines": [_line(each, before, layout) for each, before in zip_longest(found, found[1:])][:SHOWN],
        "section": "application",
        **_compared(request, found, layout),
    }
    return private(render(request, "rollouts/policy_revisions.html", context))


def _line(one: PolicyRevision, before: PolicyRevision | None, layout: Layout) -> RevisionLine:
    if before is None:
        return RevisionLine(one, (), first=True)
    found = change_lines(changes(read(before.rollout, layout), read(one.rollout, layout)), layout)
    return RevisionLine(one, tuple(dict.fromkeys(each.label for each in found)), first=False)


def _compared(request: HttpRequest, found: list[PolicyRevision], layout: Layout) -> dict[str, Any]:
    known = {str(one.pk): one for one in found}
    before, after = known.get(request.GET.get("from", "")), known.get(request.GET.get("to", ""))
    if before is None or after is None:
        before, after = (found[1], found[0]) if len(found) > 1 else (None, None)
        asked = False
    else:
        asked = True
    if before is None or after is None:
        return {"before": None, "after": None, "asked": asked}
    return {
        "before": before,
        "after": after,
        "asked": asked,
        "fields": change_lines(changes(read(before.rollout, layout), read(after.rollout, layout)), layout),
        "diff": lines_between(before.rollout, after.rollout, layout),
    }
