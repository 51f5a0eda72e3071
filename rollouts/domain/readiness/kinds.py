"""The kinds that have to be installed, and the rights of this program's own account."""

from __future__ import annotations

from collections.abc import Iterator

from rollouts.domain.readiness.finding import Finding, Point, Prerequisite, lacking, ready
from rollouts.domain.readiness.seen import Seen

INSTALLED_BY = {
    "flagger.app": "Flagger's chart installs it.",
    "networking.istio.io": "Istio installs it.",
    "kuma.io": "Kuma installs it.",
    "gateway.networking.k8s.io": "Install the kinds of the Gateway API.",
    "kurator.dev": "Kurator's charts install it on the hub.",
}
MOST_RIGHTS = 12


def kinds(seen: Seen) -> Finding:
    points = tuple(lacking(f"{kind} is not installed.", _remedy(kind)) for kind in seen.absent_kinds)
    return Finding(Prerequisite.KINDS, points or (ready("Every kind that is needed here is installed."),))


def _remedy(kind: str) -> str:
    group = kind.partition(".")[2]
    return next((said for known, said in INSTALLED_BY.items() if group.endswith(known)), "")


def rights(seen: Seen) -> Finding:
    return Finding(Prerequisite.RIGHTS, tuple(_rights(seen)))


def _rights(seen: Seen) -> Iterator[Point]:
    """Without a right to act all is seen, and somebody may have left it out on purpose."""
    missing = seen.rights.following
    if missing:
        yield lacking(
            f"Missing to follow rollouts: {_some(missing)}.",
            "Grant them: deploy/rbac/ has them all (cluster.yaml, metrics.yaml, namespaces.yaml, hub.yaml).",
        )
    else:
        yield ready("Everything that is followed can be read.")
    for left_out, what, file in (
        (seen.rights.acting, "acting", "acting-hub.yaml" if seen.is_hub else "acting.yaml"),
        (seen.rights.gates, "gates", "gates.yaml"),
    ):
        if left_out:
            yield ready(f"Left out for {what}: {_some(left_out)}. If people are to act from here: deploy/rbac/{file}.")


def _some(rights: tuple[str, ...]) -> str:
    shown = "; ".join(rights[:MOST_RIGHTS])
    return f"{shown}; and {len(rights) - MOST_RIGHTS} more" if len(rights) > MOST_RIGHTS else shown
