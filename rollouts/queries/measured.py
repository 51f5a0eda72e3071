"""What was measured of a release: each of its checks with its limits, the curves of both sides, and every judged value.

The caller has found the release through what the person may see.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q

from rollouts.domain import memory
from rollouts.domain.checks import Unit, unit_of
from rollouts.domain.metrics import Side
from rollouts.domain.observations import Check
from rollouts.models import Curve, Measurement, Release

MOST_MEASUREMENTS = 2000
"""Of one release, the newest ones; a release of an ordinary policy has tens."""

COLUMNS = ("release_id", "check_name", "at", "transition", "green", "blue", "verdict", "note", "said", "agrees")
"""Without the costs of models: hundreds are read for a page."""


@dataclass(frozen=True, slots=True)
class Line:
    """The values of one side. A point without a value is None; `note` says why, `query` what was asked."""

    side: Side
    points: tuple[tuple[datetime, float | None], ...] = ()
    query: str = ""
    note: str = ""
    complete: bool = False


@dataclass(frozen=True, slots=True)
class MeasuredCheck:
    """`check` is None when what governed the release is not known any more and only values are."""

    name: str
    check: Check | None
    unit: Unit
    green: Line
    blue: Line
    measurements: tuple[Measurement, ...]
    """In order of time."""


def of_releases(releases: Iterable[Release], only: str = "") -> dict[int, tuple[MeasuredCheck, ...]]:
    """By the release's id, the checks in the order of the policy, then those that it no longer has. With `only`
    just the values of the check of that name are read.
    """
    by_id = {release.pk: release for release in releases}
    curves: dict[tuple[int, str], dict[str, Curve]] = defaultdict(dict)
    wanted = Q(release_id__in=by_id) & (Q(check_name=only) if only else Q())
    for curve in Curve.objects.filter(wanted).order_by("check_name"):
        curves[curve.release_id, curve.check_name][curve.side] = curve
    measurements: dict[tuple[int, str], list[Measurement]] = defaultdict(list)
    written = Measurement.objects.filter(wanted).order_by("-at").values_list(*COLUMNS, named=True)
    rows: list[Any] = list(written[: MOST_MEASUREMENTS * len(by_id)])
    for one in rows:
        measurements[one.release_id, one.check_name].append(one)
    known = sorted({*curves, *measurements})
    found = {}
    for pk, release in by_id.items():
        checks = memory.load_canary(release.canary).checks if release.canary else ()
        policy = {check.name: check for check in checks}
        names = dict.fromkeys([*policy, *(name for owner, name in known if owner == pk)])
        found[pk] = tuple(_measured(name, policy.get(name), curves[pk, name], measurements[pk, name]) for name in names)
    return found


def of_release(release: Release) -> tuple[MeasuredCheck, ...]:
    return of_releases([release])[release.pk]


def _measured(
    name: str, check: Check | None, curves: dict[str, Curve], measurements: list[Measurement]
) -> MeasuredCheck:
    return MeasuredCheck(
        name=name,
        check=check,
        unit=unit_of(check) if check else Unit.PLAIN,
        green=_line(Side.GREEN, curves.get(Side.GREEN)),
        blue=_line(Side.BLUE, curves.get(Side.BLUE)),
        measurements=tuple(reversed(measurements)),
    )


def _line(side: Side, curve: Curve | None) -> Line:
    if curve is None:
        return Line(side)
    step = timedelta(seconds=curve.step)
    points = tuple((curve.begin + number * step, value) for number, value in enumerate(curve.values))
    return Line(side, points, curve.query, curve.note, curve.complete)
