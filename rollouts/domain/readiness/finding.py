"""What is said of one prerequisite: a light, and for each thing that was looked at a sentence, with what to do."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

MOST_NAMES = 6


class Light(StrEnum):
    """From the worst to the best."""

    LACKING = "lacking"
    UNKNOWN = "unknown"
    """It could not be read, so nothing is said of it."""
    READY = "ready"
    NEEDLESS = "needless"
    """This cluster does without."""


class Prerequisite(StrEnum):
    KUBERNETES = "kubernetes"
    MESH = "mesh"
    KINDS = "kinds"
    FLAGGER = "flagger"
    PLUGIN = "plugin"
    PROMETHEUS = "prometheus"
    GATEWAYS = "gateways"
    LOAD_TESTERS = "load-testers"
    INJECTION = "injection"
    RIGHTS = "rights"


OF_THE_CLUSTER = frozenset(
    {Prerequisite.KUBERNETES, Prerequisite.MESH, Prerequisite.KINDS, Prerequisite.FLAGGER, Prerequisite.PLUGIN}
)
"""The others name rollouts and namespaces: who sees a part of a cluster is not told of them."""


@dataclass(frozen=True, slots=True)
class Point:
    light: Light
    said: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    prerequisite: Prerequisite
    points: tuple[Point, ...]

    @property
    def light(self) -> Light:
        return worst(point.light for point in self.points)


def worst(lights: Iterable[Light]) -> Light:
    """Ready only where something is; needless where there is nothing to judge."""
    return min(lights, key=tuple(Light).index, default=Light.NEEDLESS)


def ready(said: str) -> Point:
    return Point(Light.READY, said)


def lacking(said: str, remedy: str) -> Point:
    return Point(Light.LACKING, said, remedy)


def unknown(said: str, remedy: str = "") -> Point:
    return Point(Light.UNKNOWN, said, remedy)


def needless(said: str) -> Point:
    return Point(Light.NEEDLESS, said)


def named(names: Iterable[str]) -> str:
    """`billing, shop and 3 more`, in order."""
    ordered: Sequence[str] = sorted(names)
    if len(ordered) > MOST_NAMES:
        return f"{', '.join(ordered[:MOST_NAMES])} and {len(ordered) - MOST_NAMES} more"
    return " and ".join(filter(None, (", ".join(ordered[:-1]), *ordered[-1:])))
