"""Is this cluster ready for rollouts? The prerequisites of Kurator's rollout guide, one rule for each."""

from __future__ import annotations

from rollouts.domain.readiness.changes import Change, changes
from rollouts.domain.readiness.finding import OF_THE_CLUSTER, Finding, Light, Point, Prerequisite, worst
from rollouts.domain.readiness.flagger import flagger, plugin
from rollouts.domain.readiness.kinds import kinds, rights
from rollouts.domain.readiness.platform import kubernetes, mesh
from rollouts.domain.readiness.prometheus import prometheus
from rollouts.domain.readiness.seen import (
    BuiltIn,
    Controller,
    Metrics,
    Namespace,
    Part,
    Rights,
    Seen,
    Unread,
    foremost,
)
from rollouts.domain.readiness.storing import dump, load
from rollouts.domain.readiness.traffic import gateways, injection, load_testers

RULES = (kubernetes, mesh, kinds, flagger, plugin, prometheus, gateways, load_testers, injection, rights)

__all__ = [
    "OF_THE_CLUSTER",
    "BuiltIn",
    "Change",
    "Controller",
    "Finding",
    "Light",
    "Metrics",
    "Namespace",
    "Part",
    "Point",
    "Prerequisite",
    "Rights",
    "Seen",
    "Unread",
    "changes",
    "dump",
    "foremost",
    "judge",
    "load",
    "worst",
]


def judge(seen: Seen) -> tuple[Finding, ...]:
    """In the order in which they are put right."""
    return tuple(rule(seen) for rule in RULES)
