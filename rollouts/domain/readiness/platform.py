"""Kubernetes itself, and the mesh or ingress that carries users' traffic."""

from __future__ import annotations

from collections.abc import Iterator

from rollouts.domain.readiness.finding import Finding, Point, Prerequisite, lacking, needless, ready, unknown
from rollouts.domain.readiness.least import at_least
from rollouts.domain.readiness.seen import Controller, Part, Seen, Unread

KUBERNETES = "1.27.3"
LEAST = {Part.ISTIO: "1.18"}
"""What Kurator's rollout guide asks for; of nginx and Kuma it names no version."""
NAMES = {Part.ISTIO: "Istio", Part.NGINX: "ingress-nginx", Part.KUMA: "Kuma"}
INSTALLED_BY = {
    Part.ISTIO: "Install Istio 1.18 or newer: Kurator never does that itself.",
    Part.NGINX: "The rollout plugin of the Fleet installs it with provider nginx; else install ingress-nginx.",
    Part.KUMA: "The rollout plugin of the Fleet installs it with provider kuma; else install Kuma.",
}
WITHOUT_MESH = "kubernetes"
"""A provider by which Flagger switches Services alone."""


def kubernetes(seen: Seen) -> Finding:
    return Finding(Prerequisite.KUBERNETES, (_kubernetes(seen.server_version),))


def _kubernetes(version: str) -> Point:
    enough = at_least(version, KUBERNETES)
    if enough is None:
        return unknown(f"The API server calls its version {version!r}, which is no number." if version else "Not told.")
    if enough:
        return ready(f"{version}; {KUBERNETES} is wanted.")
    return lacking(
        f"{version} is older than {KUBERNETES}.", f"Upgrade the cluster to Kubernetes {KUBERNETES} or newer."
    )


def mesh(seen: Seen) -> Finding:
    return Finding(Prerequisite.MESH, tuple(_mesh(seen)))


def _mesh(seen: Seen) -> Iterator[Point]:
    if not seen.has_rollouts:
        yield needless("A hub without rollouts of its own needs none.")
    elif isinstance(seen.controllers, Unread):
        yield unknown(f"What runs here could not be read. {seen.controllers.why}", seen.controllers.remedy)
    elif not seen.providers:
        yield unknown("Which provider Flagger uses is not known: Flagger was not found, and no Canary names one.")
    else:
        for provider in dict.fromkeys(one.partition(":")[0] for one in seen.providers):
            yield _of_provider(provider, seen.controllers)


def _of_provider(provider: str, controllers: tuple[Controller, ...]) -> Point:
    if provider == WITHOUT_MESH:
        return needless("Provider kubernetes switches Services and needs no mesh.")
    if provider not in (Part.ISTIO, Part.NGINX, Part.KUMA):
        return unknown(f"Provider {provider} is none of the guide's; what serves it is not looked for from here.")
    part = Part(provider)
    name, found = NAMES[part], [one for one in controllers if one.part is part]
    if not found:
        return lacking(f"{name} was not found, and provider {provider} is in use.", INSTALLED_BY[part])
    best = next((one for one in found if one.ready), found[0])
    where = f"{name} {best.version or 'of a version that its image does not tell'} ({best.namespace}/{best.name})"
    if not best.ready:
        return lacking(f"{where} has no ready pod.", f"Look at the pods of {best.name} in namespace {best.namespace}.")
    least = LEAST.get(part)
    if least is None:
        return ready(f"{where}; no version is asked for.")
    return _new_enough(where, best.version, least, name)


def _new_enough(where: str, version: str, least: str, name: str) -> Point:
    enough = at_least(version, least)
    if enough is None:
        return unknown(f"{where}; {least} is wanted.", f"See by its own tools whether this {name} is {least} or newer.")
    if enough:
        return ready(f"{where}; {least} is wanted.")
    return lacking(f"{where} is older than {least}.", f"Upgrade {name} to {least} or newer.")
