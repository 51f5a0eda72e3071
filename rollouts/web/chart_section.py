"""The part of a rollout's page with the charts of a release or a range of time, as one live element."""

from __future__ import annotations

from datetime import datetime

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.safestring import SafeString

from rollouts import wiring
from rollouts.domain.ranges import CUSTOM, RANGES, Range
from rollouts.models import Release, Rollout
from rollouts.queries import charted, ranged
from rollouts.queries.charted import Charted, Span
from rollouts.queries.timeline import Read
from rollouts.services import ranges
from rollouts.services.ranges import Requested
from rollouts.web import chart_ranges, release_charts, times
from rollouts.web.chart_ranges import Chosen
from rollouts.web.fragments import fragments

STEP = 60
"""Seconds after which charts up to now are drawn anew without any change."""
NAMES = {"": "This release", "1h": "1 h", "6h": "6 h", "24h": "24 h"}


def requested(one: Rollout, chosen: Chosen, now: datetime) -> Requested:
    """Asks the metrics source for a range of time, where one was chosen. `one` is a rollout that the person may see."""
    if not chosen.range.name:
        return Requested(None)
    return ranges.request(rollout=one, range=chosen.range, enqueue=wiring.enqueue, now=now)


def found(
    one: Rollout, release: Release | None, chosen: Chosen, now: datetime, read: Read | None = None
) -> Charted | None:
    """What is there to be shown; None for what belongs to a release where there is none."""
    if asked := chosen.range.at(now):
        return ranged.of_range(one, release, Span(*asked), now, ranged.copy_of(one, chosen.range.key))
    return charted.of_release(one, release, now, read) if release else None


def version_of(one: Rollout, release: Release | None, chosen: Chosen, asked: Requested, now: datetime) -> str:
    counted = charted.version_of(one, release)
    return f"{counted}.{int(now.timestamp()) // STEP}.{asked.version}" if chosen.range.name else counted


def section(
    one: Rollout,
    release: Release | None,
    number: int | None,
    chosen: Chosen,
    asked: Requested,
    now: datetime,
    read: Read | None = None,
) -> SafeString:
    """`number` is the release that the address names; None stands for the newest, whichever it will be."""
    version = version_of(one, release, chosen, asked, now)
    key = f"charts {one.pk} {number or ''} {chosen.query}"
    return SafeString(
        fragments.get(key, version, lambda: _render(one, release, number, chosen, asked, version, now, read))
    )


def _render(
    one: Rollout,
    release: Release | None,
    number: int | None,
    chosen: Chosen,
    asked: Requested,
    version: str,
    now: datetime,
    read: Read | None,
) -> str:
    shown = found(one, release, chosen, now, read)
    query = "&".join(part for part in (f"release={release.number}" if release else "", chosen.query) if part)
    context = {
        "version": version,
        "rollout": one,
        "release": release,
        "range": shown.range if shown else None,
        "step": times.exact(shown.range.step) if shown and shown.range else "",
        "asked": asked,
        "charts": release_charts.blocks(shown, query) if shown else [],
        "why_none": _why_none(shown),
        "address": _with_query(reverse("rollout-charts", args=[one.pk]), number, chosen.query),
        "ranges": [
            (label, name == chosen.range.name, f"{page_address(one, number, _query(name))}#charts")
            for name, label in NAMES.items()
        ],
        "custom": chosen.range.name == CUSTOM,
        "problem": chosen.problem,
        "number": number,
        **_times(shown, chosen, now),
    }
    return render_to_string("rollouts/charts_live.html", context)


def _times(shown: Charted | None, chosen: Chosen, now: datetime) -> dict[str, str]:
    """What the form for another range begins with: what was typed, else what is shown, else the last hour."""
    if chosen.problem:
        return {"begin": chart_ranges.typed(chosen.begin), "end": chart_ranges.typed(chosen.end)}
    span = shown.span if shown else Span(now - RANGES["1h"], now)
    return {"begin": chart_ranges.written(span.begin), "end": chart_ranges.written(min(span.end, now))}


def page_address(one: Rollout, number: int | None, query: str) -> str:
    return _with_query(reverse("rollout", args=[one.pk]), number, query)


def _query(name: str) -> str:
    return Chosen(Range(name)).query


def _with_query(address: str, number: int | None, query: str) -> str:
    parts = [urlencode({"release": number}) if number else "", query]
    query = "&".join(part for part in parts if part)
    return f"{address}?{query}" if query else address


def _why_none(shown: Charted | None) -> str:
    if shown is None:
        return "Its checks are drawn here as soon as a release runs. What they were lately, a range of time shows."
    if not shown.has_checks:
        return "The policy names no check: whether green is ready, and what hooks answer, is all that decides."
    if shown.checks:
        return ""
    if shown.range is not None:
        return "What is checked is not known: its Canary could not be read yet."
    return "What was checked in this release is not known: it was not seen while it ran."
