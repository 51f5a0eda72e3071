"""What may be asked of a rollout: the dialog before the click, the click, and the command that came of it.

Each is a page of its own, which the page of the rollout puts into a dialog.
"""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from rollouts import wiring
from rollouts.domain.commands import Act, Field, Plan, Refusal, Wanted, adjustable
from rollouts.models import Command, Rollout
from rollouts.queries import commands, kept_by, reasons, rollout
from rollouts.queries.clusters import mark_of
from rollouts.queries.rows import row
from rollouts.services import act as acts
from rollouts.web import asked_first, command_words, dialog_choices
from rollouts.web.fragments import private, wants_fragment
from rollouts.web.people import person_of

REASON_LENGTH = 1000
TOO_LATE = "It was too late: it is being carried out already."


@require_http_methods(["GET", "HEAD", "POST"])
def act_page(request: HttpRequest, id: int, act: str) -> HttpResponse:
    one, now = _operable(request, id), timezone.now()
    if act not in command_words.TITLES or not one.state:
        raise Http404("There is no such act.")
    choice = dialog_choices.chosen(request, Act(act)) | asked_first.given(request, Act(act))
    wanted = Wanted(Act(act), mark_of_click(request), choice)
    if request.method == "POST" and not asked_first.is_only_shown(request, wanted.act):
        return _requested(request, one, wanted, now)
    return _preview(request, one, acts.preview(rollout=one, wanted=wanted, now=now), now)


def _operable(request: HttpRequest, id: int) -> Rollout:
    one = _seen(request, id)
    if sentence := commands.may_not(person_of(request), one):
        raise PermissionDenied(sentence)
    return one


def _seen(request: HttpRequest, id: int) -> Rollout:
    one = rollout.find(person_of(request), id)
    if one is None:
        raise Http404("There is no such rollout.")
    return one


def _command_of(request: HttpRequest, id: int, command: int, now: datetime) -> tuple[Rollout, Command]:
    """By the right that the command itself takes: to edit is another one than to operate."""
    one = _seen(request, id)
    found = commands.find(one, command)
    if found is None:
        raise Http404("There is no such command.")
    if sentence := commands.may_not_act_on(person_of(request), found, now):
        raise PermissionDenied(sentence)
    return one, found


def _requested(request: HttpRequest, one: Rollout, wanted: Wanted, now: datetime) -> HttpResponse:
    given: dict[str, Any] = {name: text_of(request, name) for name in ("reason", "typed")}
    try:
        acts.request(
            rollout=one, wanted=wanted, digest=request.POST.get("digest", ""), person=request.user, **given,
            now=now, enqueue=wiring.enqueue, record=acts.to_trail, feed=wiring.change_feed(),
        )  # fmt: skip
    except acts.Changed as changed:
        return _preview(request, one, changed.preview, now, **given, said=str(changed), status=409)
    except acts.Unconfirmed as error:
        return _preview(request, one, error.preview, now, **given, wrong={error.field: str(error)}, status=422)
    except acts.NotPossible as error:
        seen = acts.preview(rollout=one, wanted=acts.want(wanted.act, wanted.choice), now=now)
        said = "" if isinstance(seen.judged, Refusal) else str(error)
        return _preview(request, one, seen, now, **given, said=said, status=409)
    return _back(request, one)


def text_of(request: HttpRequest, name: str) -> str:
    return request.POST.get(name, "").replace("\0", "").strip()[:REASON_LENGTH]


def mark_of_click(request: HttpRequest) -> str:
    """Whoever sends none, or none of ours, gets a new one."""
    try:
        return str(uuid.UUID(request.POST.get("mark", "")))
    except ValueError:
        return str(uuid.uuid4())


