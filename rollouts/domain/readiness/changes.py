"""What is told when a light has changed since the last check."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from rollouts.domain.readiness.finding import Finding, Light, Prerequisite

GOOD = frozenset({Light.READY, Light.NEEDLESS})
BACK_AND_GONE = {
    Prerequisite.KUBERNETES: ("Kubernetes is new enough", "Kubernetes is too old"),
    Prerequisite.MESH: ("The mesh or ingress is there", "The mesh or ingress is not as it has to be"),
    Prerequisite.KINDS: ("Every kind is installed", "A kind is not installed"),
    Prerequisite.FLAGGER: ("Flagger runs as it should", "Flagger does not run as it should"),
    Prerequisite.PLUGIN: ("The Fleet's rollout plugin is there", "The Fleet's rollout plugin lacks something"),
    Prerequisite.PROMETHEUS: ("Prometheus answers", "Prometheus does not answer as it has to"),
    Prerequisite.GATEWAYS: ("Every Gateway is there", "A Gateway is missing"),
    Prerequisite.LOAD_TESTERS: ("The load testers are there", "A load tester does not answer"),
    Prerequisite.INJECTION: ("Every namespace gets sidecars", "A namespace gets no sidecars"),
    Prerequisite.RIGHTS: ("This account may read everything it needs", "This account lacks a right"),
}


@dataclass(frozen=True, slots=True)
class Change:
    """`said` completes "since 18:02: …"."""

    prerequisite: Prerequisite
    before: Light
    after: Light
    said: str


def changes(before: Iterable[Finding], after: Iterable[Finding]) -> Iterator[Change]:
    """Of prerequisites that both have. Between ready and needless nothing is told: nobody has to do anything."""
    known = {one.prerequisite: one.light for one in before}
    for finding in after:
        was = known.get(finding.prerequisite)
        if was is None or was is finding.light or {was, finding.light} <= GOOD:
            continue
        yield Change(finding.prerequisite, was, finding.light, _said(finding, was))


def _said(finding: Finding, was: Light) -> str:
    back, gone = BACK_AND_GONE[finding.prerequisite]
    if finding.light in GOOD:
        return f"{back} again" if was is Light.LACKING else f"{back}, as can be told again"
    why = next((point.said for point in finding.points if point.light is finding.light), "")
    if finding.light is Light.LACKING:
        return f"{gone}: {why}"
    return f"It cannot be told any more whether {_lower(back)}: {why}"


def _lower(sentence: str) -> str:
    return (
        sentence if sentence.startswith(("Kubernetes", "Flagger", "Prometheus")) else sentence[0].lower() + sentence[1:]
    )
