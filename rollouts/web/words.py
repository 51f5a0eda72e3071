"""How phases, troubles and their like are put into words and shapes.

Shapes carry the meaning together with the words, colours only support it: a ring is running, a diamond waits for a
person, a cross has failed, a dot is quiet, bars are a pause.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from rollouts.domain.attention import NeedReason
from rollouts.domain.observations import Kind, Phase
from rollouts.queries.rows import Cell, RolloutRow


@dataclass(frozen=True, slots=True)
class PhaseLook:
    """`name` as Flagger spells it; `words` say it plainly, empty where the name does."""

    name: str
    words: str
    shape: str
    tone: str


PHASES: dict[str, PhaseLook] = {
    Phase.UNSET: PhaseLook("New", "not seen by Flagger yet", "dot", "quiet"),
    Phase.INITIALIZING: PhaseLook("Initializing", "making the blue side", "ring", "run"),
    Phase.INITIALIZED: PhaseLook("Initialized", "ready for a first release", "dot", "quiet"),
    Phase.WAITING: PhaseLook("Waiting", "waiting for approval to start", "diamond", "warn"),
    Phase.PROGRESSING: PhaseLook("Progressing", "checking green", "ring", "run"),
    Phase.WAITING_PROMOTION: PhaseLook("WaitingPromotion", "waiting for approval", "diamond", "warn"),
    Phase.PROMOTING: PhaseLook("Promoting", "copying green to blue", "ring", "run"),
    Phase.FINALISING: PhaseLook("Finalising", "users are back on blue", "ring", "run"),
    Phase.SUCCEEDED: PhaseLook("Succeeded", "", "dot", "quiet"),
    Phase.FAILED: PhaseLook("Failed", "", "cross", "bad"),
    Phase.TERMINATING: PhaseLook("Terminating", "being removed", "ring", "run"),
    Phase.TERMINATED: PhaseLook("Terminated", "", "dot", "quiet"),
}

TROUBLES: dict[str, tuple[str, str]] = {
    NeedReason.STUCK: ("not moving", "diamond"),
    NeedReason.UNREADABLE: ("cannot be read", "diamond"),
    NeedReason.SUSPENDED: ("suspended", "pause"),
    NeedReason.SKIPPING: ("analysis switched off", "diamond"),
}
"""What is the matter besides the phase: words and shape."""

KINDS = {
    Kind.CANARY: "Canary",
    Kind.DEPLOYMENT: "Deployment",
    Kind.DAEMON_SET: "DaemonSet",
    Kind.VIRTUAL_SERVICE: "VirtualService",
    Kind.INGRESS: "Ingress",
    Kind.TRAFFIC_ROUTE: "TrafficRoute",
    Kind.HTTP_ROUTE: "HTTPRoute",
}
STRATEGIES = {"blue-green": "blue/green", "canary": "canary", "ab-testing": "A/B testing"}
ON_GREEN = {"live": "users on green", "matched": "matched users on green"}
"""What is more telling of an analysis than that it goes on."""
OWNERS = {"kurator": "Kurator", "flux": "Flux", "argo-cd": "Argo CD", "helm": "Helm", "": "nobody"}
TRIGGERS = {
    "image": "a new image",
    "template": "a change of the pod template",
    "config": "a change of a ConfigMap or Secret",
    "none": "nothing that changed",
    "unknown": "unknown",
}


def phase_look(phase: str) -> PhaseLook:
    """A phase that this program does not know is shown as it is spelled."""
    return PHASES.get(phase) or PhaseLook(phase, "a phase this program does not know", "dot", "quiet")


def row_look(row: Cell) -> PhaseLook:
    """The phase of a rollout together with what is the matter with it."""
    look = phase_look(row.phase)
    trouble = TROUBLES.get(row.attention)
    if trouble is not None:
        return PhaseLook(look.name, trouble[0], trouble[1], "warn")
    if isinstance(row, RolloutRow) and row.phase == Phase.PROGRESSING and row.green_live:
        return replace(look, words=ON_GREEN.get(row.green_live, look.words))
    return look
