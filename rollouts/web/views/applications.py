"""One application in all its clusters."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone
from django.views.decorators.http import require_safe

from rollouts.queries import application_charts, clusters, lanes
from rollouts.web import application_section, lane_drawing, policy_words
from rollouts.web.fragments import holds, private, unchanged, wants_fragment
from rollouts.web.people import person_of

STEP = 15
"""Seconds after which the lanes of running releases are drawn anew."""


@require_safe
def application_page(request: HttpRequest, id: int) -> HttpResponse:
    person, now = person_of(request), timezone.now()
    one = lanes.find(person, id)
    if one is None:
        raise Http404("There is no such application.")
    counted = lanes.version_of(person, one)
    troubles = clusters.fleet_version(mark for mark in clusters.marks(person, now) if mark.old)
    of_policies = policy_words.section(person, one, now)
    version = f"{counted}.{troubles}.{of_policies['policies_version']}.{int(now.timestamp()) // STEP}"
    if holds(request, version):
        return unchanged()
    detail = lanes.detail(person, id, now)
    if detail is None:
        raise Http404("There is no such application.")
    context = {
        "version": version,
        **of_policies,
        "detail": detail,
        "application": detail.application,
        "drawings": lane_drawing.draw(detail),
        "marks": lane_drawing.marks(detail.axis),
        "width": lane_drawing.WIDTH,
    }
    live = render_to_string("rollouts/application_live.html", context)
    if wants_fragment(request):
        return private(HttpResponse(live))
    chosen = application_section.parse(request.GET)
    drawn = application_charts.version_of(person, id, now)
    charts = application_section.section(person, detail.application, chosen, drawn, now)
    page = {
        "live": live,
        "charts": charts,
        "application": detail.application,
        "topics": f"application-{id},compared-{id}",
        "section": "application",
    }
    return private(render(request, "rollouts/application.html", page))
