"""The charts of a rollout, as a live part of its page and as CSV."""

from __future__ import annotations

from datetime import datetime

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.views.decorators.http import require_safe

from rollouts.models import Rollout
from rollouts.queries import charted, rollout
from rollouts.queries.charted import Charted
from rollouts.web import chart_ranges, chart_section, release_charts, steps_chart, times
from rollouts.web.chart_ranges import Chosen
from rollouts.web.csv_answers import csv_answer
from rollouts.web.fragments import holds, private, unchanged, wants_fragment
from rollouts.web.people import person_of


@require_safe
def rollout_charts(request: HttpRequest, id: int) -> HttpResponse:
    one, number, chosen, now = _asked(request, id)
    release = charted.release_of(one, number)
    if not wants_fragment(request):
        return HttpResponseRedirect(f"{chart_section.page_address(one, number, chosen.query)}#charts")
    asked = chart_section.requested(one, chosen, now)
    if holds(request, chart_section.version_of(one, release, chosen, asked, now)):
        return unchanged()
    return private(HttpResponse(chart_section.section(one, release, number, chosen, asked, now)))


def _asked(request: HttpRequest, id: int) -> tuple[Rollout, int | None, Chosen, datetime]:
    one = rollout.find(person_of(request), id)
    if one is None:
        raise Http404("There is no such rollout.")
    text = request.GET.get("release", "")
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 9 else None
    now = timezone.now()
    return one, number, chart_ranges.parse(request.GET, now), now


@require_safe
def check_csv(request: HttpRequest, id: int) -> HttpResponse:
    """One check: every point of the curves and every judged value. Of a range what is kept of it: nothing is asked."""
    one, number, chosen, now = _asked(request, id)
    found = chart_section.found(one, charted.release_of(one, number), chosen, now)
    if found is None:
        raise Http404("There is no such release.")
    measured = next((one for one in found.checks if one.name == request.GET.get("check")), None)
    if measured is None:
        raise Http404("There is no such check.")
    data = release_charts.check_data(measured)
    unit = f" ({measured.unit})" if measured.unit else ""
    head = ("time", f"blue{unit}", f"green{unit}", "verdict")
    rows = release_charts.check_rows(data)
    return csv_answer(_name(found, measured.name), head, ((times.iso(at), *rest) for at, *rest in rows))


@require_safe
def steps_csv(request: HttpRequest, id: int) -> HttpResponse:
    one, number, chosen, now = _asked(request, id)
    release = charted.release_of(one, number)
    found = chart_section.found(one, release, chosen, now)
    if release is None or found is None:
        raise Http404("There is no such release.")
    history = [one for one in found.transitions if one.release == release.number]
    rows = [
        (times.iso(span.begin), times.iso(span.end), span.words)
        for span in steps_chart.steps_of(history, found.seen_to, release)
    ]
    rows += [(times.iso(one.at), "", one.words) for one in steps_chart.failures_of(history)]
    return csv_answer(_name(found, "steps"), ("begin", "end", "what"), sorted(rows))


def _name(found: Charted, what: str) -> str:
    of = f"-release-{found.release.number}" if found.release else ""
    return f"{found.rollout.name}-{found.rollout.cluster.name}{of}-{what}"
