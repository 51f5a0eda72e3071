"""What was kept of the newest releases of a policy, for its checks to be tried on: four queries, however many there
are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Max, Min, Q

from rollouts import access
from rollouts.domain import curves
from rollouts.domain.checks import Verdict
from rollouts.domain.commands import Governed
from rollouts.domain.metrics import Side
from rollouts.domain.observations import Phase
from rollouts.domain.phases import ANALYSING
from rollouts.domain.policies.replaying import Kept, Values
from rollouts.models import Application, Curve, Measurement, Release, Transition

MOST_RELEASES = 10
MOST_CHECKS = 12
MOST_MEASUREMENTS = 5000
JUDGED = sorted({*ANALYSING, Phase.PROMOTING})
"""Phases in which green's pods get the requests that it is judged by."""


@dataclass(frozen=True, slots=True)
class KeptRelease:
    """`coarse`: of its curve only extremes are left, so a value may be of a moment near by."""

    release: Release
    kept: Kept
    coarse: bool


def kept_releases(
    person: access.Person, application: Application, governed: Governed, names: Sequence[str]
) -> tuple[KeptRelease, ...]:
    """Those that have ended, in clusters that the person sees, the newest first; with the values of these checks."""
    releases = list(_ended(person, application, governed))
    values, coarse = _values(releases, names[:MOST_CHECKS])
    spans = _spans(releases)
    return tuple(KeptRelease(one, Kept(*_span(one, spans), values[one.pk]), one.pk in coarse) for one in releases)


def _ended(person: access.Person, application: Application, governed: Governed) -> Iterable[Release]:
    clusters = [member.cluster for member in governed.members]
    policy = governed.policy
    return (
        access.visible_releases(person)
        .filter(
            rollout__application=application,
            rollout__cluster__in=clusters,
            rollout__namespace=policy.namespace,
            rollout__name=policy.canary,
            rollout__deleted_at=None,
            ended_at__isnull=False,
        )
        .select_related("rollout__cluster")
        .defer("canary", "summaries", "rollout__state")
        .order_by("-started_at")[:MOST_RELEASES]
    )


def _values(releases: Iterable[Release], names: Sequence[str]) -> tuple[dict[int, dict[str, Values]], set[int]]:
    wanted = Q(release__in=[one.pk for one in releases], check_name__in=names)
    judged: dict[tuple[int, str], list[tuple[float, float | None]]] = defaultdict(list)
    rows = Measurement.objects.filter(wanted).exclude(verdict=Verdict.UNREADABLE).order_by("-at")
    for release, name, at, green in rows.values_list("release_id", "check_name", "at", "green")[:MOST_MEASUREMENTS]:
        judged[release, name].append((at.timestamp(), green))
    of_green = Curve.objects.filter(wanted, side=Side.GREEN)
    found = {(one.release_id, one.check_name): one for one in of_green}
    values: dict[int, dict[str, Values]] = {one.pk: {} for one in releases}
    for release, name in {*found, *judged}:
        curve = found.get((release, name))
        values[release][name] = Values(_curve(curve) if curve else None, tuple(judged[release, name]))
    return values, {release for (release, _), one in found.items() if one.thinned_at}


def _curve(one: Curve) -> curves.Curve:
    return curves.Curve(int(one.begin.timestamp()), one.step, tuple(one.values))


def _spans(releases: Iterable[Release]) -> dict[tuple[int, int | None], Any]:
    """When the first iteration or step of each was made, and when green was last seen under judgement."""
    concerned = Q()
    for one in releases:
        concerned |= Q(rollout=one.rollout_id, release=one.number)
    if not concerned:
        return {}
    begun = Q(iterations__gte=1) | Q(weight__gt=0)
    rows = (
        Transition.objects.filter(concerned, phase__in=JUDGED)
        .values("rollout", "release")
        .annotate(begin=Min("at", filter=begun), end=Max("at"))
        .order_by()
    )
    return {(row["rollout"], row["release"]): row for row in rows}


def _span(release: Release, spans: dict[tuple[int, int | None], Any]) -> tuple[float, float]:
    """Where its transitions were removed for their age, all of its time."""
    row = spans.get((release.rollout_id, release.number)) or {}
    begin: datetime = row.get("begin") or release.started_at
    end: datetime = row.get("end") or release.ended_at or release.started_at
    return begin.timestamp(), end.timestamp()
