"""The fleet: what needs a person, what is running, and the rest, as rollouts or as applications."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone
from django.views.decorators.http import require_safe

from rollouts import access
from rollouts.queries import applications, cards, clusters, fleet
from rollouts.queries.clusters import ClusterMark
from rollouts.queries.filters import FleetFilter, Part, Sort, View
from rollouts.web import fleet_address, fleet_bar
from rollouts.web.fragments import fragments, holds, private, seen_by, unchanged, wants_fragment
from rollouts.web.people import person_of

STEP = 30
"""Seconds after which a fragment is made anew without any change: rollouts get stuck by the clock."""


@require_safe
def fleet_page(request: HttpRequest) -> HttpResponse:
    person, now = person_of(request), timezone.now()
    chosen = fleet_address.parse(request.GET)
    marks = cache(lambda: clusters.marks(person, now))
    seen = clusters.visible_version(person, now) if wants_fragment(request) else clusters.fleet_version(marks())
    version = seen_by(person, f"{seen}.{int(now.timestamp()) // STEP}")
    if holds(request, version):
        return unchanged()
    live = fragments.get(
        f"fleet {access.scope(person)} {fleet_address.query_of(chosen)}",
        version,
        lambda: render_to_string("rollouts/fleet_live.html", _live(person, chosen, marks(), version, now)),
    )
    if wants_fragment(request):
        return private(HttpResponse(live))
    context = {
        "live": live,
        "chosen": chosen,
        "bar": fleet_bar.bar(person, chosen, marks()) if marks() else None,
        "topics": "fleet",
        "section": "fleet",
    }
    return private(render(request, "rollouts/fleet.html", context))


def _live(
    person: access.Person, chosen: FleetFilter, marks: tuple[ClusterMark, ...], version: str, now: datetime
) -> dict[str, Any]:
    by_id = {mark.id: mark for mark in marks}
    present = clusters.present(marks, now)
    selection = fleet.selected(person, chosen, by_id)
    counters = fleet.counters(selection, present)
    context: dict[str, Any] = {
        "version": version,
        "now": now,
        "address": fleet_address.address(chosen, page=chosen.page),
        "chosen": chosen,
        "counters": counters,
        "tabs": _tabs(chosen, counters),
        "views": [(view.value, view is chosen.view, fleet_address.address(chosen, view=view)) for view in View],
        "troubled": [one for one in marks if one.old and (not chosen.clusters or one.name in chosen.clusters)],
        "fresh_at": clusters.oldest_data(marks),
        "no_clusters": not marks,
        "sees_everything": access.sees_everything(person),
        "sorted_by": {sort.value: _sorted(chosen, sort) for sort in Sort},
    }
    part, beside = fleet.listed(chosen, counters)
    if chosen.view is View.APPLICATIONS:
        numbers = applications.numbers(selection, chosen, present, everything=access.sees_everything(person))
        paging = fleet.paging(chosen.page, len(numbers))
        shown = numbers[max(0, paging.first - 1) : paging.last]
        context["applications"] = applications.page(selection, chosen, shown, by_id, present)
    else:
        skipped = counters.needs if beside else 0
        paging = fleet.paging(chosen.page, counters.of(part) - skipped)
        context["rows"] = fleet.rollout_rows(selection, chosen, counters, paging, skipped, by_id, present)
    if part is None and paging.page == 1:
        context["cards"] = cards.cards(selection, counters.needs, by_id, present)
        context["all_needing"] = fleet_address.address(chosen, part=Part.NEEDS)
    return {**context, **_pages(chosen, paging)}


def _sorted(chosen: FleetFilter, sort: Sort) -> str:
    """Where the heading leads: to its order, from there to the opposite one, and from there back to that of need."""
    if chosen.sort is not sort:
        return fleet_address.address(chosen, sort=sort, backwards=False)
    if chosen.backwards:
        return fleet_address.address(chosen, sort=Sort.NEED, backwards=False)
    return fleet_address.address(chosen, backwards=True)


def _tabs(chosen: FleetFilter, counters: fleet.Counters) -> list[dict[str, object]]:
    all_of = "rollouts in all" if chosen.view is View.APPLICATIONS else "in all"
    words = {None: all_of, Part.NEEDS: "need a person", Part.RUNNING: "running", Part.QUIET: "quiet"}
    return [
        {
            "count": counters.of(part),
            "words": "needs a person" if part is Part.NEEDS and counters.needs == 1 else text,
            "on": chosen.part is part,
            "address": fleet_address.address(chosen, part=part),
        }
        for part, text in words.items()
    ]


def _pages(chosen: FleetFilter, paging: fleet.Paging) -> Mapping[str, object]:
    return {
        "paging": paging,
        "before": fleet_address.address(chosen, page=paging.page - 1) if paging.page > 1 else "",
        "after": fleet_address.address(chosen, page=paging.page + 1) if paging.page < paging.pages else "",
    }
