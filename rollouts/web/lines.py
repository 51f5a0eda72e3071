"""A line of each list, as functions for the same reason as `bits`: lines are most of what a fragment costs."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from django.urls import reverse
from django.utils.safestring import SafeString

from rollouts.queries.applications import ApplicationRow
from rollouts.queries.rows import RolloutRow
from rollouts.web import bits, times
from rollouts.web.markup import NOTHING, markup
from rollouts.web.rollout_words import Entry

SHOWN_VERSIONS = 3

ROLLOUT = """\
<tr id="r{id}" class="row{old}" data-phase="{phase}{attention}" data-say="{name} in {cluster}: {phase}">
<th scope="row" class="c-name"><a class="row-link" href="{address}">{name}</a><small>{namespace}</small></th>
<td class="c-cluster">{cluster_mark}</td>
<td class="c-phase">{phase_mark}</td>
<td class="c-version">{versions}</td>
<td class="c-progress">{progress}</td>
<td class="c-failed">{failed}</td>
<td class="c-since">{since}</td>
<td class="c-next">{next}</td>
</tr>
"""

APPLICATION = """\
<tr id="a{id}" class="row" data-phase="{phase}{attention}" data-say="{name}: {phase} in {cluster}">
<th scope="row" class="c-name"><a class="row-link" href="{address}">{name}</a><small>{namespace}</small></th>
<td class="c-cells"><ul class="cells">{cells}{more}</ul></td>
<td class="c-version">{versions}{live}</td>
<td class="c-phase">{phase_mark}{where}</td>
<td class="c-failed">{failed}</td>
<td class="c-since">{since}</td>
<td class="c-next">{next}</td>
</tr>
"""

CHANGE = """\
<tr id="t{number}" class="row{bad}">
<td class="c-time">{at}{since}</td>
<td class="c-after">{after}</td>
<td class="c-what">{cross}{what}{gap}</td>
<td class="c-why">{why}</td>
</tr>
"""
GAP = markup("<small>found by comparing: changes before it were not seen</small>")


def rollout(row: RolloutRow) -> SafeString:
    return markup(
        ROLLOUT,
        id=row.id,
        old=" old" if row.cluster.old else "",
        phase=row.phase,
        attention=row.attention,
        name=row.name,
        namespace=row.namespace,
        cluster=row.cluster.name,
        address=bits.address(row),
        cluster_mark=bits.cluster(row),
        phase_mark=bits.phase(row),
        versions=bits.versions(row),
        progress=bits.progress(row),
        failed=bits.failed_checks(row),
        since=times.lasting(row.phase_at),
        next=times.next_tick(row.checked_at, row.interval),
    )


def application(one: ApplicationRow) -> SafeString:
    row = one.furthest
    return markup(
        APPLICATION,
        id=one.id,
        phase=row.phase,
        attention=row.attention,
        name=one.name,
        namespace=one.namespace,
        cluster=row.cluster.name,
        address=f"{_application_address()}{one.id}/",
        cells=SafeString("".join(map(bits.cell, one.cells))),
        more=markup('<li class="muted">+{}</li>', one.more) if one.more else NOTHING,
        versions=bits.versions(row) if row.shows_green or not one.live else NOTHING,
        live=_live_versions(one.live) if one.live else NOTHING,
        phase_mark=bits.phase(row),
        where=markup('<small class="where">in {}</small>', row.cluster.name) if one.clusters > 1 else NOTHING,
        failed=bits.failed_checks(row),
        since=times.lasting(row.phase_at),
        next=times.next_tick(row.checked_at, row.interval),
    )


@cache
def _application_address() -> str:
    return reverse("application", args=[0]).removesuffix("0/")


def _live_versions(live: Sequence[tuple[str, int]]) -> SafeString:
    """Versions that users are on at the same time, in different clusters."""
    said = ", ".join(f"{version} in {number} cluster{'' if number == 1 else 's'}" for version, number in live)
    more = f" +{len(live) - SHOWN_VERSIONS}" if len(live) > SHOWN_VERSIONS else ""
    names = " / ".join(version for version, _ in live[:SHOWN_VERSIONS])
    return markup('<small class="mixed" title="{}">users on {}{}</small>', said, names, more)


def change(entry: Entry, *, exact: bool) -> SafeString:
    """A line of the timeline; `exact` shows moments as a report does, which is read on another day."""
    one, clock = entry.transition, times.moment if exact else times.clock
    what = ", ".join(entry.what)
    return markup(
        CHANGE,
        number=one.number,
        bad=" bad" if entry.failed else "",
        at=clock(one.at),
        since=markup("<small>since {}</small>", clock(one.since)) if one.asked > 1 else NOTHING,
        after=times.exact(one.after) if one.after is not None else NOTHING,
        cross=markup("{} ", bits.icon("cross")) if entry.failed else NOTHING,
        what=f"{what[:1].upper()}{what[1:]}",
        gap=GAP if one.gap else NOTHING,
        why=entry.why,
    )
