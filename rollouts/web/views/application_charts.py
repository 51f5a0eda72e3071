"""The charts of an application, as a live part of its page and as CSV."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.views.decorators.http import require_safe

from rollouts import access
from rollouts.models import Application
from rollouts.queries import application_charts as query
from rollouts.web import application_section, steps_chart, times
from rollouts.web.csv_answers import CsvCell, csv_answer
from rollouts.web.fragments import holds, private, seen_by, unchanged, wants_fragment
from rollouts.web.people import person_of
from rollouts.web.release_charts import check_data, check_rows


@require_safe
def application_charts(request: HttpRequest, id: int) -> HttpResponse:
    person, application, now = _asked(request, id)
    chosen = application_section.parse(request.GET)
    if not wants_fragment(request):
        return HttpResponseRedirect(f"{application_section.page_address(application, chosen)}#charts")
    version = seen_by(person, query.version_of(person, application.pk, now))
    if holds(request, version):
        return unchanged()
    return private(HttpResponse(application_section.section(person, application, chosen, version, now)))


def _asked(request: HttpRequest, id: int) -> tuple[access.Person, Application, datetime]:
    person = person_of(request)
    application = access.visible_applications(person).filter(pk=id).first()
    if application is None:
        raise Http404("There is no such application.")
    return person, application, timezone.now()


@require_safe
def steps_csv(request: HttpRequest, id: int) -> HttpResponse:
    person, application, now = _asked(request, id)
    rows: list[tuple[CsvCell, ...]] = []
    for run in query.runs(person, application):
        for span in steps_chart.steps_of(run.history, query.ended(run, now), run.release):
            rows.append((run.name, run.release.number, times.iso(span.begin), times.iso(span.end), span.words))
        for failure in steps_chart.failures_of(run.history):
            rows.append((run.name, run.release.number, times.iso(failure.at), "", failure.words))
    return csv_answer(f"{application.name}-steps", ("cluster", "release", "begin", "end", "what"), rows)


@require_safe
def check_csv(request: HttpRequest, id: int) -> HttpResponse:
    person, application, _ = _asked(request, id)
    name = request.GET.get("check", "")
    order = query.compared(query.runs(person, application), name)
    if not any(one.check or one.judged for one in order):
        raise Http404("There is no such check.")
    head = ("cluster", "release", "time", "seconds since its start", "blue", "green", "verdict")
    return csv_answer(f"{application.name}-{name}", head, _check_lines(order, name))


def _check_lines(order: list[query.Compared], name: str) -> Iterator[tuple[CsvCell, ...]]:
    found = query.curves(order, name)
    for one in order:
        run, measured = one.run, found.get(one.run.release.pk)
        for at, *rest in check_rows(check_data(measured)) if measured else ():
            since = (at - run.release.started_at).total_seconds()
            yield run.name, run.release.number, times.iso(at), since, *rest
