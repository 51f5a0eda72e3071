"""Removing the rollout of a policy, or a plain Canary: the dialog before the click, the click, and the page that tells
how far it is.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from rollouts import access
from rollouts.domain.removing.steps import ACT, order_of
from rollouts.models import Application, Removal, Rollout
from rollouts.queries import policies, reasons, removal_steps, removals, rollout
from rollouts.services import remove
from rollouts.services.act import NotPossible
from rollouts.web import policy_words, removal_words
from rollouts.web.command_words import patch_words
from rollouts.web.fragments import holds, private, seen_by, unchanged, wants_fragment
from rollouts.web.people import person_of
from rollouts.web.views.commands import REASON_LENGTH, mark_of_click, text_of


@require_http_methods(["GET", "HEAD", "POST"])
def removal_dialog(request: HttpRequest, id: int) -> HttpResponse:
    now = timezone.now()
    one, policy = _find(request, id, now)
    if request.method == "POST":
        return _requested(request, one, policy, now)
    return _dialog(request, one, _seen(one, policy, "", now))


def _find(request: HttpRequest, id: int, now: datetime) -> tuple[Application, str]:
    person = person_of(request)
    one = access.visible_applications(person).select_related("hub").filter(pk=id).first()
    if one is None:
        raise Http404("There is no such application.")
    policy = request.POST.get("policy") or request.GET.get("policy", "")
    governed = policies.governed(one, policy, now)
    if governed is None:
        raise Http404("There is no such policy.")
    if sentence := removals.may_not(person, one, governed):
        raise PermissionDenied(sentence)
    return one, policy


def _seen(one: Application, policy: str, mark: str, now: datetime) -> remove.RemovalPreview:
    seen = remove.preview_removal(application=one, policy=policy, mark=mark, now=now)
    if seen is None:
        raise Http404("There is no such policy.")
    return seen


def _requested(request: HttpRequest, one: Application, policy: str, now: datetime) -> HttpResponse:
    def ask(**given: Any) -> Removal:
        return remove.request_removal(application=one, policy=policy, person=request.user, now=now, **given)

    return _clicked(request, one, ask, lambda: _seen(one, policy, "", now))


def _clicked(
    request: HttpRequest, one: Application | Rollout, ask: Callable[..., Removal],
    see: Callable[[], remove.RemovalPreview],
) -> HttpResponse:  # fmt: skip
    given: dict[str, Any] = {name: text_of(request, name) for name in ("reason", "typed")}
    try:
        made = ask(mark=mark_of_click(request), digest=request.POST.get("digest", ""), **given)
    except remove.RemovalChanged as changed:
        return _dialog(request, one, changed.preview, **given, said=str(changed), status=409)
    except remove.RemovalUnconfirmed as error:
        return _dialog(request, one, error.preview, **given, wrong={error.field: str(error)}, status=422)
    except NotPossible as error:
        seen = see()
        return _dialog(request, one, seen, **given, said="" if seen.plan.refusals else str(error), status=409)
    page = reverse("removal", args=[made.pk])
    if wants_fragment(request):
        return private(HttpResponse(status=204, headers={"HX-Redirect": page}))
    return HttpResponseRedirect(page)


@require_http_methods(["GET", "HEAD", "POST"])
def canary_removal_dialog(request: HttpRequest, id: int) -> HttpResponse:
    """Of a Canary that no policy makes."""
    person, now = person_of(request), timezone.now()
    one = rollout.find(person, id)
    if one is None:
        raise Http404("There is no such rollout.")
    if sentence := removals.may_not_of_canary(person, one):
        raise PermissionDenied(sentence)
    if request.method == "POST":
        return _canary_requested(request, one, now)
    return _dialog(request, one, _seen_of(one, "", now))


def _seen_of(one: Rollout, mark: str, now: datetime) -> remove.RemovalPreview:
    seen = remove.preview_removal_of_canary(rollout=one, mark=mark, now=now)
    if seen is None:
        raise Http404("There is no such Canary any more.")
    return seen


def _canary_requested(request: HttpRequest, one: Rollout, now: datetime) -> HttpResponse:
    def ask(**given: Any) -> Removal:
        return remove.request_removal_of_canary(rollout=one, person=request.user, now=now, **given)

    return _clicked(request, one, ask, lambda: _seen_of(one, "", now))


def _dialog(
    request: HttpRequest, one: Application | Rollout, seen: remove.RemovalPreview, *, reason: str = "", typed: str = "",
    said: str = "", wrong: dict[str, str] | None = None, status: int = 200,
) -> HttpResponse:  # fmt: skip
    plain = isinstance(one, Rollout)
    context = {
        "what": "rollouts/bits/removal_dialog.html",
        "application": one,
        "rollout": one if plain else None,
        "plain": plain,
        "title": "Remove",
        "to": reverse("canary-remove" if plain else "policy-remove", args=[one.pk]),
        "back": reverse("rollout" if plain else "application", args=[one.pk]),
        "written": "What is written first" if plain else "What is written on the hub",
        "policy": seen.governed.policy.name,
        "plan": seen.plan,
        "seen": seen,
        "order": order_of(plain=plain),
        "patches": [patch_words(patch) for patch in seen.plan.patches],
        "members": policy_words.members(seen.governed),
        "reason": reason,
        "typed": typed,
        "said": said,
        "wrong": wrong or {},
        "reason_wanted": reasons.wanted(person_of(request), [one], ACT),
        "longest": REASON_LENGTH,
        "section": "rollout" if plain else "application",
    }
    whole = "rollouts/dialog.html" if plain else "rollouts/application_dialog.html"
    template = context["what"] if wants_fragment(request) else whole
    return private(render(request, str(template), context, status=status))


@require_http_methods(["GET", "HEAD", "POST"])
def removal_page(request: HttpRequest, id: int) -> HttpResponse:
    """A POST stops it."""
    person, said = person_of(request), ""
    removal = removals.seen_by(person, id)
    if removal is None:
        raise Http404("There is no such removal.")
    may_not_stop = removals.may_not_stop(person, removal)
    if request.method == "POST":
        if may_not_stop:
            raise PermissionDenied(may_not_stop)
        if remove.stop_removal(removal=removal, now=timezone.now()):
            return HttpResponseRedirect(reverse("removal", args=[id]))
        removal.refresh_from_db(fields=["state", "sentence", "ended_at"])
        said = removals.ENDED_ALREADY
    found = removals.parts_of(removal)
    version = seen_by(person, removals.version_of_parts(removal, found))
    if holds(request, version):
        return unchanged()
    context = {
        "removal": removal,
        "version": version,
        "parts": removal_words.parts(removal, found),
        "what": removal_steps.what(removal),
        "lead": removal_steps.lead(removal, found),
        "may_stop": not may_not_stop,
        "application_seen": access.visible_applications(person).filter(pk=removal.application_id).exists(),
    }
    live = render_to_string("rollouts/removal_live.html", context, request)
    if wants_fragment(request):
        return private(HttpResponse(live))
    context |= {"live": live, "said": said, "section": "rollout" if removal.plain else "application"}
    return private(render(request, "rollouts/removal.html", context, status=409 if said else 200))
