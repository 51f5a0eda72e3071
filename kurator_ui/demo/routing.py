"""The objects that hold the weights of live traffic, for each provider, as Flagger creates, reads and writes them."""

from __future__ import annotations

from typing import Any, Protocol

from kurator_ui.demo.canary import Canary
from kurator_ui.demo.errors import Obj, not_found
from kurator_ui.demo.resources import (
    DESTINATION_RULES,
    HTTP_ROUTES,
    INGRESSES,
    TRAFFIC_ROUTES,
    VIRTUAL_SERVICES,
    Resource,
)
from kurator_ui.demo.store import Address, Store

UNMANAGED = {"helm.toolkit.fluxcd.io/driftDetection": "disabled", "kustomize.toolkit.fluxcd.io/reconcile": "disabled"}
CANARY_MARK = "nginx.ingress.kubernetes.io/canary"
CANARY_WEIGHT = "nginx.ingress.kubernetes.io/canary-weight"


class Router(Protocol):
    """Green's share in percent; blue has the rest."""

    def reconcile(self, canary: Canary) -> None:
        """Create what is missing; what differs in more than weights is written anew, with all traffic on blue."""
        ...

    def green(self, canary: Canary) -> int: ...

    def route(self, canary: Canary, green: int) -> None: ...


class _SpecRouter:
    """Routing objects whose whole spec follows from the Canary and the weight."""

    resource: Resource

    def __init__(self, store: Store) -> None:
        self._store = store

    def spec(self, canary: Canary, green: int) -> Obj:
        raise NotImplementedError

    def read(self, spec: Obj, canary: Canary) -> int:
        raise NotImplementedError

    def reconcile(self, canary: Canary) -> None:
        found = self._store.find(self.resource, canary.namespace, canary.apex)
        if found is None:
            self._store.create(self.resource, self._object(canary))
        elif found["spec"] != self.spec(canary, self.read(found["spec"], canary)):
            self.route(canary, 0)

    def green(self, canary: Canary) -> int:
        return self.read(self._store.get(self.resource, canary.namespace, canary.apex)["spec"], canary)

    def route(self, canary: Canary, green: int) -> None:
        at = Address(self.resource, canary.namespace, canary.apex)
        self._store.change(at, lambda obj: obj.update({"spec": self.spec(canary, green)}))

    def _object(self, canary: Canary) -> Obj:
        meta: Obj = {"name": canary.apex, "annotations": UNMANAGED}
        if self.resource.namespaced:
            meta |= {"namespace": canary.namespace, "ownerReferences": [canary.owner_reference()]}
        return {"metadata": meta, "spec": self.spec(canary, 0)}


class Istio(_SpecRouter):
    resource = VIRTUAL_SERVICES

    def reconcile(self, canary: Canary) -> None:
        for side in ("primary", "canary"):
            name = f"{canary.apex}-{side}"
            if self._store.find(DESTINATION_RULES, canary.namespace, name) is None:
                meta = {"name": name, "namespace": canary.namespace, "ownerReferences": [canary.owner_reference()]}
                self._store.create(DESTINATION_RULES, {"metadata": meta, "spec": {"host": name}})
        super().reconcile(canary)

    def spec(self, canary: Canary, green: int) -> Obj:
        service = canary.service
        hosts = list(service.get("hosts") or [])
        base = {
            key: service[key] for key in ("timeout", "retries", "headers", "corsPolicy", "rewrite") if service.get(key)
        }
        routes = [{**base, "route": _destinations(canary, green)}]
        if canary.strategy == "ab-testing":
            routes[0]["match"] = canary.analysis["match"]
            routes.append({**base, "route": _destinations(canary, 0)})
        elif service.get("match"):
            routes[0]["match"] = service["match"]
        return {
            "gateways": list(service.get("gateways") or ["mesh"]),
            "hosts": hosts if canary.apex in hosts else [*hosts, canary.apex],
            "http": routes,
        }

    def read(self, spec: Obj, canary: Canary) -> int:
        for destination in spec["http"][0]["route"]:
            if destination["destination"]["host"] == f"{canary.apex}-canary":
                return int(destination.get("weight", 0))
        return 0


def _destinations(canary: Canary, green: int) -> list[Obj]:
    sides = (("primary", 100 - green), ("canary", green))
    return [{"destination": {"host": f"{canary.apex}-{side}"}, "weight": weight} for side, weight in sides]


