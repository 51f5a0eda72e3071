"""The same change for other policies: which ones, the review of all, the one click, and what came of each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.db.models import Prefetch, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from rollouts import wiring
from rollouts.domain.commands import Act, to_type
from rollouts.domain.errors import CredentialError
from rollouts.domain.policies.drafts import Draft
from rollouts.domain.policies.editing import changes
from rollouts.models import DraftTrial, PolicyDraft
from rollouts.queries import editable, reasons
from rollouts.services import act as acts
from rollouts.services.act.drafts import ONE_OF_MANY_AGAIN_AFTER
from rollouts.services.act.many_policies import MOST, TOO_MANY, too_many_clusters
from rollouts.web.fragments import private, unchanged, wants_fragment
from rollouts.web.people import person_of
from rollouts.web.policy_change import change_lines
from rollouts.web.policy_many import ManyPart, Target, chosen, parts, targets
from rollouts.web.policy_review import Given, is_awaited
from rollouts.web.views.commands import REASON_LENGTH, mark_of_click, text_of
from rollouts.web.views.policy_edit import editable as editable_policy

SHOWN = 50
"""Policies to choose from on one page."""
LONGEST_NAME = 253
WAITS = "waits"
LOST = "What you entered cannot be opened any more. Make the change anew."


@dataclass(frozen=True, slots=True)
class Begun:
    """The change of one policy that others are to have too."""

    row: PolicyDraft
    draft: Draft
    first: Target


@require_safe
def policy_others_page(request: HttpRequest, id: int, draft: int) -> HttpResponse:
    return _choice(request, _begun(request, id, draft))


@require_http_methods(["GET", "HEAD", "POST"])
def policy_all_page(request: HttpRequest, id: int, draft: int) -> HttpResponse:
    """What changes in each. A POST applies it to those that were chosen."""
    begun, now = _begun(request, id, draft), timezone.now()
    if request.method != "POST" and wants_fragment(request) and _still_awaited(request, now):
        return unchanged()
    pairs = _pairs(request)
    if not pairs or len(pairs) > MOST:
        return _not_so(request, begun, TOO_MANY if pairs else "Choose the policies that are to be changed too.")
    others = [
        one for one in targets(person_of(request), pairs, now)
        if (one.application.pk, one.governed.policy.name) != (id, begun.row.policy)
    ]  # fmt: skip
    if said := too_many_clusters(one.governed for one in (begun.first, *others)):
        return _not_so(request, begun, said)
    if request.method == "POST":
        return _applied(request, begun, others, now)
    return _review(request, begun, others, Given(), now)


def _begun(request: HttpRequest, id: int, draft: int) -> Begun:
    row = _reviews(request).filter(pk=draft, application=id).first()
    if row is None:
        raise Http404("There is no such change of yours.")
    one, governed = editable_policy(request, id, row.policy)
    try:
        wished = acts.draft_of(row)
    except CredentialError:
        raise Http404(LOST) from None
    return Begun(row, wished, Target(one, governed))


def _reviews(request: HttpRequest) -> QuerySet[PolicyDraft]:
    """The person's, of policies that have a rollout."""
    return PolicyDraft.objects.filter(person=request.user.pk, rollout=None).exclude(base=None)


def _still_awaited(request: HttpRequest, now: datetime) -> bool:
    """Whether the page that asks again need not be made anew: one of the reviews it waits for is still tried out."""
    ids = _ids(request.GET.getlist(WAITS)[: MOST + 1])
    found = _reviews(request).filter(pk__in=ids, command=None).select_related("application")
    rows = list(found.prefetch_related(Prefetch("trials", DraftTrial.objects.select_related("cluster"))))
    trials = [trial for row in rows for trial in row.trials.all()]
    acts.ask_again(trials=trials, after=ONE_OF_MANY_AGAIN_AFTER, enqueue=wiring.enqueue, now=now)
    return any(is_awaited(list(row.trials.all()), row, now) for row in rows)


def _ids(said: Iterable[str]) -> list[int]:
    return [int(one) for one in said if one.isascii() and one.isdigit() and len(one) < 16]


def _pairs(request: HttpRequest) -> list[tuple[int, str]]:
    """Each once, in the order in which they were chosen."""
    found = [one.partition(":") for one in request.GET.getlist("to")]
    known = [(int(id), name) for id, _, name in found if id.isascii() and id.isdigit() and len(id) < 16]
    return list(dict.fromkeys(known))


def _not_so(request: HttpRequest, begun: Begun, said: str) -> HttpResponse:
    """To choose others instead: on the page for it, or where the review stood."""
    if not wants_fragment(request):
        return _choice(request, begun, said, status=422)
    others = reverse("policy-others", args=[begun.first.application.pk, begun.row.pk])
    chosen_again = urlencode([("to", one) for one in request.GET.getlist("to")])
    context = {"said": said, "address": f"{others}?{chosen_again}"}
    return private(render(request, "rollouts/bits/policy_all_not.html", context, status=422))


