"""The rights this program uses, and no others: what `clusters test` asks for and `deploy/rbac/` grants."""

from __future__ import annotations

from collections.abc import Iterable

from rollouts.domain.addresses import Service
from rollouts.domain.metrics import Place, Way
from rollouts.domain.observations import Kind
from rollouts.domain.ports import Permission

GROUPS = {
    Kind.CANARY: "flagger.app",
    Kind.EVENT: "",
    Kind.VIRTUAL_SERVICE: "networking.istio.io",
    Kind.INGRESS: "networking.k8s.io",
    Kind.TRAFFIC_ROUTE: "kuma.io",
    Kind.HTTP_ROUTE: "gateway.networking.k8s.io",
    Kind.DEPLOYMENT: "apps",
    Kind.DAEMON_SET: "apps",
    Kind.POD: "",
    Kind.REPLICA_SET: "apps",
    Kind.CONFIG_MAP: "",
    Kind.APPLICATION: "apps.kurator.dev",
    Kind.FLEET: "fleet.kurator.dev",
    Kind.ATTACHED_CLUSTER: "cluster.kurator.dev",
    Kind.KURATOR_CLUSTER: "cluster.kurator.dev",
}
ROUTING_OF_PROVIDER = {
    "istio": Kind.VIRTUAL_SERVICE,
    "nginx": Kind.INGRESS,
    "kuma": Kind.TRAFFIC_ROUTE,
    "gatewayapi": Kind.HTTP_ROUTE,
}
FOLLOWED = {
    Kind.CANARY: ("get", "list", "watch"),
    Kind.EVENT: ("list", "watch"),
    Kind.DEPLOYMENT: ("get", "list"),
    Kind.DAEMON_SET: ("get", "list"),
    Kind.POD: ("list",),
    Kind.REPLICA_SET: ("list",),
}
"""Verbs for what every cluster with rollouts has; routing objects take those of Canaries."""
CANARIES = (Kind.CANARY.value, f"{Kind.CANARY.value}/status")
HUB_KINDS = (Kind.FLEET, Kind.ATTACHED_CLUSTER, Kind.KURATOR_CLUSTER, Kind.APPLICATION)
LOOKED_UP = ("namespaces", "services")
GATEWAY_GROUPS = ("networking.istio.io", "gateway.networking.k8s.io")
CLUSTER_SCOPED = frozenset({Kind.TRAFFIC_ROUTE})

IDENTITY = Permission("get", "", "namespaces", name="kube-system")
"""What a cluster is known by; also wanted of an account with rights in some namespaces only."""


def of_cluster(namespaces: Iterable[str], routing: Iterable[Kind]) -> tuple[Permission, ...]:
    """To follow the rollouts of a cluster: everywhere, or only in the given namespaces. `routing` are the kinds that
    carry its traffic weights.
    """
    places = tuple(namespaces) or ("",)
    wanted = [IDENTITY]
    for kind, verbs in {**FOLLOWED, **dict.fromkeys(routing, FOLLOWED[Kind.CANARY])}.items():
        where = ("",) if kind in CLUSTER_SCOPED else places
        wanted += [Permission(verb, GROUPS[kind], kind.value, place) for place in where for verb in verbs]
    return tuple(wanted)


def of_acting(namespaces: Iterable[str], routing: Iterable[Kind]) -> tuple[Permission, ...]:
    """To carry out what people ask of rollouts, beside following them."""
    places = tuple(namespaces) or ("",)
    wanted = [Permission("patch", GROUPS[Kind.CANARY], resource, place) for resource in CANARIES for place in places]
    for kind in (Kind.DEPLOYMENT, Kind.DAEMON_SET, *routing):
        where = ("",) if kind in CLUSTER_SCOPED else places
        wanted += [Permission("patch", GROUPS[kind], kind.value, place) for place in where]
    return tuple(wanted)


def of_removing(namespaces: Iterable[str] = ()) -> tuple[Permission, ...]:
    """To remove the rollout of a policy from a cluster, beside following and acting."""
    places = tuple(namespaces) or ("",)
    return tuple(Permission("delete", GROUPS[Kind.CANARY], Kind.CANARY.value, place) for place in places)


def of_creating(namespaces: Iterable[str] = ()) -> tuple[Permission, ...]:
    """To make Canaries in a cluster, beside following its rollouts."""
    places = tuple(namespaces) or ("",)
    return tuple(Permission("create", GROUPS[Kind.CANARY], Kind.CANARY.value, place) for place in places)


