"""The part of an application's page with its charts, as one live element."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from django.http import QueryDict
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.safestring import SafeString

from rollouts import access
from rollouts.models import Application
from rollouts.queries import application_charts as query
from rollouts.web import application_charts
from rollouts.web.fragments import fragments

LONGEST_NAME = 253
BY_CLOCK = "clock"


@dataclass(frozen=True, slots=True)
class Chosen:
    """`check` is empty for the first one of the policy. Lanes begin together unless told otherwise: by the clock they
    stand in the table above already.
    """

    by_clock: bool = False
    check: str = ""

    @property
    def query(self) -> str:
        pairs = [("align", BY_CLOCK if self.by_clock else ""), ("check", self.check)]
        return urlencode([(name, value) for name, value in pairs if value])


def parse(given: QueryDict) -> Chosen:
    return Chosen(given.get("align") == BY_CLOCK, given.get("check", "").replace("\0", "")[:LONGEST_NAME])


def page_address(application: Application, chosen: Chosen) -> str:
    return _with_query(reverse("application", args=[application.pk]), chosen)


def _with_query(address: str, chosen: Chosen) -> str:
    return f"{address}?{chosen.query}" if chosen.query else address


def section(person: access.Person, application: Application, chosen: Chosen, version: str, now: datetime) -> SafeString:
    key = f"application charts {application.pk} {access.scope(person)} {chosen.query}"
    return SafeString(fragments.get(key, version, lambda: _render(person, application, chosen, version, now)))


def _render(person: access.Person, application: Application, chosen: Chosen, version: str, now: datetime) -> str:
    several = query.runs(person, application)
    names = query.check_names(several)
    name = chosen.check or (names[0] if names else "")
    blocks = []
    if several:
        blocks.append(application_charts.lanes_block(application.pk, several, now, from_start=not chosen.by_clock))
    if name:
        blocks.append(application_charts.compared_block(application.pk, several, name, now))

    def link(**changes: object) -> str:
        return f"{page_address(application, replace(chosen, **changes))}#charts"  # type: ignore[arg-type]

    context = {
        "application": application,
        "version": version,
        "address": _with_query(reverse("application-charts", args=[application.pk]), chosen),
        "charts": blocks,
        "why_none": _why_none(bool(several), bool(names)),
        "alignments": [
            ("From their start", not chosen.by_clock, link(by_clock=False)),
            ("By the clock", chosen.by_clock, link(by_clock=True)),
        ],
        "checks": [(one, one == name, link(check=one)) for one in names],
    }
    return render_to_string("rollouts/application_charts.html", context)


def _why_none(ran: bool, checked: bool) -> str:
    if not ran:
        return "Releases and their checks are drawn here as soon as one runs."
    return "" if checked else "The policy names no check that could be compared."
