"""Where traffic goes, read from the object that each kind of mesh or ingress keeps for it.

A function gives None when the object is none that Flagger writes. Green's share is None when the object is Flagger's
but does not say the share in a form we know.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct, field

from rollouts.adapters.kubernetes.shapes import Meta, text
from rollouts.adapters.kubernetes.to_blue import Weighed, to_blue
from rollouts.domain.observations import Kind, Route

CANARY_ANNOTATIONS = frozenset({"canary", "canary-weight", "canary-by-header", "canary-by-cookie"})


class Destination(Struct):
    host: str | None = None
    service: str | None = field(name="kuma.io/service", default=None)


class Headers(Struct):
    """Only that there are some matters."""


class HTTPDestination(Struct):
    destination: Destination | None = None
    weight: int | None = None
    headers: Headers | None = None


class HTTPEntry(Struct):
    route: list[HTTPDestination] | None = None


class VirtualServiceSpec(Struct):
    gateways: list[str] | None = None
    http: list[HTTPEntry] | None = None
    tcp: list[HTTPEntry] | None = None


class VirtualServiceObject(Struct):
    metadata: Meta
    spec: VirtualServiceSpec | None = None


class IngressMeta(Meta):
    annotations: dict[str, str | None] | None = None


class IngressObject(Struct):
    metadata: IngressMeta


class Split(Struct):
    destination: Destination | None = None
    weight: int | None = None


class TrafficConf(Struct):
    split: list[Split] | None = None


class TrafficRouteSpec(Struct):
    conf: TrafficConf | None = None


class TrafficRouteObject(Struct):
    metadata: Meta
    spec: TrafficRouteSpec | None = None


class Filter(Struct):
    type: str | None = None


class BackendRef(Struct):
    name: str | None = None
    weight: int | None = None
    filters: list[Filter] | None = None


class HTTPRule(Struct, rename="camel"):
    backend_refs: list[BackendRef] | None = None


class HTTPRouteSpec(Struct):
    rules: list[HTTPRule] | None = None


class HTTPRouteObject(Struct):
    metadata: Meta
    spec: HTTPRouteSpec | None = None


def virtual_service(found: VirtualServiceObject) -> Route | None:
    """With session affinity there are several entries; the one whose routes carry headers holds the weights."""
    spec, name = found.spec or VirtualServiceSpec(), found.metadata.name
    entries = [entry.route or [] for entry in (spec.http or []) + (spec.tcp or [])]
    ours = [entry for entry in entries if any(_side(_host(one), name) for one in entry)]
    if not ours and not _flaggers(found.metadata):
        return None
    weighed = next((entry for entry in ours if any(one.headers for one in entry)), None)
    with_green = (entry for entry in ours if any(_side(_host(one), name) == "canary" for one in entry))
    chosen = weighed or next(with_green, None) or (ours[0] if ours else [])
    share = _share([(_side(_host(one), name), one.weight) for one in chosen])
    gateways = spec.gateways or []
    weights = [
        Weighed(
            f"/spec/{protocol}/{number}/route",
            tuple((_side(_host(one), name), one.weight) for one in entry.route or []),
            bound=any(one.headers for one in entry.route or []),
        )
        for protocol, given in (("http", spec.http), ("tcp", spec.tcp))
        for number, entry in enumerate(given or [])
    ]
    only_gateway = bool(gateways) and "mesh" not in gateways
    return _route(Kind.VIRTUAL_SERVICE, found.metadata, share, to_blue(weights), only_gateway)


def ingress(found: IngressObject) -> Route | None:
    """A canary Ingress. Matching by header or cookie (A/B) has no weight: all whom it matches go to green."""
    prefix, says = _canary_annotations(found.metadata.annotations or {})
    if says.get("canary") is None or not found.metadata.name.endswith("-canary"):
        return None
    weight = (says.get("canary-weight") or "").strip()
    matched = bool(says.get("canary-by-header") or says.get("canary-by-cookie"))
    if says["canary"] != "true":
        share: int | None = 0
    elif matched:
        share = 100
    else:
        share = int(weight) if weight.isascii() and weight.isdigit() and int(weight[:4]) <= 100 else None
    place = f"/metadata/annotations/{prefix.replace('~', '~0').replace('/', '~1')}~1canary-weight"
    return _route(Kind.INGRESS, found.metadata, share, {place: 0} if share and not matched else {})


def _canary_annotations(annotations: Mapping[str, str | None]) -> tuple[str, dict[str, str | None]]:
    """And their prefix, which is the one of the ingress controller: Flagger is told it with
    `-ingress-annotations-prefix`. Of several that say `canary` the one that says most about it is meant.
    """
    by_prefix: dict[str, dict[str, str | None]] = {}
    for key, value in annotations.items():
        prefix, _, name = key.rpartition("/")
        if name in CANARY_ANNOTATIONS:
            by_prefix.setdefault(prefix, {})[name] = value
    ours = (found for found in by_prefix.items() if "canary" in found[1])
    return max(ours, key=lambda found: len(found[1]), default=("", {}))


def traffic_route(found: TrafficRouteObject) -> Route | None:
    """Kuma names a service `NAME_NAMESPACE_svc_PORT`."""
    conf = (found.spec or TrafficRouteSpec()).conf or TrafficConf()
    sides = []
    for split in conf.split or []:
        service = (split.destination or Destination()).service or ""
        sides.append((_side(service.partition("_")[0], found.metadata.name), split.weight))
    if not any(side for side, _ in sides):
        return None
    return _route(
        Kind.TRAFFIC_ROUTE, found.metadata, _share(sides), to_blue([Weighed("/spec/conf/split", tuple(sides))])
    )


def http_route(found: HTTPRouteObject) -> Route | None:
    """The rule whose backends have filters (session affinity) holds the weights, else the one with two backends."""
    name = found.metadata.name
    rules = [rule.backend_refs or [] for rule in (found.spec or HTTPRouteSpec()).rules or []]
    ours = [rule for rule in rules if any(_side(one.name or "", name) for one in rule)]
    if not ours and not _flaggers(found.metadata):
        return None
    chosen = next((rule for rule in ours if any(one.filters for one in rule)), None)
    chosen = chosen or next((rule for rule in ours if len(rule) == 2), None) or (ours[0] if ours else [])
    share = _share([(_side(one.name or "", name), one.weight) for one in chosen])
    entries = [
        Weighed(
            f"/spec/rules/{number}/backendRefs",
            tuple((_side(one.name or "", name), one.weight) for one in rule),
            bound=any(one.filters for one in rule),
        )
        for number, rule in enumerate(rules)
    ]
    return _route(Kind.HTTP_ROUTE, found.metadata, share, to_blue(entries))


def _host(route: HTTPDestination) -> str:
    return ((route.destination or Destination()).host or "").partition(".")[0]


def _side(host: str, service: str) -> str:
    return {f"{service}-primary": "primary", f"{service}-canary": "canary"}.get(host, "")


def _flaggers(meta: Meta) -> bool:
    return any(owner.kind == "Canary" for owner in meta.owner_references or ())


def _share(sides: Sequence[tuple[str, int | None]]) -> int | None:
    """Green's percentage of the weights of both sides; a single destination has everything, whatever its weight."""
    if len(sides) == 1:
        return {"primary": 0, "canary": 100}.get(sides[0][0])
    blue, green = _weight(sides, "primary"), _weight(sides, "canary")
    if min(blue, green) < 0 or blue + green <= 0 or not all(side for side, _ in sides):
        return None
    if blue and green:  # a share that is not whole is never rounded to one
        return min(max(round(100 * green / (blue + green)), 1), 99)
    return 100 if green else 0


def _weight(sides: Iterable[tuple[str, int | None]], wanted: str) -> int:
    weights = [weight or 0 for side, weight in sides if side == wanted]
    return -1 if any(weight < 0 for weight in weights) else sum(weights)


def _route(kind: Kind, meta: Meta, share: int | None, blue: Mapping[str, int], gateway_only: bool = False) -> Route:
    namespace = "" if kind is Kind.TRAFFIC_ROUTE else text(meta.namespace)
    return Route(kind, namespace, text(meta.name), share, gateway_only, text(meta.resource_version), blue)
