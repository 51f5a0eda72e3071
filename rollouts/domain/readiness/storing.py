"""Findings as plain values, to be kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rollouts.domain.readiness.finding import Finding, Light, Point, Prerequisite


def dump(findings: Iterable[Finding]) -> list[dict[str, Any]]:
    return [
        {
            "prerequisite": one.prerequisite.value,
            "points": [
                {"light": point.light.value, "said": point.said, "remedy": point.remedy} for point in one.points
            ],
        }
        for one in findings
    ]


def load(kept: Sequence[Mapping[str, Any]]) -> tuple[Finding, ...]:
    """What an older version kept of a prerequisite that is none any more is left out."""
    known = set(Prerequisite)
    return tuple(
        Finding(Prerequisite(one["prerequisite"]), tuple(_point(point) for point in one["points"]))
        for one in kept
        if one["prerequisite"] in known
    )


def _point(kept: Mapping[str, str]) -> Point:
    return Point(Light(kept["light"]), kept["said"], kept["remedy"])
