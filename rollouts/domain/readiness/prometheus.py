"""Whether Prometheus is found, and answers what Flagger's built-in checks ask."""

from __future__ import annotations

from collections.abc import Iterator

from rollouts.domain.readiness.finding import Finding, Point, Prerequisite, lacking, needless, ready, unknown
from rollouts.domain.readiness.seen import BuiltIn, Metrics, Seen

GIVE_ADDRESS = "Grant what is missing, or give the cluster the address of its Prometheus (`clusters metrics`)."


def prometheus(seen: Seen) -> Finding:
    if seen.metrics is None:
        return Finding(Prerequisite.PROMETHEUS, (needless("There are no rollouts to measure."),))
    return Finding(Prerequisite.PROMETHEUS, tuple(_prometheus(seen.metrics, seen.rights.following)))


def _prometheus(metrics: Metrics, missing: tuple[str, ...]) -> Iterator[Point]:
    proxied = next((right for right in missing if "services/proxy" in right), "")
    if not metrics.source:
        yield unknown(f"Which Prometheus to ask is not known. {metrics.problem}", GIVE_ADDRESS)
    elif metrics.problem and proxied:
        yield unknown(f"{metrics.source} may not be asked. {metrics.problem}", f"Grant this account: {proxied}.")
    elif metrics.problem:
        yield lacking(
            f"{metrics.source} does not answer. {metrics.problem}",
            "See that Prometheus runs there, or set Flagger's -metrics-server to where it does.",
        )
    else:
        yield ready(f"{metrics.source} answers.")
        yield from (_built_in(one) for one in metrics.built_in)


def _built_in(one: BuiltIn) -> Point:
    if one.problem:
        return lacking(f"{one.name} is refused. {one.problem}", "See that it is a Prometheus that answers there.")
    if not one.rollout:
        return ready(f"{one.name} is accepted; there is no rollout yet to ask about.")
    if not one.value:
        return unknown(
            f"{one.name} of {one.rollout} has no value now: no requests, or nobody collects what the provider counts.",
            "Send it requests and check again; if it stays so, see that Prometheus scrapes the mesh or ingress.",
        )
    return ready(f"{one.name} of {one.rollout}: {one.value}.")
