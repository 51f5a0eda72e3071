"""One rollout: its two sides, the release that runs or ran last, and the raw objects behind it."""

from __future__ import annotations

from datetime import datetime

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.http import require_safe

from rollouts import access, wiring
from rollouts.domain.errors import InvalidInput
from rollouts.models import Command, Removal, Rollout
from rollouts.queries import canary_specs, charted, clusters, commands, gates, removals, reversals, rollout
from rollouts.queries.timeline import Read, reading
from rollouts.services import copies, looks
from rollouts.web import (
    chart_ranges,
    chart_section,
    command_words,
    phase_meaning,
    policy_words,
    removal_words,
    reversal_words,
    rollout_flow,
    rollout_words,
    why_words,
)
from rollouts.web.fragments import fragments, holds, private, seen_by, unchanged, wants_fragment
from rollouts.web.people import person_of

STEP = 30
"""Seconds after which a fragment is made anew without any change: a release gets stuck by the clock."""


@require_safe
def rollout_page(request: HttpRequest, id: int) -> HttpResponse:
    person, now = person_of(request), timezone.now()
    one = _find(person, id)
    looks.look(rollout=one, now=now)
    number = _number(request.GET.get("release", ""))
    given, on, removed = commands.of_rollout(one), reversals.open_of(one), removals.of_rollout(one)
    version = seen_by(person, f"{_version(one, given, on, now)}.{removals.version_of(removed)}")
    if holds(request, version):
        return unchanged()
    read = reading(one)
    drawn = CHARTS if wants_fragment(request) else _charts(request, one, number, now, read)
    live = fragments.get(
        f"rollout {id} {access.scope(person)} {number or ''}{'' if drawn is CHARTS else ' whole'}",
        f"{version} {hash(drawn)}",
        lambda: _render(person, one, version, now, number, drawn, read, given, on, removed),
    )
    if wants_fragment(request):
        return private(HttpResponse(live))
    topics = f"rollout-{id},cluster-{one.cluster_id},measured-{id},commands-{id}"
    context = {"live": live, "rollout": one, "topics": topics, "section": "rollout"}
    return private(render(request, "rollouts/rollout.html", context))


CHARTS = mark_safe('<section id="charts" data-keep></section>')
"""Their place in a fragment: they are a live element of their own, and what the page has of them stays."""


def _charts(request: HttpRequest, one: Rollout, number: int | None, now: datetime, read: Read) -> SafeString:
    release, chosen = charted.release_of(one, number), chart_ranges.parse(request.GET, now)
    asked = chart_section.requested(one, chosen, now)
    return chart_section.section(one, release, number, chosen, asked, now, read)


def _find(person: access.Person, id: int) -> Rollout:
    one = rollout.find(person, id)
    if one is None:
        raise Http404("There is no such rollout.")
    return one


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else None


def _version(one: Rollout, given: tuple[Command, ...], on: tuple[reversals.TurnedOn, ...], now: datetime) -> str:
    seen = f"{one.version}.{clusters.fleet_version([clusters.mark_of(one.cluster, now)])}"
    return f"{seen}.{commands.version_of(given)}.{reversals.version_of(on)}.{int(now.timestamp()) // STEP}"


def _render(
    person: access.Person, one: Rollout, version: str, now: datetime, number: int | None, drawn: SafeString, read: Read,
    given: tuple[Command, ...], on: tuple[reversals.TurnedOn, ...], removed: tuple[Removal, ...],
) -> str:  # fmt: skip
    detail = rollout.detail(person, one, now, number, read)
    if detail is None:
        raise Http404("There is no such release.")
    may_not = commands.may_not(person, one)
    offered = command_words.buttons(commands.possible(detail.state, given, now, may=not may_not), detail.state)
    context = {
        "version": version,
        "now": now,
        "detail": detail,
        "charts": drawn,
        "row": detail.row,
        "chosen_release": number,
        "may_not": may_not,
        **_of_the_spec(person, one),
        "removals": removal_words.lines(removed),
        "buttons": policy_words.through_policy(person, one, offered, now),
        "reversals": reversal_words.lines(on, now),
        "unchecked": reversal_words.unchecked_on_green(detail.state),
        "shown": command_words.shown(given, detail.state, now),
        "detailed": [each.pk for each in given if not commands.may_not_act_on(person, each, now)],
        "why": why_words.why(detail),
        "meaning": _meaning(detail),
        "flow": rollout_flow.flow(detail),
        "panes": rollout_words.panes(detail),
        "timeline": [rollout_words.entry(one, detail.governing) for one in detail.transitions],
        "objects": copies.objects_of(one),
        "gates": gates.known(one, detail.state),
    }
    return render_to_string("rollouts/rollout_live.html", context)


def _meaning(detail: rollout.RolloutDetail) -> phase_meaning.Meaning | None:
    """Nothing goes on any more in a Canary that is gone, and nothing is known of one that was never read."""
    if detail.state is None or detail.deleted_at is not None:
        return None
    return phase_meaning.meaning(detail.state.canary, detail.state.live.side)


def _of_the_spec(person: access.Person, one: Rollout) -> dict[str, str]:
    """Addresses for whoever sees what a plain Canary said, or edits policies; a policy of Kurator has those of its own
    on its application's page.
    """
    plain, found = canary_specs.is_editable(one), {}
    if plain:
        found["revisions"] = reverse("canary-revisions", args=[one.pk])
        if access.may_edit_something(person):
            found["copies"] = reverse("canary-copy", args=[one.pk])
    if access.may_edit(person, one):
        found["edit"] = reverse("canary-edit", args=[one.pk])
        if plain:
            found["remove"] = reverse("canary-remove", args=[one.pk])
    return found


@require_safe
def object_page(request: HttpRequest, id: int, kind: str, name: str) -> HttpResponse:
    """The object is fetched by a task; the page says so, and shows it as soon as it is there."""
    person, now = person_of(request), timezone.now()
    one = _find(person, id)
    try:
        copy = copies.request(rollout=one, kind=kind, name=name, enqueue=wiring.enqueue, now=now)
    except InvalidInput as error:
        raise Http404(str(error)) from error
    version = str(copy.fetched_at.timestamp()) if copy.fetched_at else ""
    if wants_fragment(request) and request.GET.get("v") == version:
        return unchanged()
    context = {"copy": copy, "version": version, "rollout": one, "topics": f"object-{copy.pk}", "section": "rollout"}
    template = "rollouts/object_live.html" if wants_fragment(request) else "rollouts/object.html"
    return private(render(request, template, context))
