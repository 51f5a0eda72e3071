"""Editing what a plain Canary says: the pages of policies, with its spec as the policy. A task reads it before."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods

from rollouts import wiring
from rollouts.domain.observations import Kind
from rollouts.domain.policies.reading import Obj
from rollouts.models import ObjectCopy, PolicyDraft, Rollout
from rollouts.queries import canary_specs, kept_by, rollout
from rollouts.services import copies
from rollouts.web.fragments import private, wants_fragment
from rollouts.web.people import person_of
from rollouts.web.views.policy_drafts import NO_SUCH, looking
from rollouts.web.views.policy_edit import base_of, editing

NEW_ENOUGH = timedelta(seconds=30)
"""A copy of the Canary to begin with. Whatever has changed since is found out by the guard of what is written."""


@require_http_methods(["GET", "HEAD", "POST"])
def canary_edit_page(request: HttpRequest, id: int) -> HttpResponse:
    one, now = _editable(request, id), timezone.now()
    if not canary_specs.is_editable(one):
        return _elsewhere(request, one)
    if request.method == "POST" and "base" in request.POST:
        if request.POST.get("go") == "review":
            _ask(one, now)
        return _with_spec(request, one, now, base_of(request, None))
    copy = _ask(one, now)
    if copy.error or not _new_enough(copy, now):
        return _reading(request, one, copy, now)
    if wants_fragment(request):  # it was read meanwhile
        return private(HttpResponse(status=204, headers={"HX-Redirect": request.get_full_path()}))
    return _with_spec(request, one, now, None)


@require_http_methods(["GET", "HEAD", "POST"])
def canary_draft_page(request: HttpRequest, id: int, draft: int) -> HttpResponse:
    one, now = _editable(request, id), timezone.now()
    found = PolicyDraft.objects.select_related("rollout__cluster", "application", "command")
    row = found.filter(pk=draft, rollout=id, person=request.user.pk).first()
    if row is None:
        raise Http404(NO_SUCH)
    if not canary_specs.is_editable(one) and row.command is None:
        return _elsewhere(request, one)
    _ask(one, now)
    return _with_spec(request, one, now, row.base, row)


def _editable(request: HttpRequest, id: int) -> Rollout:
    """Raises Http404, or PermissionDenied for who may see it and not edit it."""
    person = person_of(request)
    one = rollout.find(person, id)
    if one is None:
        raise Http404("There is no such rollout.")
    if sentence := canary_specs.may_not_edit(person, one):
        raise PermissionDenied(sentence)
    return one


def _ask(one: Rollout, now: datetime) -> ObjectCopy:
    return copies.request(rollout=one, kind=Kind.CANARY, name=one.name, enqueue=wiring.enqueue, now=now)


def _with_spec(
    request: HttpRequest, one: Rollout, now: datetime, base: Obj | None, row: PolicyDraft | None = None
) -> HttpResponse:  # fmt: skip
    """`base` is what the person began with: a cluster that gives no answer now loses nothing that was typed."""
    governed = canary_specs.kept(one, now, base)
    if governed is None or one.application is None:
        return _reading(request, one, canary_specs.copy_of(one), now)
    if row is None:
        return editing(request, one.application, governed)
    return looking(request, one.application, governed, row)


def _new_enough(copy: ObjectCopy, now: datetime) -> bool:
    if copy.fetched_at is None or (copy.error and copy.requested_at > copy.fetched_at):
        return False  # it is being read
    return copy.fetched_at > now - NEW_ENOUGH


def _reading(request: HttpRequest, one: Rollout, copy: ObjectCopy | None, now: datetime) -> HttpResponse:
    """Until a task has read the Canary; or why it could not."""
    read = copy is not None and _new_enough(copy, now)
    why_not = (copy.error or canary_specs.CANNOT_BE_READ) if copy is not None and read else ""
    form = reverse("canary-edit", args=[one.pk])
    context = {
        "what": "rollouts/bits/canary_reading.html",
        "rollout": one,
        "why_not": why_not,
        "form": request.get_full_path() if request.path == form else form,
        "section": "rollout",
    }
    template = context["what"] if wants_fragment(request) else "rollouts/canary_edit.html"
    return private(render(request, str(template), context))


def _elsewhere(request: HttpRequest, one: Rollout) -> HttpResponse:
    """What Kurator makes is edited where it makes it of; of a Canary that is gone nothing is."""
    policy = ""
    if one.application is not None and kept_by.is_claimed(one):
        address = reverse("policy-edit", args=[one.application.pk])
        policy = f"{address}?{urlencode({'policy': one.owner_name})}"
    context = {"what": "rollouts/bits/canary_elsewhere.html", "rollout": one, "policy": policy, "section": "rollout"}
    if wants_fragment(request) or request.method == "POST":
        return HttpResponseRedirect(reverse("canary-edit", args=[one.pk]))
    return private(render(request, "rollouts/canary_edit.html", context))
