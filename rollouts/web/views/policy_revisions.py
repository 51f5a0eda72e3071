"""Every text that a policy had, what one changed, and what lies between any two."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from rollouts import access
from rollouts.domain.policies.editing import changes
from rollouts.domain.policies.reading import read
from rollouts.models import PolicyRevision
from rollouts.queries import policies
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


@require_safe
def policy_revisions_page(request: HttpRequest, id: int) -> HttpResponse:
    person, name = person_of(request), request.GET.get("policy", "")
    one = access.visible_applications(person).select_related("hub").filter(pk=id).first()
    governed = policies.governed(one, name, timezone.now()) if one is not None else None
    if one is None or governed is None:
        raise Http404("There is no such policy.")
    if not policies.seen_by(person, one, [governed]):
        raise PermissionDenied("What a policy says is shown to whoever sees all of its clusters.")
    found = list(PolicyRevision.objects.filter(application=one, policy=name).order_by("-pk")[: SHOWN + 1])
    given: dict[str, Any] = {
        "application": one,
        "policy": name,
        "lines": [_line(each, before) for each, before in zip_longest(found, found[1:])][:SHOWN],
        "edits": policies.may_edit(person, one, governed),
        "section": "application",
        **_compared(request, found),
    }
    return private(render(request, "rollouts/policy_revisions.html", given))


def _line(one: PolicyRevision, before: PolicyRevision | None) -> RevisionLine:
    if before is None:
        return RevisionLine(one, (), first=True)
    found = change_lines(changes(read(before.rollout), read(one.rollout)))
    return RevisionLine(one, tuple(dict.fromkeys(each.label for each in found)), first=False)


def _compared(request: HttpRequest, found: list[PolicyRevision]) -> dict[str, Any]:
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
        "fields": change_lines(changes(read(before.rollout), read(after.rollout))),
        "diff": lines_between(before.rollout, after.rollout),
    }
