"""Tries whether the values of checks can be read from a cluster: by a harmless query, and by a check of its own."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

from rollouts.domain import memory
from rollouts.domain.addresses import Unplaceable
from rollouts.domain.asking import askings
from rollouts.domain.checks import DURATION, SUCCESS_RATE, in_words
from rollouts.domain.errors import MetricsError, QueryRefused
from rollouts.domain.metric_places import usual_place
from rollouts.domain.metrics import Asking, ClusterMetrics, MetricsSource, Place, Way
from rollouts.domain.observations import Canary, Check
from rollouts.domain.ports import MetricsDoor
from rollouts.domain.readiness import BuiltIn
from rollouts.models import Cluster
from rollouts.services.clusters.metrics import metrics_of

HARMLESS = "vector(1)"
"""What Flagger itself asks to see whether a Prometheus is there."""
LOOKED_THROUGH = 50
"""Rollouts among which one with a check is looked for."""
ASKED_ABOUT = 5
"""Rollouts that the built-in queries are asked about, until each has a value."""
BUILT_IN = tuple(Check(name, 60, interval_text="1m") for name in (SUCCESS_RATE, DURATION))
NOBODY = Canary("default", "nobody", uid="", resource_version="", target_name="nobody", service_name="nobody")


@dataclass(frozen=True, slots=True)
class MetricsReport:
    """With a `problem` (a sentence) no query works. `check` says what came of asking for a real one; empty when no
    rollout has any. `doubts` are what the source warned of.
    """

    source: str = ""
    problem: str = ""
    check: str = ""
    doubts: str = ""
    built_in: tuple[BuiltIn, ...] = ()
    """Where they were wanted."""


def source_in_words(cluster: Cluster) -> str:
    """Where rollouts without a source of their own have their values from, or why that is not known."""
    try:
        return _in_words(usual_place(metrics_of(cluster)))
    except Unplaceable as error:
        return str(error)


def try_metrics(
    *, cluster: Cluster, open_metrics: Callable[[Cluster], MetricsDoor], built_in: bool = False
) -> MetricsReport | None:
    """Of the source that rollouts without one of their own have, by what is stored of the cluster now. None for a hub
    without Flagger, which has no checks. With `built_in` also what Flagger's built-in checks ask.
    """
    cluster.refresh_from_db()
    if cluster.is_hub and not cluster.flagger_version:
        return None
    door = open_metrics(cluster)
    try:
        return _tried(cluster, door, built_in=built_in)
    finally:
        door.close()


def _tried(cluster: Cluster, door: MetricsDoor, *, built_in: bool) -> MetricsReport:
    known = metrics_of(cluster)
    try:
        place = usual_place(known)
    except Unplaceable as error:
        return MetricsReport(problem=str(error))
    try:
        source = door.source(place)
    except MetricsError as error:
        return MetricsReport(_in_words(place), str(error))
    try:
        answer = source.instant(HARMLESS)
        if [series.samples[-1][1] for series in answer.series] != [1.0]:
            return MetricsReport(_in_words(place), f"{place.address} does not answer {HARMLESS} with 1.")
        check = _one_check(cluster, known, place, source)
        answers = _built_in(cluster, known, place, source) if built_in else ()
        return MetricsReport(_in_words(place), check=check, doubts=" ".join(answer.warnings), built_in=answers)
    except MetricsError as error:
        return MetricsReport(_in_words(place), str(error))
    finally:
        source.close()


def _in_words(place: Place) -> str:
    if place.way is Way.PROXY:
        return f"{place.address}, through the API server (Service {place.service} in {place.namespace})"
    return f"{place.address}, directly"


def _one_check(cluster: Cluster, known: ClusterMetrics, place: Place, source: MetricsSource) -> str:
    """Blue's value where it can be asked for: blue has users at all times."""
    rows = cluster.rollouts.filter(deleted_at=None, unreadable="").order_by("pk").values_list("state", flat=True)
    for state in rows[:LOOKED_THROUGH]:
        canary = memory.load(state).canary if state else None
        for asking in askings(canary, {}, known) if canary is not None else ():
            if asking.place == place and asking.green:
                where = f"{asking.check.name} of {canary.namespace}/{canary.name}" if canary else ""
                return f"{where} on {'blue' if asking.blue else 'green'}: {_value(asking, source)}"
    return ""


def _built_in(cluster: Cluster, known: ClusterMetrics, place: Place, source: MetricsSource) -> tuple[BuiltIn, ...]:
    """Of the first rollouts that have a value, else of the first ones; without rollouts of one that is made up, to see
    whether the queries are accepted.
    """
    rows = cluster.rollouts.filter(deleted_at=None, unreadable="").exclude(state={}).order_by("pk")
    canaries = [memory.load(state).canary for state in rows.values_list("state", flat=True)[:ASKED_ABOUT]]
    found: dict[str, BuiltIn] = {}
    for canary in canaries or [NOBODY]:
        for asking in askings(replace(canary, checks=BUILT_IN), {}, known):
            name = asking.check.name
            if asking.place == place and (name not in found or not found[name].value):
                about = f"{canary.namespace}/{canary.name}" if canaries else ""
                answer = _answer(asking, source, about)
                found[name] = answer if answer.value or name not in found else found[name]
    return tuple(found.values())


def _answer(asking: Asking, source: MetricsSource, about: str) -> BuiltIn:
    name = asking.check.name
    try:
        answer = source.instant(asking.blue or asking.green)
    except QueryRefused as error:
        return BuiltIn(name, about, problem=str(error))
    if not answer.series or math.isnan(value := answer.series[-1].samples[-1][1]):
        return BuiltIn(name, about)
    return BuiltIn(name, about, value=in_words(asking.check, value * asking.scale))


def _value(asking: Asking, source: MetricsSource) -> str:
    try:
        answer = source.instant(asking.blue or asking.green)
    except MetricsError as error:
        return str(error)
    if not answer.series or math.isnan(value := answer.series[-1].samples[-1][1]):
        return "no values"
    return in_words(asking.check, value * asking.scale)