def _choice(request: HttpRequest, begun: Begun, said: str = "", *, status: int = 200) -> HttpResponse:
    person, edit = person_of(request), begun.draft.edit
    named = request.GET.get("named", "").replace("\0", "").strip()[:LONGEST_NAME]
    pairs = _pairs(request)[: MOST + SHOWN]
    but = begun.first.application.pk, begun.row.policy
    found = editable.find(person, named=named, most=SHOWN, bare=False, but=but)
    picked = list(targets(person, pairs, timezone.now()))
    also = {(one.application.pk, one.governed.policy.name) for one in picked}
    context = {
        "begun": begun,
        "application": begun.first.application,
        "policy": begun.row.policy,
        "fields": change_lines(changes(edit.before, edit.after)),
        "picked": picked,
        "found": [one for one in found.policies if (one.application.pk, one.policy.name) not in also],
        "more": found.more,
        "named": named,
        "said": said,
        "most": MOST,
        "shown": SHOWN,
        "section": "application",
    }
    return private(render(request, "rollouts/policy_others.html", context, status=status))


def _review(
    request: HttpRequest, begun: Begun, others: Sequence[Target], given: Given, now: datetime, *, status: int = 200,
    taken: Sequence[str] | None = None, in_turn: bool = False,
) -> HttpResponse:  # fmt: skip
    mark = mark_of_click(request)
    found = parts(request, begun.first, begun.row, begun.draft, others, mark, now)
    going = [one for one in found if one.value]
    waits = [(WAITS, one.value.partition(":")[0]) for one in going if one.awaited]
    chosen_alone = [(name, value) for name, values in request.GET.lists() for value in values if name != WAITS]
    concerned = [one.target.application for one in going]
    context: dict[str, Any] = {
        "application": begun.first.application,
        "policy": begun.row.policy,
        "draft": begun.row,
        "chosen": request.GET.getlist("to"),
        "address": f"{request.path}?{urlencode(chosen_alone)}",
        "again": f"{request.path}?{urlencode(chosen_alone + waits)}",
        "parts": found,
        "going": going,
        "left": [one for one in found if one.why_not],
        "awaited": bool(waits),
        "typed": to_type([one.plan for one in going if one.plan], begun.first.application.name),
        "mark": mark,
        "given": given,
        "unticked": _unticked(going, taken),
        "in_turn": in_turn,
        "reason_wanted": reasons.wanted(person_of(request), concerned, Act.EDIT_POLICY) if concerned else "",
        "longest": REASON_LENGTH,
        "section": "application",
    }
    template = "rollouts/bits/policy_all.html" if wants_fragment(request) else "rollouts/policy_all.html"
    return private(render(request, template, context, status=status))


def _unticked(going: Sequence[ManyPart], taken: Sequence[str] | None) -> set[str]:
    """The boxes that the person has emptied before the click that came to nothing."""
    if taken is None:
        return set()
    rows = {one.partition(":")[0] for one in taken}
    return {one.value for one in going if one.value.partition(":")[0] not in rows}


def _applied(request: HttpRequest, begun: Begun, others: Sequence[Target], now: datetime) -> HttpResponse:
    given: dict[str, Any] = {name: text_of(request, name) for name in ("reason", "typed")}
    taken, in_turn = request.POST.getlist("take")[: MOST + 1], request.POST.get("pace") == "in-turn"
    ids = _ids(one.partition(":")[0] for one in taken)
    mine = _reviews(request).select_related("application__hub").filter(pk__in=ids)
    shown: dict[str, Any] = {"taken": taken, "in_turn": in_turn}
    try:
        batch = acts.request_policies(
            application=begun.first.application, chosen=list(chosen(person_of(request), taken, mine.in_bulk(), now)),
            mark=mark_of_click(request), pace=acts.Pace(in_turn=in_turn), person=request.user, now=now,
            enqueue=wiring.enqueue, record=acts.to_trail, record_batch=acts.batch_to_trail,
            feed=wiring.change_feed(), **given,
        )  # fmt: skip
    except (acts.ChangedSince, acts.NotPossible) as error:
        return _review(request, begun, others, Given(**given, said=str(error)), now, status=409, **shown)
    except CredentialError:
        return _review(request, begun, others, Given(**given, said=LOST), now, status=409, **shown)
    except acts.BatchUnconfirmed as error:
        wrong = {error.field: str(error)}
        return _review(request, begun, others, Given(**given, wrong=wrong), now, status=422, **shown)
    return HttpResponseRedirect(reverse("policy-batch", args=[batch.pk]))
