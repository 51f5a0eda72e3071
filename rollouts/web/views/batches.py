"""One act asked for in several clusters of an application: the dialog before the click, the click, and its stop.

Each is a page of its own, which the page of the application puts into a dialog.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from rollouts import access, wiring
from rollouts.domain.commands import NAMES_IN_SEVERAL, Act, Plan, Unsaid, Wanted, adjustable, fields_in, unsaid
from rollouts.domain.observations import Canary
from rollouts.models import Application, Batch
from rollouts.queries import batches, commands, kept_by, reasons
from rollouts.services import act as acts
from rollouts.services import looks
from rollouts.web import asked_first, batch_words, command_words, dialog_choices, policy_words, reading
from rollouts.web.batch_form import BatchForm, WrongPause
from rollouts.web.fragments import private, wants_fragment
from rollouts.web.people import person_of

SEEN_FIRST = frozenset({Act.NEW_VERSION, Act.EARLIER_VERSION, Act.GREEN_TO_ZERO})
"""They depend on what the targets are now."""
TOO_LATE = "It was too late: nothing of it is left to be stopped."


@require_http_methods(["GET", "HEAD", "POST"])
def many_page(request: HttpRequest, id: int, act: str) -> HttpResponse:
    one, now = _application(request, id), timezone.now()
    if act not in batches.offered(one):
        raise Http404("There is no such act.")
    if not batches.operable_of(person_of(request), one):
        raise PermissionDenied(batches.may_not())
    form = BatchForm.of(_filled_in(request, Act(act)))
    choice = dialog_choices.chosen(request, Act(act)) | asked_first.given(request, Act(act), NAMES_IN_SEVERAL)
    wanted = Wanted(Act(act), form.mark, choice)
    if request.method == "POST" and not asked_first.is_only_shown(request, wanted.act):
        return _requested(request, one, wanted, form, now)
    return _dialog(request, one, wanted, form, now)


def _filled_in(request: HttpRequest, act: Act) -> QueryDict:
    """Nothing, while what the act is told is only shown."""
    return QueryDict() if asked_first.is_only_shown(request, act) else dialog_choices.filled_in(request)


def _application(request: HttpRequest, id: int) -> Application:
    one = batches.application(person_of(request), id)
    if one is None:
        raise Http404("There is no such application.")
    return one


def _requested(request: HttpRequest, one: Application, wanted: Wanted, form: BatchForm, now: datetime) -> HttpResponse:
    person = person_of(request)
    operable = batches.operable_of(person, one)
    rollouts = [rollout for rollout in batches.rollouts_of(person, one) if rollout.pk in operable]
    try:
        acts.request_many(
            application=one, rollouts=rollouts, chosen=form.in_order([rollout.pk for rollout in rollouts]),
            wanted=wanted, pace=form.pace(wanted.act), person=request.user, reason=form.reason, typed=form.typed,
            now=now, enqueue=wiring.enqueue, record=acts.to_trail, record_batch=acts.batch_to_trail,
            feed=wiring.change_feed(),
        )  # fmt: skip
    except (acts.ChangedSince, acts.NotPossible) as error:
        return _dialog(request, one, wanted, form, now, said=str(error), status=409)
    except acts.BatchUnconfirmed as error:
        return _dialog(request, one, wanted, form, now, wrong={error.field: str(error)}, status=422)
    except WrongPause as error:
        return _dialog(request, one, wanted, form, now, wrong={"pause": str(error)}, status=422)
    return _back(request, one)


def _dialog(
    request: HttpRequest, one: Application, wanted: Wanted, form: BatchForm, now: datetime, *, said: str = "",
    wrong: dict[str, str] | None = None, status: int = 200,
) -> HttpResponse:  # fmt: skip
    person = person_of(request)
    operable = batches.operable_of(person, one)
    rollouts = list(batches.rollouts_of(person, one))
    refused = {each.pk: commands.may_not(person, each) for each in rollouts if each.pk not in operable}
    parts = acts.preview_many(rollouts=rollouts, wanted=wanted, now=now)
    chosen = form.ids if _filled_in(request, wanted.act) else None
    given = [part for part in parts if part.rollout.pk not in refused]
    if wanted.act in SEEN_FIRST:
        looks.look_at(rollouts=rollouts, now=now)  # so that it is soon shown what the targets are now
    context = {
        "reading": reading.of(request, wanted.act, given, now),
        "choice": _choice(request, one, wanted, given, wrong or {}),
        "chosen": wanted.choice,
        "through": policy_words.instead(person, one, wanted.act, wanted.choice, now),
        "choices": adjustable(wanted.act, wanted.choice, _canaries(given)),
        "changed": dialog_choices.changed(request),
        "asked": command_words.ASKED.get(wanted.act, command_words.TITLES[wanted.act]),
        "dialog": batch_words.dialog(wanted.act, parts, refused, chosen, form.turns, now),
        "act": wanted.act.value,
        "danger": wanted.act is Act.ROLL_BACK,
        "mark": wanted.mark,
        "form": form,
        "said": said,
        "wrong": wrong or {},
        "reason_wanted": reasons.wanted(person, [each for each in rollouts if each.pk in operable], wanted.act),
    }
    return _shown(request, "many", one, context, status)


def _canaries(parts: Sequence[acts.Part]) -> list[Canary]:
    return [kept_by.known(part.rollout).canary for part in parts if isinstance(part.judged, Plan)]


def _choice(
    request: HttpRequest, one: Application, wanted: Wanted, parts: Sequence[acts.Part], wrong: dict[str, str]
) -> asked_first.Choice | None:
    """The same for all clusters: what one of them cannot be told, it is left out for."""
    able = [part for part in parts if isinstance(part.judged, Plan | Unsaid) or wanted.act is Act.NEW_VERSION]
    seen = [(kept_by.known(part.rollout), part.versions) for part in able if part.rollout.state]
    asked_for = fields_in(wanted.act, seen, [part.configs for part in able if part.configs is not None])
    missed = unsaid(part.judged for part in parts)
    address = reverse("application-act", args=[one.pk, wanted.act.value])
    posted = wanted.act in asked_first.POSTED
    return asked_first.choice_of(request, asked_for, wanted.choice, missed, wrong, address, posted=posted)


@require_http_methods(["GET", "HEAD", "POST"])
def batch_page(request: HttpRequest, id: int, batch: int) -> HttpResponse:
    """How far it has come. A POST stops it."""
    person, one, now = person_of(request), _application(request, id), timezone.now()
    given = batches.find(person, batch, application=one.pk)
    if given is None:
        raise Http404("There is no such batch.")
    may = batches.may_stop(person, given.batch)
    if request.method != "POST":
        return _batch(request, one, given, may=may)
    if not may:
        raise PermissionDenied(f"{batches.IN_SOME} {access.whom_to_ask()}")
    if _stopped(request, given.batch, now):
        return _back(request, one)
    given = batches.find(person, batch, application=one.pk) or given
    return _batch(request, one, given, may=may, said=TOO_LATE, status=409)


def _stopped(request: HttpRequest, batch: Batch, now: datetime) -> bool:
    return acts.stop(
        batch=batch, sentence=f"Stopped by {request.user.get_username()}.", now=now, record=acts.to_trail,
        record_batch=acts.batch_to_trail, feed=wiring.change_feed(),
    )  # fmt: skip


def _batch(
    request: HttpRequest, one: Application, given: batches.Given, *, may: bool, said: str = "", status: int = 200
) -> HttpResponse:
    return _shown(request, "batch", one, {"line": batch_words.line(given), "may_stop": may, "said": said}, status)


def _shown(request: HttpRequest, what: str, one: Application, given: dict[str, Any], status: int) -> HttpResponse:
    context = {**given, "what": f"rollouts/bits/{what}_dialog.html", "application": one, "section": "application"}
    template = context["what"] if wants_fragment(request) else "rollouts/application_dialog.html"
    return private(render(request, template, context, status=status))


def _back(request: HttpRequest, one: Application) -> HttpResponse:
    """To the page of the application, which shows how far it is."""
    if wants_fragment(request):
        return private(HttpResponse(status=204, headers={"HX-Trigger": "command-given"}))
    return HttpResponseRedirect(f"{reverse('application', args=[one.pk])}#batches")
