"""What traffic needs on its way: Gateways that Canaries name, sidecars in their namespaces, load testers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping

from rollouts.domain.addresses import Service, Unplaceable, parts_of, service_of
from rollouts.domain.observations import Canary
from rollouts.domain.readiness.finding import Finding, Point, Prerequisite, lacking, named, needless, ready, unknown
from rollouts.domain.readiness.seen import Controller, Namespace, Part, Seen, Unread

ISTIO_GATEWAYS, API_GATEWAYS = "networking.istio.io", "gateway.networking.k8s.io"
GATEWAYS_OF = {"istio": ISTIO_GATEWAYS, "gatewayapi": API_GATEWAYS}
NOT_LOOKED_AT = Unread("It was not looked at.")
MESH = "mesh"
"""What a Canary names for callers inside the mesh: no Gateway."""


def gateways(seen: Seen) -> Finding:
    groups = {group for one in seen.providers if (group := GATEWAYS_OF.get(one.partition(":")[0]))}
    points = tuple(point for group in sorted(groups) for point in _gateways(group, seen))
    return Finding(Prerequisite.GATEWAYS, points or (needless("The providers in use have no Gateways."),))


def _gateways(group: str, seen: Seen) -> Iterator[Point]:
    found = seen.gateways.get(group, frozenset())
    wanted = wanted_gateways(seen.canaries) if group == ISTIO_GATEWAYS else {}
    if isinstance(found, Unread):
        yield unknown(f"Gateways of {group} could not be read. {found.why}", found.remedy)
        return
    if group == ISTIO_GATEWAYS and seen.canaries and not wanted:
        yield needless("No Canary names a Gateway: all of them are for callers inside the mesh.")
        return
    if not found and not wanted:
        yield lacking(
            f"There is no Gateway of {group}.", "Make one for the hosts of the rollouts, and name it in them."
        )
        return
    for gateway, canaries in sorted(wanted.items()):
        if gateway not in found:
            yield lacking(
                f"{named(canaries)} name{'s' if len(canaries) == 1 else ''} Gateway {gateway}, which does not exist.",
                f"Make Gateway {gateway}, or correct service.gateways (trafficRouting.gateways of the policy).",
            )
    there = sorted(wanted.keys() & found)
    if there:
        yield ready(f"{named(there)} {'is' if len(there) == 1 else 'are'} there and named by Canaries.")
    elif not wanted:
        yield ready(f"{named(found)} {'is' if len(found) == 1 else 'are'} there.")


def wanted_gateways(canaries: tuple[Canary, ...]) -> dict[str, list[str]]:
    """`namespace/name` of each Gateway of Istio, and the Canaries that name it."""
    wanted = defaultdict(list)
    for canary in canaries:
        for one in canary.gateways:
            if one != MESH:
                wanted[_gateway(one, canary.namespace)].append(f"{canary.namespace}/{canary.name}")
    return dict(wanted)


def _gateway(written: str, here: str) -> str:
    """Istio takes `name` and `./name` as one of the namespace of the VirtualService, and `name.namespace` with or
    without the cluster's domain as older texts have it.
    """
    namespace, slash, name = written.partition("/")
    if slash:
        return f"{here if namespace == '.' else namespace}/{name}"
    name, _, domain = written.partition(".")
    return f"{domain.partition('.')[0] or here}/{name}"


def injection(seen: Seen) -> Finding:
    points = tuple(_injection(seen))
    return Finding(Prerequisite.INJECTION, points or (needless("No Canary uses a mesh with sidecars."),))


def _injection(seen: Seen) -> Iterator[Point]:
    found = seen.flagger
    default = found.provider if isinstance(found, Controller) else ""
    injected: dict[str, list[str]] = defaultdict(list)
    for namespace, provider in sorted({(one.namespace, one.provider or default) for one in seen.canaries}):
        if provider not in JUDGES:
            continue
        read = seen.namespaces.get(namespace, NOT_LOOKED_AT)
        if isinstance(read, Unread):
            yield unknown(f"Namespace {namespace} could not be read. {read.why}", read.remedy)
        elif read is not None:
            point = JUDGES[provider](namespace, read)
            if point is None:
                injected[provider].append(namespace)
            else:
                yield point
    for provider, namespaces in injected.items():
        yield ready(f"Sidecars of {provider} are put into new pods of {named(namespaces)}.")


def _istio(name: str, read: Namespace) -> Point | None:
    """None where sidecars are injected. `disabled` wins over a revision."""
    asked, revision = read.labels.get("istio-injection", ""), read.labels.get("istio.io/rev", "")
    if asked == "enabled" or (revision and asked != "disabled"):
        return None
    if asked == "disabled":
        remedy = "Remove the label istio-injection=disabled: with it Kurator refuses to roll out there, too."
        return lacking(f"Namespace {name} refuses sidecars.", remedy)
    if read.labels.get("istio.io/dataplane-mode") == "ambient":
        return unknown(f"Namespace {name} is in ambient mode: without a waypoint nobody counts its requests.")
    return lacking(
        f"Namespace {name} is not labelled: its pods get a sidecar only where they ask for one themselves.",
        f"kubectl label namespace {name} istio-injection=enabled, then restart the pods.",
    )


def _kuma(name: str, read: Namespace) -> Point | None:
    key = "kuma.io/sidecar-injection"
    if {"enabled", "true"} & {read.labels.get(key), read.annotations.get(key)}:
        return None
    return lacking(
        f"Namespace {name} is not marked for sidecars of Kuma.",
        f"kubectl label namespace {name} {key}=enabled, then restart the pods.",
    )


JUDGES: Mapping[str, Callable[[str, Namespace], Point | None]] = {"istio": _istio, "kuma": _kuma}


def load_testers(seen: Seen) -> Finding:
    wanted = asked_services(seen.canaries)
    points = tuple(_load_testers(wanted, seen))
    if not points:
        there = _testers(seen)
        more = f"; {named(there)} would be there" if there else ""
        points = (needless(f"No hook of its Canaries asks one{more}."),)
    return Finding(Prerequisite.LOAD_TESTERS, points)


def _load_testers(wanted: Mapping[Service, list[str]], seen: Seen) -> Iterator[Point]:
    answering = []
    for service, canaries in sorted(wanted.items(), key=lambda one: (one[0].namespace, one[0].name)):
        where, exists = (
            f"{service.namespace}/{service.name}",
            seen.services.get(service, NOT_LOOKED_AT),
        )
        if isinstance(exists, Unread):
            yield unknown(f"Whether Service {where} exists could not be read. {exists.why}", exists.remedy)
        elif not exists:
            yield lacking(
                f"Hooks of {named(canaries)} ask Service {where}, which does not exist: what asks it fails.",
                "Turn on testLoader in the policy, or publicTestloader in the Fleet's plugin; or correct the address.",
            )
        else:
            behind = _behind(service, seen)
            if behind is None:
                yield unknown(f"Service {where} exists; no Deployment of that name tells whether a pod is behind it.")
            elif behind.ready:
                answering.append(where)
            else:
                yield lacking(f"{where} has no ready pod: what asks it fails.", f"Look at the pods of {where}.")
    if answering:
        yield ready(f"{named(answering)} {'has' if len(answering) == 1 else 'have'} a ready pod.")


def _behind(service: Service, seen: Seen) -> Controller | None:
    """Flagger's chart and Kurator name Deployment and Service alike."""
    known = () if isinstance(seen.controllers, Unread) else seen.controllers
    return next((one for one in known if (one.namespace, one.name) == (service.namespace, service.name)), None)


def _testers(seen: Seen) -> list[str]:
    known = () if isinstance(seen.controllers, Unread) else seen.controllers
    return [f"{one.namespace}/{one.name}" for one in known if one.part is Part.LOAD_TESTER and one.ready]


def asked_services(canaries: tuple[Canary, ...]) -> dict[Service, list[str]]:
    """The Services of the cluster that hooks ask, and the Canaries with these hooks. A name without a namespace is
    meant from Flagger's own, and left out.
    """
    asked: dict[Service, list[str]] = defaultdict(list)
    for canary in canaries:
        for hook in canary.hooks:
            try:
                service = service_of(parts_of(hook.url))
            except Unplaceable:
                continue
            name = f"{canary.namespace}/{canary.name}"
            if service is not None and service.namespace and name not in asked[service]:
                asked[service].append(name)
    return dict(asked)