class GatewayApi(_SpecRouter):
    resource = HTTP_ROUTES

    def spec(self, canary: Canary, green: int) -> Obj:
        port = canary.service.get("port")
        sides = (("primary", 100 - green), ("canary", green))
        backends = [
            {"group": "", "kind": "Service", "name": f"{canary.apex}-{side}", "port": port, "weight": weight}
            for side, weight in sides
        ]
        rule = {"backendRefs": backends, "matches": [{"path": {"type": "PathPrefix", "value": "/"}}]}
        return {
            "hostnames": list(canary.service.get("hosts") or []),
            "parentRefs": list(canary.service.get("gatewayRefs") or []),
            "rules": [rule],
        }

    def read(self, spec: Obj, canary: Canary) -> int:
        refs = spec["rules"][0]["backendRefs"]
        return next((int(ref.get("weight", 0)) for ref in refs if ref["name"] == f"{canary.apex}-canary"), 0)


class Kuma(_SpecRouter):
    resource = TRAFFIC_ROUTES

    def spec(self, canary: Canary, green: int) -> Obj:
        sides = (("primary", 100 - green), ("canary", green))
        split = [
            {"weight": weight, "destination": {"kuma.io/service": _kuma_name(canary, side)}} for side, weight in sides
        ]
        matched = [{"match": {"kuma.io/service": f"{canary.apex}_{canary.namespace}_svc_{canary.service.get('port')}"}}]
        return {"sources": [{"match": {"kuma.io/service": "*"}}], "destinations": matched, "conf": {"split": split}}

    def read(self, spec: Obj, canary: Canary) -> int:
        blue = next(
            (
                part
                for part in spec["conf"]["split"]
                if part["destination"]["kuma.io/service"] == _kuma_name(canary, "primary")
            ),
            None,
        )
        return 100 - int(blue["weight"]) if blue else 0

    def _object(self, canary: Canary) -> Obj:
        return {**super()._object(canary), "mesh": "default"}


def _kuma_name(canary: Canary, side: str) -> str:
    return f"{canary.apex}-{side}_{canary.namespace}_svc_{canary.service.get('port')}"


class Nginx:
    """A second Ingress with the canary annotations, made from the one the Canary names."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def reconcile(self, canary: Canary) -> None:
        source = self._store.get(INGRESSES, canary.namespace, _ingress(canary))
        spec = _with_backend(source["spec"], canary.apex, f"{canary.apex}-canary")
        name = f"{_ingress(canary)}-canary"
        if self._store.find(INGRESSES, canary.namespace, name) is None:
            annotations = {**UNMANAGED, "kubernetes.io/ingress.class": "nginx", CANARY_MARK: "true", CANARY_WEIGHT: "0"}
            meta = {
                "name": name,
                "namespace": canary.namespace,
                "annotations": annotations,
                "ownerReferences": [canary.owner_reference()],
            }
            self._store.create(INGRESSES, {"metadata": meta, "spec": spec})
            return
        self._store.change(Address(INGRESSES, canary.namespace, name), lambda obj: obj.update({"spec": spec}))

    def green(self, canary: Canary) -> int:
        found = self._store.get(INGRESSES, canary.namespace, f"{_ingress(canary)}-canary")
        return int((found["metadata"].get("annotations") or {}).get(CANARY_WEIGHT, "0"))

    def route(self, canary: Canary, green: int) -> None:
        at = Address(INGRESSES, canary.namespace, f"{_ingress(canary)}-canary")
        marks = {CANARY_MARK: "true", CANARY_WEIGHT: str(green)}
        self._store.change(at, lambda obj: obj["metadata"].setdefault("annotations", {}).update(marks))


def _ingress(canary: Canary) -> str:
    name = (canary.spec.get("ingressRef") or {}).get("name")
    if not name:
        raise not_found("networking.k8s.io", "ingresses", "")
    return str(name)


def _with_backend(value: Any, name: str, new: str) -> Any:
    """The same structure with every backend Service of that name replaced."""
    if isinstance(value, dict):
        if "service" in value and value["service"].get("name") == name:
            return {**value, "service": {**value["service"], "name": new}}
        return {key: _with_backend(item, name, new) for key, item in value.items()}
    return [_with_backend(item, name, new) for item in value] if isinstance(value, list) else value


class NoRouting:
    """Provider `kubernetes`: the apex Service always selects blue."""

    def reconcile(self, canary: Canary) -> None:
        return None

    def green(self, canary: Canary) -> int:
        return 100 if canary.iterations > 0 else 0

    def route(self, canary: Canary, green: int) -> None:
        return None


class Routers:
    def __init__(self, store: Store) -> None:
        self._istio: Router = Istio(store)
        self._known: dict[str, Router] = {"nginx": Nginx(store), "kuma": Kuma(store), "kubernetes": NoRouting()}
        self._known |= dict.fromkeys(("gatewayapi:v1", "gatewayapi:v1beta1"), GatewayApi(store))

    def of(self, canary: Canary) -> Router:
        """Unknown providers are treated as istio, as Flagger does."""
        return self._known.get(canary.provider, self._istio)
