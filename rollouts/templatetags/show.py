"""How single things are shown: times, numbers, icons, headings that sort. What has a shape of its own has a template
instead.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime

from django import template
from django.conf import settings
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString

from rollouts import access
from rollouts.queries.applications import ApplicationRow
from rollouts.queries.cluster_rows import ClusterRow
from rollouts.queries.filters import FleetFilter, Part
from rollouts.queries.rows import RolloutRow
from rollouts.queries.versions import Version
from rollouts.web import bits, lines, readiness_words, times, words
from rollouts.web.fleet_bar import Menu, Option
from rollouts.web.markup import NOTHING, markup
from rollouts.web.rollout_words import Entry

register = template.Library()
CHECKED = SafeString(" checked")
PART_ENDS = re.compile(r"(?<=[/@:])(?=\w)|(?<=\w\.)(?=[A-Za-z])", re.ASCII)


@register.filter
def number(value: int) -> str:
    """With a thin space between thousands."""
    return f"{value:,}".replace(",", "\u202f")


@register.filter
def without_dashes(word: str) -> str:
    return word.replace("-", " ")


@register.filter
def breakable(text: str) -> SafeString:
    """An image or the name of a field goes on in the next line between its parts, rather than within a word."""
    return SafeString(PART_ENDS.sub("<wbr>", conditional_escape(text)))


register.filter("may_administer", access.may_administer)


@register.filter
def look(row: RolloutRow) -> words.PhaseLook:
    return words.row_look(row)


@register.filter
def phase_look(phase: str) -> words.PhaseLook:
    return words.phase_look(phase)


@register.filter
def readiness_look(row: ClusterRow) -> words.PhaseLook:
    return readiness_words.in_short(row.readiness, row.lacking)


@register.filter
def part_words(part: Part) -> str:
    return {Part.NEEDS: "Needs a person", Part.RUNNING: "Running", Part.QUIET: "Quiet"}[part]


@register.filter
def kind_words(kind: str) -> str:
    return {str(known): word for known, word in words.KINDS.items()}.get(kind, kind)


@register.filter
def strategy_words(strategy: str) -> str:
    return words.STRATEGIES.get(strategy, strategy)


@register.filter
def owner_words(owner: str) -> str:
    return words.OWNERS.get(owner, owner)


@register.filter
def trigger_words(trigger: str) -> str:
    return words.TRIGGERS.get(trigger, trigger)


@register.filter
def duration(seconds: float) -> str:
    return times.exact(seconds)


for _name in ("since", "lasting", "clock", "moment", "about", "countdown", "next_tick"):
    register.simple_tag(getattr(times, _name), name=_name)
for _name in ("phase", "versions", "progress", "failed_checks", "cluster", "trouble", "address"):
    register.filter(_name, getattr(bits, _name))
register.simple_tag(bits.icon, name="icon")


@register.filter
def rollout_lines(rows: Iterable[RolloutRow]) -> SafeString:
    return SafeString("".join(map(lines.rollout, rows)))


@register.filter
def application_lines(rows: Iterable[ApplicationRow]) -> SafeString:
    return SafeString("".join(map(lines.application, rows)))


@register.simple_tag
def change_lines(timeline: Iterable[Entry], exact: object = False) -> SafeString:
    return SafeString("".join(lines.change(entry, exact=bool(exact)) for entry in timeline))


@register.filter
def iso(moment: datetime | None) -> str:
    return times.iso(moment) if moment else ""


@register.simple_tag
def side(name: str, version: Version) -> SafeString:
    return bits.side(name, version)


@register.filter
def options(menu: Menu) -> SafeString:
    """Hundreds of them are on the page of the fleet."""
    return SafeString("".join(_option(menu.name, one) for one in menu.options))


def _option(name: str, one: Option) -> SafeString:
    return markup(
        '<label class="option"><input type="checkbox" name="{}" value="{}"{}><span>{}</span></label>\n',
        name,
        one.value,
        CHECKED if one.on else NOTHING,
        one.label,
    )


@register.simple_tag
def events_url() -> str:
    return str(settings.EVENTS_URL)


@register.simple_tag
def sort_head(name: str, label: str, chosen: FleetFilter, addresses: Mapping[str, str]) -> SafeString:
    """A column's heading; the one sorted by says in which direction."""
    if chosen.sort == name:
        order = "descending" if chosen.sort.descends is not chosen.backwards else "ascending"
        return markup('<th scope="col" aria-sort="{}"><a href="{}">{}</a></th>', order, addresses[name], label)
    return markup('<th scope="col"><a href="{}">{}</a></th>', addresses[name], label)
