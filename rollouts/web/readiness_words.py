"""How readiness is put into words and shapes. The word and the shape say it; the colour only supports them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from rollouts.domain.readiness import Finding, Light, Point, Prerequisite
from rollouts.queries.readiness import MemberLine, ReadinessPage
from rollouts.web.words import PhaseLook

LIGHTS: dict[Light | None, PhaseLook] = {
    Light.READY: PhaseLook("Ready", "", "check", "quiet"),
    Light.LACKING: PhaseLook("Lacking", "", "cross", "bad"),
    Light.UNKNOWN: PhaseLook("Unknown", "", "diamond", "warn"),
    Light.NEEDLESS: PhaseLook("Not needed", "", "dot", "quiet"),
    None: PhaseLook("Not checked yet", "", "dot", "quiet"),
}
TITLES = {
    Prerequisite.KUBERNETES: "Kubernetes",
    Prerequisite.MESH: "Mesh or ingress",
    Prerequisite.KINDS: "Kinds",
    Prerequisite.FLAGGER: "Flagger",
    Prerequisite.PLUGIN: "Rollout plugin of the Fleet",
    Prerequisite.PROMETHEUS: "Prometheus",
    Prerequisite.GATEWAYS: "Gateways",
    Prerequisite.LOAD_TESTERS: "Load testers",
    Prerequisite.INJECTION: "Sidecars",
    Prerequisite.RIGHTS: "Rights of this account",
}


@dataclass(frozen=True, slots=True)
class PointLine:
    look: PhaseLook
    point: Point


@dataclass(frozen=True, slots=True)
class FindingLine:
    id: str
    title: str
    look: PhaseLook
    points: tuple[PointLine, ...]


@dataclass(frozen=True, slots=True)
class MemberWords:
    line: MemberLine
    look: PhaseLook
    lacking: str
    unknown: str


def findings(found: Iterable[Finding]) -> list[FindingLine]:
    return [
        FindingLine(
            one.prerequisite.value,
            TITLES[one.prerequisite],
            LIGHTS[one.light],
            tuple(PointLine(LIGHTS[point.light], point) for point in one.points),
        )
        for one in found
    ]


def members(found: Iterable[MemberLine]) -> list[MemberWords]:
    return [MemberWords(one, LIGHTS[one.light], _titles(one.lacking), _titles(one.unknown)) for one in found]


def _titles(found: Iterable[Prerequisite]) -> str:
    return ", ".join(TITLES[one] for one in found)


def lead(page: ReadinessPage) -> str:
    """The whole page in a sentence."""
    lights = [one.light for one in page.findings]
    lacking, unknown = lights.count(Light.LACKING), lights.count(Light.UNKNOWN)
    if page.light is None:
        return "It has not been checked yet whether this cluster is ready for rollouts."
    if lacking:
        more = f", and {unknown} could not be read" if unknown else ""
        return f"{lacking} of {len(lights)} prerequisites lack{'s' if lacking == 1 else ''} something{more}."
    if unknown:
        return f"Nothing is known to be missing, but {unknown} of {len(lights)} prerequisites could not be told."
    return "Everything that rollouts need here is there."


def in_short(light: str, lacking: int) -> PhaseLook:
    """For the list of clusters. Empty: not checked yet."""
    look = LIGHTS[Light(light) if light else None]
    return PhaseLook(f"Lacks {lacking}", "", look.shape, look.tone) if lacking else look
