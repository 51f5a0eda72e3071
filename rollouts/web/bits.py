"""What looks the same everywhere, one function each: phase, side, versions, progress, cluster, cell, icon.

These are functions and not templates because a page shows hundreds of them: a template costs ten times as much. All
values are escaped.
"""

from __future__ import annotations

from functools import cache

from django.templatetags.static import static
from django.urls import reverse
from django.utils.safestring import SafeString

from rollouts.models import ClusterState
from rollouts.queries.clusters import ClusterMark
from rollouts.queries.rows import Cell, RolloutRow
from rollouts.queries.versions import Version
from rollouts.web import times, words
from rollouts.web.markup import NOTHING, escaped, markup

MOST_PIPS = 10


@cache
def icon(name: str) -> SafeString:
    return markup('<svg class="icon" aria-hidden="true"><use href="{}#{}"/></svg>', static("icons.svg"), name)


@cache
def _rollout_address() -> str:
    return reverse("rollout", args=[0]).removesuffix("0/")


def address(row: Cell) -> str:
    return f"{_rollout_address()}{row.id}/"


def phase(row: RolloutRow) -> SafeString:
    look = words.row_look(row)
    more = markup("<small>{}</small>", look.words) if look.words else NOTHING
    return markup('<span class="phase {}">{}<span>{}{}</span></span>', look.tone, icon(look.shape), look.name, more)


def side(name: str, version: Version, live: str = "") -> SafeString:
    """`live` is empty for a side without users, else `live` or its share."""
    return markup(
        '<span class="side {}" title="{}"><span class="visually-hidden">{} </span>{}{}</span>',
        name,
        version.full,
        name,
        version.short,
        markup(" <b>{}</b>", live) if live else NOTHING,
    )


ARROW = markup(' <span class="arrow" aria-hidden="true">→</span> ')
NONE_SEEN = markup('<span class="muted">none seen</span>')
VERSIONS = '<span class="versions">{}{}{}</span>'


def versions(row: RolloutRow) -> SafeString:
    blue = side("blue", row.blue, row.blue_live) if row.blue else NONE_SEEN
    if row.green is None or not row.shows_green:
        return markup(VERSIONS, blue, NOTHING, NOTHING)
    return markup(VERSIONS, blue, ARROW, side("green", row.green, row.green_live))


@cache
def _pips(done: int, wanted: int) -> SafeString:
    kinds = ["done"] * done + ["next", *["todo"] * (wanted - done - 1)][: wanted - done]
    pips = SafeString("".join(markup('<i class="{}"></i>', kind) for kind in kinds))
    return markup('<span class="pips" aria-hidden="true">{}</span>', pips)


def progress(row: RolloutRow) -> SafeString:
    if not row.unit:
        return NOTHING
    if row.unit == "iterations" and row.wanted <= MOST_PIPS:
        picture = _pips(row.done, row.wanted)
    else:
        picture = markup('<progress max="{}" value="{}" aria-hidden="true"></progress>', row.wanted, row.done)
    unit = " %" if row.unit == "weight" else ""
    return markup('<span class="progress">{}<span>{} of {}{}</span></span>', picture, row.done, row.wanted, unit)


def failed_checks(row: RolloutRow) -> SafeString:
    if not row.unit:
        return NOTHING
    some = " some" if row.failed_checks else ""
    return markup('<span class="failed{}">{} of {}</span>', some, row.failed_checks, row.threshold)


def cluster(row: RolloutRow) -> SafeString:
    mark = row.cluster
    if mark.old is None:
        return markup('<span class="cluster">{}</span>', mark.name)
    return markup(
        '<span class="cluster">{}<small class="age">{}{}</small></span>', mark.name, icon("diamond"), trouble(mark)
    )


def trouble(mark: ClusterMark) -> SafeString:
    """What is the matter with a cluster and since when: what is shown of it is as old as that."""
    if mark.left_at is not None:
        return markup("{} {}", mark.trouble, times.since(mark.left_at))
    if mark.old is None or mark.state == ClusterState.NEW:
        return markup("{}", mark.trouble)
    return markup("{} for {}", mark.trouble, times.lasting(mark.old))


def cell(row: Cell) -> SafeString:
    """One rollout of an application, as small as it gets; everything it says is in its title too."""
    look, mark = words.row_look(row), row.cluster
    if look.tone == "run" and row.unit:
        inside: str = f"{row.done}%" if row.unit == "weight" else f"{row.done}/{row.wanted}"
    else:
        inside = "?" if mark.old and look.tone == "quiet" else icon(look.shape)
    more = f"{', ' + look.words if look.words else ''}{f' ({mark.trouble})' if mark.old else ''}"
    said = escaped(f"{mark.name}: {look.name}{more}")
    shown = f"cell {look.tone}{' old' if mark.old else ''}"
    return SafeString(
        f'<li><a class="{shown}" href="{address(row)}" title="{said}" aria-label="{said}">{inside}</a></li>'
    )
