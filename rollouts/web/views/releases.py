"""The report of one release: as a page, as JSON, as CSV, and beside another one."""

from __future__ import annotations

from datetime import datetime

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone
from django.views.decorators.http import require_safe

from rollouts import access
from rollouts.models import Release
from rollouts.queries import clusters, commands, comparison, lines, report, report_json
from rollouts.web import command_words, comparison_words, release_charts, report_csv, report_words
from rollouts.web.csv_answers import csv_answer
from rollouts.web.fragments import fragments, holds, private, unchanged, wants_fragment
from rollouts.web.people import person_of

STEP = 30
"""Seconds after which the report of a running release is made anew without any change: what is foretold in it moves."""


@require_safe
def release_page(request: HttpRequest, id: int) -> HttpResponse:
    person, now = person_of(request), timezone.now()
    release = _find(person, id)
    version = _version(release, now)
    if holds(request, version):
        return unchanged()
    live = fragments.get(f"release {id} {access.scope(person)}", version, lambda: _render(release, version, now))
    if wants_fragment(request):
        return private(HttpResponse(live))
    rollout = release.rollout
    topics = f"rollout-{rollout.pk},measured-{rollout.pk},commands-{rollout.pk}"
    context = {"live": live, "release": release, "rollout": rollout, "topics": topics, "section": "release"}
    return private(render(request, "rollouts/release.html", context))


def _find(person: access.Person, id: int) -> Release:
    release = report.find(person, id)
    if release is None:
        raise Http404("There is no such release.")
    return release


def _version(release: Release, now: datetime) -> str:
    """Changes with everything that is kept of the release, and while it runs also with the clock."""
    moments = (release.measure_at, release.measured_at, release.curves_kept_at, release.ended_at)
    counted = ".".join(f"{moment.timestamp():.3f}" if moment else "" for moment in moments)
    counted += f".{commands.version_of(commands.of_release(release))}"
    if release.ended_at is not None:
        return f"{release.rollout.version}.{counted}"
    mark = clusters.mark_of(release.rollout.cluster, now)
    return f"{release.rollout.version}.{counted}.{clusters.fleet_version([mark])}.{int(now.timestamp()) // STEP}"


def _render(release: Release, version: str, now: datetime) -> str:
    found = report.report(release, now)
    told = report_words.entries(found)
    context = {
        "version": version,
        "report": found,
        "release": release,
        "rollout": release.rollout,
        "outcome": report_words.outcome_look(release.outcome),
        "tone": report_words.tone(found),
        "timeline": told,
        "commands": [command_words.line(one, None, now) for one in found.commands],
        "charts": release_charts.blocks(found.charted, f"release={release.number}"),
        "checks": report_words.checks(found, told),
    }
    return render_to_string("rollouts/release_live.html", context)


@require_safe
def release_json(request: HttpRequest, id: int) -> HttpResponse:
    found = report.report(_find(person_of(request), id), timezone.now())
    options = {"allow_nan": False, "ensure_ascii": False, "indent": 2}
    return private(JsonResponse(report_json.report_json(found), json_dumps_params=options))


@require_safe
def measurements_csv(request: HttpRequest, id: int) -> HttpResponse:
    release = _find(person_of(request), id)
    policy = lines.governing(release)
    rows = report_csv.measurement_lines(policy.checks if policy else (), report.measurements_of(release))
    return csv_answer(_file_name(release, "measurements"), report_csv.MEASUREMENTS, rows)


@require_safe
def transitions_csv(request: HttpRequest, id: int) -> HttpResponse:
    release = _find(person_of(request), id)
    rows = report_csv.transition_lines(report.transitions_of(release))
    return csv_answer(_file_name(release, "transitions"), report_csv.TRANSITIONS, rows)


def _file_name(release: Release, what: str) -> str:
    rollout = release.rollout
    return f"{rollout.cluster.name}-{rollout.namespace}-{rollout.name}-release-{release.number}-{what}"


@require_safe
def comparison_page(request: HttpRequest, id: int, other: int) -> HttpResponse:
    """Of what is known now; nothing in it moves."""
    found = comparison.comparison(person_of(request), id, other, timezone.now())
    if found is None:
        raise Http404("There are no such two releases of one rollout.")
    context = {
        "comparison": found,
        "both": (found.earlier, found.later),
        "rollout": found.later.rollout,
        "facts": comparison_words.facts(found),
        "steps": comparison_words.steps(found),
        "checks": comparison_words.checks(found),
        "section": "release",
    }
    return private(render(request, "rollouts/comparison.html", context))
