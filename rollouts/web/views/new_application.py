"""The form of a new Application. What is entered well is tried out on the hub; its own page asks for the click."""

from __future__ import annotations

from collections.abc import Sequence
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
from rollouts.models import ApplicationChange, ChangeKind
from rollouts.queries import whole as queries
from rollouts.queries.new_applications import first_entered, judge
from rollouts.queries.whole import FleetChoice
from rollouts.services import whole
from rollouts.web.fragments import private
from rollouts.web.new_application import groups
from rollouts.web.people import person_of


@require_http_methods(["GET", "HEAD", "POST"])
def new_application_page(request: HttpRequest) -> HttpResponse:
    person = person_of(request)
    fleets = queries.fleets_for(person)
    if not fleets:
        raise PermissionDenied(queries.MAY_NOT_CREATE.format(access.whom_to_ask()))
    if request.method != "POST":
        return _form(request, _begun_with(request, fleets), fleets, ())
    application = entered({name: value for name, value in request.POST.items() if isinstance(value, str)})
    judged = judge(person, application, fleets)
    if judged.fleet is None or judged.wrong:
        return _form(request, application, fleets, judged.findings, status=422)
    made = whole.begin_creation(
        hub=judged.fleet.hub, application=application, clusters=judged.reached, person=request.user,
        now=timezone.now(), enqueue=wiring.enqueue,
    )  # fmt: skip
    return HttpResponseRedirect(reverse("application-change", args=[made.pk]))


def _begun_with(request: HttpRequest, fleets: Sequence[FleetChoice]) -> NewApplication:
    """What the person has entered before, where it is to be changed."""
    number = request.GET.get("from", "")
    if number.isascii() and number.isdigit() and len(number) < 16:
        own = ApplicationChange.objects.filter(pk=int(number), kind=ChangeKind.CREATE, person=request.user.pk)
        if (known := own.first()) is not None:
            return entered(known.entered)
    return first_entered(fleets)


def _form(
    request: HttpRequest, application: NewApplication, fleets: Sequence[FleetChoice], found: Sequence[Finding], *,
    status: int = 200,
) -> HttpResponse:  # fmt: skip
    wrong = sum(one.wrong for one in found)
    context: dict[str, Any] = {"groups": groups(application, fleets, found), "wrong": wrong, "section": "clusters"}
    return private(render(request, "rollouts/new_application.html", context, status=status))