def _preview(
    request: HttpRequest, one: Rollout, seen: acts.Preview, now: datetime, *, reason: str = "", typed: str = "",
    said: str = "", wrong: dict[str, str] | None = None, status: int = 200,
) -> HttpResponse:  # fmt: skip
    being_read = acts.being_read(rollout=one, seen=seen, enqueue=wiring.enqueue, now=now)
    choice = None if being_read else asked_first.asked(request, one, seen, wrong or {})
    plan = seen.judged if isinstance(seen.judged, Plan) and not (choice and choice.open) else None
    act = seen.judged.act
    given = {
        "plan": plan,
        "refusal": None if plan else seen.judged,
        "choice": choice,
        "being_read": command_words.BEING_READ[act] if being_read else "",
        "title": command_words.TITLES[act],
        "asked": command_words.ASKED.get(act, command_words.TITLES[act]),
        "danger": act in command_words.DANGEROUS or bool(plan and plan.typed),
        "patches": command_words.plan_words(plan) if plan else [],
        "seen": seen,
        "choices": _choices(one, seen) if plan else (),
        "changed": dialog_choices.changed(request),
        "reason": reason,
        "typed": typed,
        "said": said,
        "wrong": wrong or {},
        "reason_wanted": reasons.wanted(person_of(request), [one], seen.judged.act),
        "longest": REASON_LENGTH,
    }
    return _shown(request, "act", one, now, given, status=status)


def _choices(one: Rollout, seen: acts.Preview) -> tuple[Field, ...]:
    return adjustable(seen.judged.act, seen.wanted.choice, [kept_by.known(one).canary])


@require_http_methods(["GET", "HEAD", "POST"])
def command_page(request: HttpRequest, id: int, command: int) -> HttpResponse:
    """What became of it. A POST cancels it while there is time."""
    now = timezone.now()
    one, found = _command_of(request, id, command, now)
    if request.method == "POST":
        if acts.cancel(command=found, now=now, record=acts.to_trail, feed=wiring.change_feed()):
            return _back(request, one)
        found.refresh_from_db()
        return _command(request, one, found, now, said=TOO_LATE, status=409)
    return _command(request, one, found, now)


@require_POST
def reason_page(request: HttpRequest, id: int, command: int) -> HttpResponse:
    """The reason of a command that was given without one."""
    now = timezone.now()
    one, found = _command_of(request, id, command, now)
    wrong = reason_is_wrong(request, found, now)
    if not wrong:
        return _back(request, one)
    found.refresh_from_db()
    return _command(request, one, found, now, wrong=wrong, status=422)


def reason_is_wrong(request: HttpRequest, found: Command, now: datetime) -> dict[str, str]:
    """The sentence at its field why the reason that was sent is not taken; empty once it is."""
    wrong = acts.give_reason(
        command=found, person=request.user, reason=text_of(request, "reason"), now=now, record=acts.of_the_reason,
        feed=wiring.change_feed(),
    )  # fmt: skip
    return {"reason": wrong} if wrong else {}


def _command(
    request: HttpRequest, one: Rollout, found: Command, now: datetime, *, said: str = "",
    wrong: dict[str, str] | None = None, status: int = 200,
) -> HttpResponse:  # fmt: skip
    given = {**of_a_command(request, found, now, wrong or {}), "said": said}
    return _shown(request, "command", one, now, given, status=status)


def of_a_command(request: HttpRequest, found: Command, now: datetime, wrong: dict[str, str]) -> dict[str, Any]:
    """What its dialog shows, whatever it is of."""
    return {
        "may_give_reason": not found.reason and found.person_id == request.user.pk,
        "wrong": wrong,
        "reason": text_of(request, "reason"),
        "longest": REASON_LENGTH,
        "line": command_words.line(found, None, now),
        "patches": command_words.sent_words(found),
        "title": command_words.title(found.act),
    }


def _shown(
    request: HttpRequest, what: str, one: Rollout, now: datetime, given: dict[str, Any], *, status: int
) -> HttpResponse:
    context = {
        **given,
        "what": f"rollouts/bits/{what}_dialog.html",
        "rollout": one,
        "row": row(one, mark_of(one.cluster, now), now),
        "section": "rollout",
    }
    template = context["what"] if wants_fragment(request) else "rollouts/dialog.html"
    return private(render(request, template, context, status=status))


def _back(request: HttpRequest, one: Rollout) -> HttpResponse:
    """To the page of the rollout, which shows how far the command is."""
    if wants_fragment(request):
        return private(HttpResponse(status=204, headers={"HX-Trigger": "command-given"}))
    return HttpResponseRedirect(f"{reverse('rollout', args=[one.pk])}#commands")
