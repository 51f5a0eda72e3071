"""The form of a new Application. What is entered well is tried out on the hub; its own page asks for the click."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from rollouts import access, wiring
from rollouts.domain.policies.findings import Finding
from rollouts.domain.whole.making import NewApplication, entered
from rollouts.domain.whole.rules import NONE_SELECTED, findings
from rollouts.models import ApplicationChange, ChangeKind, Cluster
from rollouts.queries import whole as queries
from rollouts.queries.whole import FleetChoice
from rollouts.services import whole
from rollouts.web.fragments import private
from rollouts.web.new_application import groups
from rollouts.web.people import person_of

NOT_ALL = "You may not edit all policies of each cluster that it would reach. {}"
NONE_OR_NOT_ALL = "These labels choose no cluster of this Fleet, or one of which you may not edit all policies. {}"
TAKEN = "There is an Application of this name in the namespace of this Fleet already."


@require_http_methods(["GET", "HEAD", "POST"])
def new_application_page(request: HttpRequest) -> HttpResponse:
    person = person_of(request)
    fleets = queries.fleets_for(person)
    if not fleets:
        raise PermissionDenied(queries.MAY_NOT_CREATE.format(access.whom_to_ask()))
    if request.method != "POST":
        return _form(request, _begun_with(request, fleets), fleets, ())
    application = entered({name: value for name, value in request.POST.items() if isinstance(value, str)})
    fleet = next((one for one in fleets if one.value == application.fleet), None)
    reached = _selected(fleet, application.labels()) if fleet is not None else []
    found = _judged(person, application, fleet, reached)
    if fleet is None or any(one.wrong for one in found):
        return _form(request, application, fleets, found, status=422)
    made = whole.begin_creation(
        hub=fleet.hub, application=application, clusters=[one.pk for one in reached], person=request.user,
        now=timezone.now(), enqueue=wiring.enqueue,
    )  # fmt: skip
    return HttpResponseRedirect(reverse("application-change", args=[made.pk]))


def _judged(
    person: access.Person, application: NewApplication, fleet: FleetChoice | None, reached: Sequence[Cluster]
) -> list[Finding]:
    may = bool(reached) and access.may_edit_whole_clusters(person, [one.pk for one in reached])
    named = [(one.hub_kind.removesuffix("s"), one.hub_name) for one in reached if may]
    found = list(findings(application, named))
    if fleet is None:
        others = [one for one in found if one.field not in ("fleet", "selector")]
        return [Finding("fleet", "Choose one of these Fleets."), *others]
    if not may:
        why = _why_not(person, fleet, reached)
        found = [Finding(one.field, why) if one.said == NONE_SELECTED else one for one in found]
    if queries.rows_of(fleet.hub.pk, fleet.namespace, application.name):
        found.append(Finding("name", TAKEN))
    return found


def _selected(fleet: FleetChoice, labels: Mapping[str, str]) -> list[Cluster]:
    return queries.selected(fleet.hub.pk, fleet.namespace, fleet.name, labels)


def _why_not(person: access.Person, fleet: FleetChoice, reached: Sequence[Cluster]) -> str:
    """Who does not see all clusters is not told whether there are others, and with which labels."""
    if not all(access.sees_whole_cluster(person, one.pk) for one in reached or _selected(fleet, {})):
        return NONE_OR_NOT_ALL.format(access.whom_to_ask())
    return NOT_ALL.format(access.whom_to_ask()) if reached else NONE_SELECTED


def _begun_with(request: HttpRequest, fleets: Sequence[FleetChoice]) -> NewApplication:
    """What the person has entered before, where it is to be changed."""
    number = request.GET.get("from", "")
    if number.isascii() and number.isdigit() and len(number) < 16:
        own = ApplicationChange.objects.filter(pk=int(number), kind=ChangeKind.CREATE, person=request.user.pk)
        if (known := own.first()) is not None:
            return entered(known.entered)
    return NewApplication(fleet=fleets[0].value if len(fleets) == 1 else "")


def _form(
    request: HttpRequest, application: NewApplication, fleets: Sequence[FleetChoice], found: Sequence[Finding], *,
    status: int = 200,
) -> HttpResponse:  # fmt: skip
    wrong = sum(one.wrong for one in found)
    context: dict[str, Any] = {"groups": groups(application, fleets, found), "wrong": wrong, "section": "clusters"}
    return private(render(request, "rollouts/new_application.html", context, status=status))
