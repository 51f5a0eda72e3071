"""Releases with curves and judged values, for looking at charts: blue is calm, green is as bad as it is told to be."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.utils import timezone

from rollouts.domain.checks import judge
from rollouts.domain.metrics import Side
from rollouts.domain.observations import Check, Phase
from rollouts.models import Application, Release, Rollout
from tests.support.builders import (
    CHECKS,
    make_application,
    make_cluster,
    make_curve,
    make_measurement,
    make_release,
    make_rollout,
    make_transition,
)

STEP = 15
BEFORE = timedelta(minutes=5)
FAILED = "success rate 97.21% < 99%"
TOLD: tuple[dict[str, object], ...] = (
    {"phase": "Progressing", "why": "new revision detected, scaling up"},
    {"iterations": 1, "why": "starting the analysis"},
    {"iterations": 2},
    {"failed_checks": 1, "why": FAILED},
    {"iterations": 3},
    {"iterations": 4, "live_side": "green", "weight": 100, "why": "routing all traffic to green"},
    {"phase": "Promoting", "why": "copying green's template to blue"},
    {"phase": "Finalising", "iterations": 0, "live_side": "blue", "weight": 0, "why": "routing all traffic to blue"},
    {"phase": "Succeeded", "failed_checks": 0, "why": "promotion completed"},
)


def make_measured(
    rollout: Rollout,
    *,
    number: int = 1,
    begin: datetime | None = None,
    steps: int = len(TOLD),
    dip: float = 2.5,
    checks: Sequence[Check] = CHECKS,
) -> Release:
    """`dip`: how far green falls in the middle, in percent of its value. A step takes a minute."""
    begin = begin or timezone.now() - timedelta(minutes=steps)
    outcome = "succeeded" if steps == len(TOLD) else "running"
    ended = begin + timedelta(minutes=steps - 1) if outcome != "running" else None
    release = make_release(rollout, number, started_at=begin, ended_at=ended, outcome=outcome, strategy="blue-green")
    facts: dict[str, object] = {}
    first = rollout.transitions.count() + 1
    for place, step in enumerate(TOLD[:steps]):
        facts = {**facts, "why": None, **step}
        make_transition(rollout, first + place, release=number, at=begin + place * timedelta(minutes=1), **facts)
    Rollout.objects.filter(pk=rollout.pk).update(release_number=number)
    for check in checks:
        _measure(release, check, timedelta(minutes=steps), dip)
    return release


def _measure(release: Release, check: Check, lasting: timedelta, dip: float) -> None:
    chance = random.Random(check.name)
    begin, whole = release.started_at - BEFORE, 99.95 if check.minimum is not None else 120.0
    number = int((lasting + BEFORE).total_seconds() / STEP) + 1
    blue = [whole + chance.uniform(-0.04, 0.04) * (1 if whole < 100 else 200) for _ in range(number)]
    green: list[float | None] = []
    for place in range(number):
        at = begin + place * timedelta(seconds=STEP)
        inside = (at - release.started_at) / lasting
        if not 0.08 <= inside <= 0.95:
            green.append(None)
            continue
        bad = dip * max(0.0, 1 - abs(inside - 0.35) * 6)
        green.append(blue[place] - 0.05 - bad if whole < 100 else blue[place] + 20 + bad * 200)
    for side, values in ((Side.BLUE, [*blue]), (Side.GREEN, green)):
        make_curve(
            release, side, [None if v is None else round(v, 4) for v in values], begin=begin, check_name=check.name
        )
    for minute in range(1, int(lasting.total_seconds() / 60) - 1):
        at = release.started_at + timedelta(minutes=minute)
        place = int((at - begin).total_seconds() / STEP)
        make_measurement(
            release, at, check_name=check.name, green=green[place], blue=blue[place],
            verdict=judge(check, green[place]).value,
        )  # fmt: skip


def make_measured_application(clusters: int = 6) -> Application:
    """The same release in several clusters, each a little worse than the one before."""
    application = make_application("gateway", "platform")
    for place in range(clusters):
        rollout = make_rollout(
            make_cluster(f"store-{place:02}"), application=application, name="gateway", namespace="platform",
            phase=Phase.SUCCEEDED, checks=CHECKS,
        )  # fmt: skip
        begin = timezone.now() - timedelta(minutes=14 + place)
        make_measured(rollout, begin=begin, steps=len(TOLD) - place % 3, dip=0.6 * place)
    return application
