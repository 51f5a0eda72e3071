"""What may be asked of a policy: the dialog before the click, the click, and the command that came of it.

As for a rollout each is a page of its own, which the page of the application, or of a rollout, puts into a dialog.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from rollouts import access, wiring
from rollouts.domain import memory
from rollouts.domain.commands import (
    BESIDE_THE_ROLLOUT,
    NAMES_IN_SEVERAL,
    POLICY_ACTS,
    Act,
    Governed,
    Plan,
    Refusal,
    Unsaid,
    Wanted,
    adjustable,
    fields_in,
)
from rollouts.models import Application, Command
from rollouts.queries import commands, policies, reasons
from rollouts.services import act as acts
from rollouts.services import looks
from rollouts.web import asked_first, command_words, dialog_choices, policy_words, reading
from rollouts.web.fragments import private, wants_fragment
from rollouts.web.people import person_of
from rollouts.web.views.commands import REASON_LENGTH, TOO_LATE, mark_of_click, of_a_command, reason_is_wrong, text_of

UNFOLDED = 8
"""Clusters that are listed in the dialog; more are folded away."""


@require_http_methods(["GET", "HEAD", "POST"])
def policy_act_page(request: HttpRequest, id: int, act: str) -> HttpResponse:
    one, now = _application(request, id), timezone.now()
    if act not in POLICY_ACTS:
        raise Http404("There is no such act.")
    policy = request.POST.get("policy") or request.GET.get("policy", "")
    _authorise(request, one, policies.governed(one, policy, now), act)
    choice = dialog_choices.chosen(request, Act(act)) | asked_first.given(request, Act(act), NAMES_IN_SEVERAL)
    wanted = Wanted(Act(act), mark_of_click(request), choice)
    if request.method == "POST":
        return _requested(request, one, policy, wanted, now)
    return _dialog(request, one, _seen(one, policy, wanted, now))


def _application(request: HttpRequest, id: int) -> Application:
    found = access.visible_applications(person_of(request)).select_related("hub").filter(pk=id).first()
    if found is None:
        raise Http404("There is no such application.")
    return found


def _authorise(request: HttpRequest, one: Application, governed: Governed | None, act: str) -> None:
    """Also for who sees some of its clusters only: that there is such a policy stands on their pages."""
    if governed is None:
        raise Http404("There is no such policy.")
    if sentence := policies.may_not(person_of(request), one, governed, act):
        raise PermissionDenied(sentence)


def _seen(one: Application, policy: str, wanted: Wanted, now: datetime) -> acts.PolicyPreview:
    seen = acts.preview_policy(application=one, policy=policy, wanted=wanted, now=now)
    if seen is None:
        raise Http404("There is no such policy.")
    return seen


def _requested(request: HttpRequest, one: Application, policy: str, wanted: Wanted, now: datetime) -> HttpResponse:
    given: dict[str, Any] = {name: text_of(request, name) for name in ("reason", "typed")}
    try:
        acts.request_policy(
            application=one, policy=policy, wanted=wanted, digest=request.POST.get("digest", ""), person=request.user,
            now=now, enqueue=wiring.enqueue, record=acts.to_trail, feed=wiring.change_feed(), **given,
        )  # fmt: skip
    except acts.PolicyChanged as changed:
        return _dialog(request, one, changed.preview, **given, said=str(changed), status=409)
    except acts.PolicyUnconfirmed as error:
        return _dialog(request, one, error.preview, **given, wrong={error.field: str(error)}, status=422)
    except acts.NotPossible as error:
        seen = _seen(one, policy, acts.want(wanted.act, wanted.choice), now)
        said = "" if isinstance(seen.judged, Refusal) else str(error)
        return _dialog(request, one, seen, **given, said=said, status=409)
    return back(request, one)


def _dialog(
    request: HttpRequest, one: Application, seen: acts.PolicyPreview, *, reason: str = "", typed: str = "",
    said: str = "", wrong: dict[str, str] | None = None, status: int = 200,
) -> HttpResponse:  # fmt: skip
    _look_at_targets(one, seen)
    choice = _choice(request, one, seen, wrong or {})
    plan = seen.judged if isinstance(seen.judged, Plan) and not (choice and choice.open) else None
    shown = policy_words.members(seen.governed, seen.parts if plan else (), plan.in_each if plan else {})
    in_all, members = policy_words.said_once(shown)
    given = {
        "plan": plan,
        "refusal": None if plan else seen.judged,
        "choice": choice,
        "reading": reading.of(request, seen.judged.act, seen.parts, timezone.now()),
        "title": policy_words.title(seen.judged.act),
        "patches": [*command_words.plan_words(plan), *policy_words.patches_of(seen.parts)] if plan else [],
        "targets_undone_by": policy_words.targets_undone_by(seen.parts),
        "policy": seen.governed.policy.name,
        "in_all": in_all,
        "members": members,
        "told_apart": any(each.then or each.differences for each in members),
        "folded": len(members) > UNFOLDED,
        "seen": seen,
        "choices": adjustable(seen.judged.act, seen.wanted.choice) if plan else (),
        "changed": dialog_choices.changed(request),
        "reason": reason,
        "typed": typed,
        "said": said,
        "wrong": wrong or {},
        "reason_wanted": reasons.wanted(person_of(request), [one], seen.judged.act),
        "longest": REASON_LENGTH,
    }
    return _shown(request, "policy", one, given, status=status)


def _look_at_targets(one: Application, seen: acts.PolicyPreview) -> None:
    """So that it is soon shown what they are now, where that matters."""
    if seen.judged.act in BESIDE_THE_ROLLOUT:
        clusters = [member.cluster for member in seen.governed.members]
        looks.look_at(rollouts=one.rollouts.filter(deleted_at=None, cluster__in=clusters), now=timezone.now())


def _choice(
    request: HttpRequest, one: Application, seen: acts.PolicyPreview, wrong: dict[str, str]
) -> asked_first.Choice | None:
    """As in several clusters: of an earlier version by its images, of a new one by the container."""
    able = [part for part in seen.parts if isinstance(part.judged, Plan | Unsaid)]
    known = [(memory.load(part.rollout.state), part.versions) for part in able]
    known = known or [(one.state, None) for one, _ in seen.governed.seen() if one.state is not None]
    asked_for = fields_in(seen.judged.act, known)
    told = {name: text for name, text in seen.wanted.choice.items() if text}
    missed = seen.judged if isinstance(seen.judged, Unsaid) else None
    address, policy = reverse("policy-act", args=[one.pk, seen.judged.act.value]), seen.governed.policy.name
    return asked_first.choice_of(request, asked_for, told, missed, wrong, address, {"policy": policy})


@require_http_methods(["GET", "HEAD", "POST"])
def policy_command_page(request: HttpRequest, id: int, command: int) -> HttpResponse:
    """What became of it. A POST cancels it while there is time."""
    one, now = _application(request, id), timezone.now()
    found = _command_of(request, one, command, now)
    if request.method == "POST":
        if acts.cancel(command=found, now=now, record=acts.to_trail, feed=wiring.change_feed()):
            return back(request, one)
        found.refresh_from_db()
        return _command(request, one, found, now, said=TOO_LATE, status=409)
    return _command(request, one, found, now)


@require_POST
def policy_reason_page(request: HttpRequest, id: int, command: int) -> HttpResponse:
    """The reason of a command that was given without one."""
    one, now = _application(request, id), timezone.now()
    found = _command_of(request, one, command, now)
    wrong = reason_is_wrong(request, found, now)
    if not wrong:
        return back(request, one)
    found.refresh_from_db()
    return _command(request, one, found, now, wrong=wrong, status=422)


def _command_of(request: HttpRequest, one: Application, command: int, now: datetime) -> Command:
    """Also of a policy that has another name since, or is gone."""
    found = policies.find_command(one, command)
    if found is None:
        raise Http404("There is no such command.")
    if sentence := commands.may_not_act_on(person_of(request), found, now):
        raise PermissionDenied(sentence)
    return found


def _command(
    request: HttpRequest, one: Application, found: Command, now: datetime, *, said: str = "",
    wrong: dict[str, str] | None = None, status: int = 200,
) -> HttpResponse:  # fmt: skip
    given = {**of_a_command(request, found, now, wrong or {}), "said": said}
    return _shown(request, "policy_command", one, given, status=status)


def _shown(request: HttpRequest, what: str, one: Application, given: dict[str, Any], *, status: int) -> HttpResponse:
    context = {**given, "what": f"rollouts/bits/{what}_dialog.html", "application": one, "section": "application"}
    template = context["what"] if wants_fragment(request) else "rollouts/application_dialog.html"
    return private(render(request, template, context, status=status))


def back(request: HttpRequest, one: Application) -> HttpResponse:
    """To the page of the application, which shows how far the command is. Who may set up a policy need not see it."""
    seen = one.workload or access.visible_applications(person_of(request)).filter(pk=one.pk).exists()
    page = reverse("application", args=[one.pk]) if seen else reverse("set-up-any")
    if not wants_fragment(request):
        return HttpResponseRedirect(f"{page}#policies")
    at = urlsplit(request.headers.get("HX-Current-URL", "")).path
    told = {"HX-Trigger": "command-given"} if at == page else {"HX-Redirect": f"{page}#policies"}
    return private(HttpResponse(status=204, headers=told))
