"""Releases of a policy that have ended, with values that were kept of them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from rollouts.domain.metrics import Side
from rollouts.models import Rollout
from tests.support.builders import NOW, make_curve, make_measurement, make_release, make_transition

POINTS = 40


def make_judged(rollout: Rollout, number: int, rate: float, outcome: str = "succeeded", time: float = 120) -> None:
    """An analysis of ten minutes with the same values all along, half an hour after the one before."""
    begin = NOW + number * timedelta(minutes=30)
    release = make_release(rollout, number, started_at=begin, ended_at=begin + timedelta(minutes=11), outcome=outcome)
    told: list[tuple[int, dict[str, Any]]] = [(0, {}), (1, {"iterations": 1}), (10, {"iterations": 4})]
    for place, (minute, facts) in enumerate([*told, (11, {"phase": "Succeeded"})]):
        at = begin + timedelta(minutes=minute)
        make_transition(rollout, number * 10 + place, release=number, at=at, **facts)
    for name, value in (("request-success-rate", rate), ("request-duration", time)):
        make_curve(release, Side.GREEN, [value] * POINTS, check_name=name)
        make_measurement(release, begin + timedelta(minutes=5), check_name=name, green=value)
