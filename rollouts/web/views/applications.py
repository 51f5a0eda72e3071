"""One application in all its clusters."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone
from django.views.decorators.http import require_safe

from rollouts import access
from rollouts.domain.readiness.finding import named
from rollouts.models import Application
from rollouts.queries import application_charts, batches, clusters, lanes
from rollouts.web import application_section, batch_words, command_words, lane_drawing, policy_words, whole_words
from rollouts.web.fragments import holds, private, seen_by, unchanged, wants_fragment
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
    old = [mark for mark in clusters.marks(person, now) if mark.old]
    troubles = clusters.fleet_version(old)
    of_policies = policy_words.section(person, one, now) | whole_words.section(person, one)
    given = batches.recent(person, id, now)
    of_acts = f"{of_policies['policies_version']}.{batches.version_of(given)}.{of_policies['whole_version']}"
    version = seen_by(person, f"{counted}.{troubles}.{of_acts}.{int(now.timestamp()) // STEP}")
    if holds(request, version):
        return unchanged()
    detail = lanes.detail(person, id, now)
    if detail is None:
        raise Http404("There is no such application.")
    context = {
        "version": version,
        **of_policies,
        **_acts(person, detail, given, now),
        "detail": detail,
        "application": detail.application,
        **(_drawn(detail) if detail.lanes else _empty(person, one, old)),
    }
    live = render_to_string("rollouts/application_live.html", context, request)
    if wants_fragment(request):
        return private(HttpResponse(live))
    chosen = application_section.parse(request.GET)
    drawn = seen_by(person, application_charts.version_of(person, id, now))
    charts = application_section.section(person, detail.application, chosen, drawn, now)
    page = {
        "live": live,
        "charts": charts,
        "application": detail.application,
        "topics": f"application-{id},compared-{id},batches-{id}",
        "section": "application",
    }
    return private(render(request, "rollouts/application.html", page))


def _drawn(detail: lanes.ApplicationDetail) -> dict[str, Any]:
    drawings, marks = lane_drawing.draw(detail), lane_drawing.marks(detail.axis)
    return {"drawings": drawings, "marks": marks, "width": lane_drawing.WIDTH}


def _empty(person: access.Person, one: Application, old: Sequence[clusters.ClusterMark]) -> dict[str, Any]:
    """For who looks before anything was seen."""
    unread = [mark.name for mark in old if mark.fresh_at is None and mark.left_at is None]
    return {"unread": named(unread), "governed": lanes.governed_since(person, one) if one.deleted_at else None}


def _acts(
    person: access.Person, detail: lanes.ApplicationDetail, given: Sequence[batches.Given], now: datetime
) -> dict[str, Any]:
    """What can be asked for in several clusters, and what was."""
    operable = batches.operable_of(person, detail.application)
    rows = [lane.rollout for lane in detail.lanes]
    found = batches.possible(detail.application, rows, operable, now)
    return {
        "may_not": "" if operable else batches.may_not(),
        "buttons": command_words.buttons(found, None),
        "batches": batch_words.lines(given),
        "batches_said": batch_words.said(given),
        "batches_mark": batches.version_of(given),
        "stoppable": {one.batch.pk for one in given if batches.may_stop(person, one.batch)},
    }
