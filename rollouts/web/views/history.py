"""How releases went over time: of the fleet, a cluster, an application or a rollout."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe

from rollouts import access
from rollouts.queries import clusters, history
from rollouts.queries.history import Chosen, Scope
from rollouts.web import history_address, history_charts
from rollouts.web.csv_answers import csv_answer
from rollouts.web.fragments import fragments, private
from rollouts.web.people import person_of

STEP = 60
"""Seconds after which what was counted is counted anew."""


@require_safe
def history_page(request: HttpRequest) -> HttpResponse:
    person, chosen, scope, today = _asked(request)
    now = timezone.now()
    context = {
        "chosen": chosen,
        "scope": scope,
        "charts": _charts(person, chosen, today, now),
        "spans": [
            (label, chosen.last == today and chosen.days == days, _counted_back(chosen, today, days))
            for label, days in history_address.SPANS.items()
        ],
        "clusters": [mark.name for mark in clusters.marks(person, now)],
        "without_rollout": history_address.address(chosen, today, rollout=None),
        "without_application": history_address.address(chosen, today, application=None),
        "section": "history",
    }
    return private(render(request, "rollouts/history.html", context))


def _charts(person: access.Person, chosen: Chosen, today: date, now: datetime) -> SafeString:
    """Kept for a while: counting what a whole fleet did in a month takes long."""

    def render_charts() -> str:
        found = history.history(person, chosen)
        charts = history_charts.blocks(found, history_address.query_of(chosen, today))
        context = {"charts": charts, "found": found, "chosen": chosen, "most": history.MOST_RELEASES}
        return render_to_string("rollouts/history_charts.html", context)

    key = f"history {access.scope(person)} {chosen}"
    return SafeString(fragments.get(key, str(int(now.timestamp()) // STEP), render_charts))


def _asked(request: HttpRequest) -> tuple[access.Person, Chosen, Scope, date]:
    person, today = person_of(request), timezone.now().astimezone(UTC).date()
    chosen = history_address.parse(request.GET, today)
    scope = history.scope(person, chosen)
    if scope is None:
        raise Http404("There is no such rollout or application.")
    return person, chosen, scope, today


def _counted_back(chosen: Chosen, today: date, days: int) -> str:
    first = today - (timedelta(days=days - 1))
    return history_address.address(chosen, today, first=first, last=today)


@require_safe
def history_csv(request: HttpRequest) -> HttpResponse:
    person, chosen, _, _ = _asked(request)
    rows = history_charts.csv_rows(history.history(person, chosen))
    return csv_answer(f"releases-{chosen.first}-{chosen.last}", history_charts.HEAD, rows)
