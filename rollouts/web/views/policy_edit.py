"""Editing a policy: the form, what is said of it while somebody types, and the change to look at in the end."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods

from rollouts import access
from rollouts.domain.commands import Act, Governed
from rollouts.domain.policies.drafts import Draft
from rollouts.domain.policies.editing import STRATEGY, Edit, edited, rebased, three_ways
from rollouts.domain.policies.entering import MOST, Texts, numbered, rows, shown
from rollouts.domain.policies.fields import LISTS, RolloutPolicy
from rollouts.domain.policies.findings import Finding
from rollouts.domain.policies.going_back import going_back
from rollouts.domain.policies.known import Known
from rollouts.domain.policies.meaning import meaning
from rollouts.domain.policies.reading import NO_EFFECT, Obj, read, unknown
from rollouts.domain.policies.strategies import strategy_of, without_effect
from rollouts.domain.redaction import LONGEST
from rollouts.models import Application, PolicyRevision
from rollouts.queries import policies, policy_fields, setting_up
from rollouts.web import policy_copy, policy_form, policy_trial
from rollouts.web import setting_up as first
from rollouts.web.fragments import private, wants_fragment
from rollouts.web.people import person_of
from rollouts.web.policy_change import ChangeLine, change_lines
from rollouts.web.policy_copy import CopiedWords
from rollouts.web.policy_labels import LABELS
from rollouts.web.policy_replay import replay_words
from rollouts.web.policy_review import Given, addresses, page, review
from rollouts.web.policy_trial import TrialWords

IDLE, UNKNOWN = "without effect", "not known to the Kurator of this hub"
UNKNOWN_TO_FLAGGER = "not known to the Flagger of this cluster"
OWN = ("csrfmiddlewaretoken", "policy", "base", "go", "more", "less", "try")
"""What the form says besides its fields. None of these names is one that every form has a method by."""


@require_http_methods(["GET", "HEAD", "POST"])
def policy_edit_page(request: HttpRequest, id: int) -> HttpResponse:
    return editing(request, *editable(request, id, request.POST.get("policy") or request.GET.get("policy", "")))


def editing(request: HttpRequest, one: Application, governed: Governed) -> HttpResponse:
    """The form, and what is asked of it. Whoever calls this has judged that the person may edit."""
    current = governed.policy.rollout
    if current is None and not governed.policy.bare:
        return page(request, "policy_unread", one, governed, {})
    if request.method != "POST" or "base" not in request.POST:
        return _first(request, one, governed, current)
    base = base_of(request, current)
    texts = with_rows(request, numbered(texts_sent(request)))
    edit = _edited(request, one, governed, base, texts)
    if request.headers.get("HX-Target") == "policy-says":
        return _says(request, one, governed, edit, texts)
    if row := request.POST.get("try", ""):
        trial = policy_trial.tried(row, governed, edit, timezone.now())
        if trial is not None and wants_fragment(request):
            context = {"tried": trial, "row": trial.row, "to": addresses(one, governed)}
            return private(render(request, "rollouts/bits/policy_trial.html", context))
        return _form(request, one, governed, base, edit, texts, trial=trial)
    if request.POST.get("go") != "review":
        return _form(request, one, governed, base, edit, texts)
    return reviewed(request, one, governed, Draft(base, texts, governed.layout))


def _begun_with(
    request: HttpRequest, one: Application, governed: Governed, current: RolloutPolicy
) -> tuple[RolloutPolicy, CopiedWords | None]:
    """What the form shows at first: an earlier text, or that of another policy, where one is named."""
    if policy_copy.is_asked_for(request.GET):
        return policy_copy.begun(request, one, governed, current, timezone.now())
    number = request.GET.get("revision", "")
    if not number:
        return current, None
    of_it = {"plain": governed.plain} if governed.plain else {"application": one, "policy": governed.policy.name}
    known = PolicyRevision.objects.filter(**of_it)
    found = known.filter(pk=int(number)).first() if number.isascii() and number.isdigit() and len(number) < 16 else None
    if found is None:
        raise Http404("There is no such revision.")
    return going_back(current, read(found.rollout, governed.layout), governed.layout), None


def reviewed(
    request: HttpRequest, one: Application, governed: Governed, draft: Draft, given: Given | None = None, *,
    status: int = 200,
) -> HttpResponse:  # fmt: skip
    """To look at before it is applied. When somebody else has changed the policy since, what the person has changed is
    put into that.
    """
    current, base = governed.policy.rollout, draft.base
    if current is None and not governed.policy.bare:
        return page(request, "policy_unread", one, governed, {})
    edit, texts = _edited(request, one, governed, base, draft.texts), draft.texts
    meanwhile: tuple[ChangeLine, ...] = ()
    if edit.wrong:
        return _form(request, one, governed, base, edit, texts, meanwhile)
    if base != current and current is not None:
        present = read(current, governed.layout)
        meanwhile = change_lines(three_ways(edit.before, present, edit.after), governed.layout)
        switched = edit.strategy is not strategy_of(edit.before)
        texts = {**shown(rebased(edit, present)), STRATEGY: texts.get(STRATEGY, "") if switched else ""}
        edit = _edited(request, one, governed, current, texts)
        if edit.wrong:
            return _form(request, one, governed, current, edit, texts, meanwhile)
    return review(request, one, governed, current, edit, meanwhile, given, status=status)


def editable(request: HttpRequest, id: int, name: str) -> tuple[Application, Governed]:
    """The policy of this name. Raises Http404, or PermissionDenied for who may see it and not edit it. Who may edit one
    without a rollout may see it: nothing else tells of it.
    """
    person, now = person_of(request), timezone.now()
    one = access.visible_applications(person).select_related("hub").filter(pk=id).first()
    governed = policies.governed(one, name, now) if one is not None else None
    if one is None or governed is None:
        bare = setting_up.find(id, name, now) or setting_up.made_since(id, name, now)
        may = bare is not None and policies.may_edit(person, bare.application, bare.governed)
        if bare is None or (one is None and not may):
            raise Http404("There is no such policy." if one is not None else "There is no such application.")
        one, governed = bare.application, bare.governed
    if not policies.may_edit(person, one, governed):
        raise PermissionDenied(policies.sentence_of(Act.EDIT_POLICY))
    return one, governed


def _first(request: HttpRequest, one: Application, governed: Governed, current: Obj | None) -> HttpResponse:
    """The form as it is opened. Without a rollout it begins with a workload."""
    if current is not None:
        begun = read(current, governed.layout)
    else:
        target = first.target_of(request.GET, governed)
        if target is None:
            address = reverse("set-up", args=[one.pk])
            named = urlencode({"policy": governed.policy.name})
            return HttpResponseRedirect("&".join(filter(None, (f"{address}?{named}", policy_copy.query(request.GET)))))
        begun = first.begun(target, governed)
    begun, copied = _begun_with(request, one, governed, begun)
    texts = {**shown(begun), STRATEGY: strategy.value if (strategy := strategy_of(begun)) else ""}
    edit = _edited(request, one, governed, current, texts)
    return _form(request, one, governed, current, edit, texts, copied=copied)


def _edited(request: HttpRequest, one: Application, governed: Governed, base: Obj | None, texts: Texts) -> Edit:
    edit = edited(base or {}, texts, governed.layout)
    if (found := not_theirs(request, governed, edit)) is not None:
        edit = replace(edit, findings=(*edit.findings, found))
    return edit if base is not None else first.judged(person_of(request), one, governed, edit)


def not_theirs(request: HttpRequest, governed: Governed, edit: Edit) -> Finding | None:
    """What is wrong with another workload that the person may not put under the policy."""
    return policies.may_not_govern(person_of(request), edit, [member.cluster for member in governed.members])


def _known(one: Application, governed: Governed) -> Known:
    if governed.plain is not None:
        return policy_fields.known_to_cluster(governed.members[0].cluster)
    return policy_fields.known_to(one)


def _provider_of(governed: Governed) -> str:
    """Of the cluster of a Canary: what Flagger takes where that names none."""
    return next((one.mesh for one in governed.members), "") if governed.plain is not None else ""


def texts_sent(request: HttpRequest) -> dict[str, str]:
    """The last of each name: a box that is not checked has only the empty text before it."""
    return {name: said for name, said in request.POST.items() if name not in OWN and isinstance(said, str)}


def base_of(request: HttpRequest, current: Obj | None) -> Obj | None:
    """The policy as the form has shown it, None where there was none. It comes back from the browser, and decides only
    what counts as a change.
    """
    said = request.POST.get("base", "")
    try:
        found = json.loads(said) if len(said) <= 2 * LONGEST else None
    except (ValueError, RecursionError):
        found = current
    return found if isinstance(found, dict) or said == "null" else current


def with_rows(request: HttpRequest, texts: dict[str, str]) -> dict[str, str]:
    """With a metric, command, webhook or alert more or less, when a button for that was pressed."""
    which, taken = request.POST.get("more", ""), request.POST.get("less", "")
    if which in LISTS and len(rows(texts, which)) < MOST:
        number = len(rows(texts, which))
        texts |= {f"commands-{number}": ""} if which == "commands" else {f"{which}-{number}-name": ""}
    if taken:
        left = {name: said for name, said in texts.items() if name != taken and not name.startswith(f"{taken}-")}
        return numbered(left)
    return texts


def _form(
    request: HttpRequest, one: Application, governed: Governed, base: Obj | None, edit: Edit, texts: Texts,
    meanwhile: Sequence[ChangeLine] | None = None, trial: TrialWords | None = None,
    copied: CopiedWords | None = None,
) -> HttpResponse:  # fmt: skip
    """`meanwhile` is given when it was not good enough to be looked at."""
    now = shown(edit.after)
    known, plain = _known(one, governed), governed.plain is not None
    others = unknown(base or {}, governed.layout)
    kept = [(place, said, IDLE if not plain and place.startswith(NO_EFFECT) else "") for place, said in others]
    provider = edit.after.provider or _provider_of(governed)
    kept += [(LABELS[name], now[name], IDLE) for name in without_effect(edit.after, edit.strategy, provider)]
    not_known = UNKNOWN_TO_FLAGGER if plain else UNKNOWN
    kept += [(label, said, not_known) for label, said in policy_form.not_asked(edit, known, provider)]
    given = {
        "groups": policy_form.groups(texts, edit, known, provider),
        "tried": trial,
        "copied": copied,
        "refused": meanwhile is not None,
        "fields_unread": policy_form.fields_unread(known),
        "base": json.dumps(base),
        "kept": kept,
        "dropped": [LABELS[name] for name in edit.dropped],
        "meaning": meaning(edit.after),
        "replay": replay_words(person_of(request), one, governed, edit),
        "wrong": len(edit.wrong),
        "meanwhile": meanwhile,
        "changed": request.headers.get("HX-Trigger-Name", ""),
    }
    return page(request, "policy_form", one, governed, given, status=200 if meanwhile is None else 422)


def _says(request: HttpRequest, one: Application, governed: Governed, edit: Edit, texts: Texts) -> HttpResponse:
    groups = policy_form.groups(texts, edit, _known(one, governed), _provider_of(governed))
    context = {
        "fields": policy_form.all_fields(groups),
        "meaning": meaning(edit.after),
        "replay": replay_words(person_of(request), one, governed, edit),
        "wrong": len(edit.wrong),
    }
    return private(render(request, "rollouts/bits/policy_says.html", context))
