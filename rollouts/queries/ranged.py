"""A range of time: what was kept with the releases in it, and between them what the metrics source remembers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.db.models import Q

from rollouts.domain import memory
from rollouts.domain.checks import Unit, unit_of
from rollouts.domain.metrics import Side
from rollouts.models import RangeCopy, Release, Rollout
from rollouts.queries import measured
from rollouts.queries.charted import MOST_ROOM, Charted, Ranged, Span, seen_to, span_of
from rollouts.queries.measured import Line, MeasuredCheck
from rollouts.queries.timeline import changes_of

MOST_RELEASES = 30
"""The newest."""
Points = Sequence[tuple[datetime, float | None]]


def copy_of(rollout: Rollout, key: str) -> RangeCopy | None:
    """Of the range with this key, if it was ever asked for."""
    return RangeCopy.objects.filter(rollout=rollout, range=key).first()


def of_range(rollout: Rollout, release: Release | None, span: Span, now: datetime, copy: RangeCopy | None) -> Charted:
    """`release` gives the limits, whether it ran in the range or not; without one they are those of now."""
    found = _releases_in(rollout, span)
    shown = found[-MOST_RELEASES:]
    known = measured.of_releases(shown if release is None else [release, *shown])
    several = [known[one.pk] for one in shown]
    checks = _joined(known[release.pk] if release else (), several, _remembered(rollout, copy), span)
    return Charted(
        rollout=rollout,
        release=release,
        checks=checks,
        has_checks=bool(checks) or not rollout.state.get("canary"),
        transitions=tuple(changes_of(rollout, [one.number for one in shown])),
        span=span,
        of_release=span_of(release, now) if release else span,
        seen_to=seen_to(rollout, release, now) if release else span.end,
        range=Ranged(
            releases=sum(_ran_in(one, span) for one in shown),
            more_releases=len(found) > MOST_RELEASES,
            read_at=copy.read_at if copy else None,
            step=copy.step if copy else 0,
            error=copy.error if copy else "",
        ),
    )


def _releases_in(rollout: Rollout, span: Span) -> list[Release]:
    """In order: all whose curves may reach into the range, and at most one more than are shown."""
    ends_later = Q(ended_at__isnull=True) | Q(ended_at__gte=span.begin - MOST_ROOM)
    found = rollout.releases.filter(ends_later, started_at__lte=span.end + MOST_ROOM)
    return list(reversed(found.order_by("-number")[: MOST_RELEASES + 1]))


def _ran_in(release: Release, span: Span) -> bool:
    return release.started_at <= span.end and (release.ended_at is None or release.ended_at >= span.begin)


def _remembered(rollout: Rollout, copy: RangeCopy | None) -> tuple[MeasuredCheck, ...]:
    """The checks of the Canary as it is now, with the lines that were read for the range."""
    canary = rollout.state.get("canary")
    policy = {check.name: check for check in (memory.load_canary(canary).checks if canary else ())}
    lines = {(one["check"], one["side"]): one for one in (copy.lines if copy else ())}
    names = dict.fromkeys([*policy, *(name for name, _ in lines)])

    def line(name: str, side: Side) -> Line:
        one = lines.get((name, side.value))
        if one is None or copy is None:
            return Line(side)
        step = timedelta(seconds=copy.step)
        points = tuple((copy.begin + number * step, value) for number, value in enumerate(one["values"]))
        return Line(side, points, note=one["note"])

    return tuple(
        MeasuredCheck(
            name=name,
            check=policy.get(name),
            unit=unit_of(policy[name]) if name in policy else Unit.PLAIN,
            green=line(name, Side.GREEN),
            blue=line(name, Side.BLUE),
            measurements=(),
        )
        for name in names
    )


def _joined(
    own: Sequence[MeasuredCheck],
    several: Sequence[Sequence[MeasuredCheck]],
    remembered: Sequence[MeasuredCheck],
    span: Span,
) -> tuple[MeasuredCheck, ...]:
    """Each check as one line for each side; the limits are those of `own` where that has the check."""
    kept: dict[str, list[MeasuredCheck]] = {check.name: [] for check in [*own, *remembered]}
    for checks in several:
        for check in checks:
            kept.setdefault(check.name, []).append(check)
    asked = {check.name: check for check in remembered}
    limits = {name: parts[-1] for name, parts in kept.items() if parts} | asked | {check.name: check for check in own}
    return tuple(_one(limits[name], parts, asked.get(name), span) for name, parts in kept.items())


def _one(
    limits: MeasuredCheck, parts: Sequence[MeasuredCheck], asked: MeasuredCheck | None, span: Span
) -> MeasuredCheck:
    blue, green = (asked.blue, asked.green) if asked else (Line(Side.BLUE), Line(Side.GREEN))
    return MeasuredCheck(
        name=limits.name,
        check=limits.check,
        unit=limits.unit,
        green=_line(green, [part.green.points for part in parts], span),
        blue=_line(blue, [part.blue.points for part in parts], span),
        measurements=tuple(one for part in parts for one in part.measurements if span.begin <= one.at <= span.end),
    )


def _line(asked: Line, parts: Iterable[Points], span: Span) -> Line:
    """Curves that were kept are finer than what is asked for a long range, so they stand where they have values; the
    later one begins where the earlier one ends. Between them is what the source remembers, or a gap.
    """
    points: list[tuple[datetime, float | None]] = []
    for part in parts:
        last = points[-1][0] if points else span.begin - timedelta.resolution
        if fresh := [(at, value) for at, value in _valued(part) if last < at <= span.end]:
            points += _between(points, asked.points, span, fresh[0][0])
            points += fresh
    points += _between(points, asked.points, span)
    return Line(asked.side, tuple(points), note=asked.note)


def _valued(points: Points) -> Points:
    """Without what has no value at its ends."""
    known = [place for place, (_, value) in enumerate(points) if value is not None]
    return points[known[0] : known[-1] + 1] if known else ()


def _between(before: Points, asked: Points, span: Span, until: datetime | None = None) -> Points:
    if before and until and not asked:
        return [(before[-1][0] + (until - before[-1][0]) / 2, None)]
    first, last = before[-1][0] if before else span.begin - timedelta.resolution, until or span.end
    return [(at, value) for at, value in asked if first < at and (at < last or (until is None and at == last))]