def of_whole_applications() -> tuple[Permission, ...]:
    """To make and delete Applications on a hub, beside acting on their policies."""
    kind = Kind.APPLICATION
    return tuple(Permission(verb, GROUPS[kind], kind.value) for verb in ("create", "delete"))


def of_configs(namespaces: Iterable[str] = ()) -> tuple[Permission, ...]:
    """To begin a release by another value in a ConfigMap, beside following and acting."""
    kind, places = Kind.CONFIG_MAP, tuple(namespaces) or ("",)
    return tuple(Permission(verb, GROUPS[kind], kind.value, place) for place in places for verb in ("get", "patch"))


def of_gates(services: Iterable[Service]) -> tuple[Permission, ...]:
    """To open and close gates: POST to the load testers that hooks name, and to no other Service."""
    return tuple(Permission("create", "", "services/proxy", one.namespace, one.reference) for one in services)


def of_metrics(namespaces: Iterable[str], places: Iterable[Place], *, knative: bool = False) -> tuple[Permission, ...]:
    """To read the values of checks: the templates of their queries, under Knative the Services whose revisions they are
    about, and each Service that is asked through the API server (GET and nothing else, and no other Service).
    """
    objects = [(GROUPS[Kind.CANARY], "metrictemplates"), *([("serving.knative.dev", "services")] if knative else [])]
    where = tuple(namespaces) or ("",)
    read = [Permission("get", group, resource, place) for group, resource in objects for place in where]
    proxied = [place for place in places if place.way is Way.PROXY]
    return (
        *read,
        *(
            Permission("get", "", "services/proxy", one.namespace, f"{one.scheme}:{one.service}:{one.port}")
            for one in proxied
        ),
    )


def of_readiness(namespaces: Iterable[str] = ()) -> tuple[Permission, ...]:
    """To tell whether a cluster is ready for rollouts, beside following them. Without these some prerequisites are
    said to be unknown, and nothing else is missing. Gateways are of the whole cluster: those of some namespaces would
    not tell that one is missing.
    """
    places = tuple(namespaces)
    looked_up = tuple(Permission("get", "", one, place) for place in places or ("",) for one in LOOKED_UP)
    return looked_up if places else (*looked_up, *(of_gateways(group) for group in GATEWAY_GROUPS))


def of_setting_up(namespaces: Iterable[str] = ()) -> tuple[Permission, ...]:
    """To offer what a rollout can be set up for, beside following rollouts. Without these it has to be typed."""
    kinds = (("", "services"), ("autoscaling", "horizontalpodautoscalers"))
    return tuple(Permission("list", *kind, place) for place in tuple(namespaces) or ("",) for kind in kinds)


def of_gateways(group: str) -> Permission:
    return Permission("list", group, "gateways")


def of_hub(secrets: Iterable[tuple[str, str]]) -> tuple[Permission, ...]:
    """To learn of members and Applications. `secrets` are namespace and name of the kubeconfig Secrets in use."""
    wanted = [Permission(verb, GROUPS[kind], kind.value) for kind in HUB_KINDS for verb in ("list", "watch")]
    wanted += [Permission("get", "", "secrets", namespace, name) for namespace, name in secrets]
    return tuple(wanted)


def of_definitions(kind: Kind = Kind.APPLICATION) -> tuple[Permission, ...]:
    """To tell which fields of policies a hub's Kurator knows, or which of Canaries a cluster's Flagger. Without it all
    are shown.
    """
    return (Permission("get", "apiextensions.k8s.io", "customresourcedefinitions", name=f"{kind}.{GROUPS[kind]}"),)


def of_acting_on_a_hub() -> tuple[Permission, ...]:
    """To carry out what people ask of policies: an Application is read and patched."""
    return tuple(Permission(verb, GROUPS[Kind.APPLICATION], Kind.APPLICATION.value) for verb in ("get", "patch"))


def routing_kind(provider: str) -> Kind | None:
    """The kind that carries the weights under a provider (`istio`, `gatewayapi:v1`); None for any other."""
    return ROUTING_OF_PROVIDER.get(provider.partition(":")[0])


def in_words(permission: Permission) -> str:
    """As a person would put it into a Role: `watch canaries.flagger.app in namespace shop`."""
    resource = ".".join(part for part in (permission.resource, permission.group) if part)
    name = f" {permission.name}" if permission.name else ""
    where = f" in namespace {permission.namespace}" if permission.namespace else ""
    return f"{permission.verb} {resource}{name}{where}"
