"""Setting up blue/green for a policy that has no rollout yet: which policies these are, and for which workload."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from rollouts import access, wiring
from rollouts.domain.commands import Act
from rollouts.models import Application
from rollouts.queries import new_canaries, policies, setting_up
from rollouts.queries.setting_up import Bare, ClusterRead
from rollouts.services import inventories
from rollouts.web import policy_copy
from rollouts.web.fragments import private, wants_fragment
from rollouts.web.people import person_of
from rollouts.web.policy_change import keeper_words
from rollouts.web.setting_up import KINDS

MOST = 100
"""Workloads, or policies, on one page."""


@require_safe
def bare_policies_page(request: HttpRequest) -> HttpResponse:
    person = person_of(request)
    found = setting_up.all_editable(person, timezone.now(), MOST + 1)
    clusters = new_canaries.clusters_for(person)
    context = {
        "found": found[:MOST],
        "more": len(found) > MOST,
        "clusters": clusters[:MOST],
        "more_clusters": len(clusters) > MOST,
        "most": MOST,
        "section": "clusters",
    }
    return private(render(request, "rollouts/bare_policies.html", context))


@require_safe
def set_up_page(request: HttpRequest, id: int) -> HttpResponse:
    person, now = person_of(request), timezone.now()
    name = request.GET.get("policy", "")
    bare = setting_up.find(id, name, now)
    if bare is None and setting_up.made_since(id, name, now) is not None:
        address = reverse("policy-edit", args=[id])
        named = f"{address}?{urlencode({'policy': name})}"
        return HttpResponseRedirect("&".join(filter(None, (named, policy_copy.query(request.GET)))))
    one = access.visible_applications(person).filter(pk=id).first()
    if bare is None or (one is None and not policies.may_edit(person, bare.application, bare.governed)):
        raise Http404("There is no such policy.")
    if not policies.may_edit(person, bare.application, bare.governed):
        raise PermissionDenied(policies.sentence_of(Act.EDIT_POLICY))
    wanted = [member.cluster for member in bare.governed.members]
    waiting = inventories.being_read(wanted=wanted, enqueue=wiring.enqueue, now=now)
    context = _context(person, bare, waiting, request.GET.get("named", "").strip()[:253])
    context |= {"copied": policy_copy.asked(request.GET), "copied_query": policy_copy.query(request.GET)}
    template = "rollouts/bits/choices.html" if wants_fragment(request) else "rollouts/set_up.html"
    return private(render(request, template, context))


def _context(person: access.Person, bare: Bare, waiting: frozenset[int], named: str) -> dict[str, Any]:
    found = [one for one in setting_up.choices_of(person, bare.governed) if named in f"{one.namespace}/{one.name}"]
    read = setting_up.clusters_read(person, bare.governed)
    application: Application = bare.application
    return {
        "application": application,
        "policy": bare.governed.policy.name,
        "clusters": len(bare.governed.members),
        "keeper": keeper_words(bare.governed.keeper),
        "fitting": [one for one in found if one.fits and not one.taken][:MOST],
        "others": [one for one in found if not one.fits or one.taken][:MOST],
        "more": len(found) > MOST,
        "named": named,
        "read": [(one, _said(one, waiting)) for one in read],
        "waiting": bool(waiting),
        "kinds": KINDS,
        "section": "application",
    }


def _said(one: ClusterRead, waiting: frozenset[int]) -> str:
    if one.in_part:
        return "You may see a part of it: type what is there."
    if one.id in waiting:
        return "being read …"
    return one.problem or "read"
