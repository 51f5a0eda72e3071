"""Which policy another one is copied to."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from rollouts import access
from rollouts.domain.commands import Act
from rollouts.queries import canary_specs, editable, editable_canaries, policies
from rollouts.web.fragments import private
from rollouts.web.people import person_of
from rollouts.web.policy_copy import FROM, NAMED, WITH_ADDRESSES, source_canary

MOST = 50
"""Policies on one page."""
LONGEST_NAME = 253


@require_safe
def policy_copy_page(request: HttpRequest, id: int) -> HttpResponse:
    """`to` opens the form of the one that was chosen: whether there is such a policy, and whose it is, says that."""
    person, name = person_of(request), request.GET.get("policy", "")
    one = access.visible_applications(person).select_related("hub").filter(pk=id).first()
    governed = policies.governed(one, name, timezone.now()) if one is not None else None
    if one is None or governed is None or governed.policy.bare:
        raise Http404("There is no such policy.")
    if not policies.seen_by(person, one, [governed]) or not access.may_edit_something(person):
        raise PermissionDenied(policies.sentence_of(Act.EDIT_POLICY))
    addresses = bool(request.GET.get(WITH_ADDRESSES))
    to, _, policy = request.GET.get("to", "").partition(":")
    if to.isascii() and to.isdigit() and len(to) < 16:
        given = {"policy": policy, FROM: str(id), NAMED: name, **({WITH_ADDRESSES: "on"} if addresses else {})}
        return HttpResponseRedirect(f"{reverse('policy-edit', args=[int(to)])}?{urlencode(given)}")
    named = request.GET.get("named", "").replace("\0", "").strip()[:LONGEST_NAME]
    found = editable.find(person, named=named, most=MOST, bare=True, but=(id, name))
    context = {
        "application": one,
        "policy": name,
        "unread": governed.policy.rollout is None,
        "found": found.policies,
        "more": found.more,
        "most": MOST,
        "named": named,
        "addresses": addresses,
        "section": "application",
    }
    return private(render(request, "rollouts/policy_copy.html", context))


@require_safe
def canary_copy_page(request: HttpRequest, id: int) -> HttpResponse:
    """As that of a policy, for plain Canaries."""
    person = person_of(request)
    one, text = source_canary(person, str(id))
    if not access.may_edit_something(person):
        raise PermissionDenied(canary_specs.MAY_NOT_EDIT.format(access.whom_to_ask()))
    addresses, to = bool(request.GET.get(WITH_ADDRESSES)), request.GET.get("to", "")
    if to.isascii() and to.isdigit() and len(to) < 16:
        given = {FROM: str(id), **({WITH_ADDRESSES: "on"} if addresses else {})}
        return HttpResponseRedirect(f"{reverse('canary-edit', args=[int(to)])}?{urlencode(given)}")
    named = request.GET.get("named", "").replace("\0", "").strip()[:LONGEST_NAME]
    found = editable_canaries.find(person, named=named, most=MOST, but=id)
    context = {
        "plain": one,
        "policy": one.name,
        "unread": text is None,
        "canaries": found.rollouts,
        "found": found.rollouts,
        "more": found.more,
        "most": MOST,
        "named": named,
        "addresses": addresses,
        "section": "application",
    }
    return private(render(request, "rollouts/policy_copy.html", context))
