"""The clusters: whether they can be reached, how old what we know of them is, and what is missing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone
from django.views.decorators.http import require_safe

from rollouts import access
from rollouts.queries import cluster_rows, clusters
from rollouts.queries.cluster_rows import ClusterRow
from rollouts.web.fragments import fragments, holds, private, seen_by, unchanged, wants_fragment
from rollouts.web.people import person_of

STEP = 10
"""Seconds after which the fragment is made anew without any change: data is read again all the time."""


@require_safe
def clusters_page(request: HttpRequest) -> HttpResponse:
    person, now = person_of(request), timezone.now()
    visible = cluster_rows.visible(person)
    version = seen_by(person, f"{cluster_rows.version_of(visible, now)}.{int(now.timestamp()) // STEP}")
    if holds(request, version):
        return unchanged()
    live = fragments.get(f"clusters {access.scope(person)}", version, lambda: _render(person, visible, version, now))
    if wants_fragment(request):
        return private(HttpResponse(live))
    frame = {"live": live, "edits": access.may_edit_something(person), "topics": "fleet", "section": "clusters"}
    return private(render(request, "rollouts/clusters.html", frame))


def _makes(person: access.Person, rows: Sequence[ClusterRow]) -> frozenset[int]:
    """In which of them the person may make a Canary."""
    with_flagger = (row for row in rows if row.flagger_version or not row.mark.is_hub)
    return frozenset(row.mark.id for row in with_flagger if access.may_edit_in_cluster(person, row.mark.id))


def _render(person: access.Person, visible: Sequence[Any], version: str, now: datetime) -> str:
    rows = cluster_rows.rows(person, visible, now)
    context = {
        "version": version,
        "rows": rows,
        "makes": _makes(person, rows),
        "sees_everything": access.sees_everything(person),
        "troubled": sum(1 for row in rows if row.mark.old),
        "fresh_at": clusters.oldest_data(row.mark for row in rows),
    }
    return render_to_string("rollouts/clusters_live.html", context)
