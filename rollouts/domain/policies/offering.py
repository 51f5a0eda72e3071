"""What a rollout can be set up for: workloads of clusters, with the Services that lead to their pods."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from rollouts.domain.ownership import NOBODY, Owner

SELECTOR_LABELS = ("app", "name", "app.kubernetes.io/name")
"""By one of these Flagger tells the pods of a workload (flagger.md 2, its flag `-selector-labels`)."""
SYSTEMS = frozenset(
    {
        *("kube-system", "kube-public", "kube-node-lease", "istio-system", "kuma-system", "ingress-nginx"),
        *("flagger-system", "flux-system", "kurator-system", "kurator-ui"),
    }
)
"""Namespaces of what carries rollouts, which is not rolled out by them."""
HTTP = 80
MOST = 2000
"""Workloads that are kept of one cluster."""


@dataclass(frozen=True, slots=True)
class FoundWorkload:
    """A Deployment or DaemonSet. `labels` are those of its pods, `selects` those that it knows them by."""

    kind: str
    namespace: str
    name: str
    labels: Mapping[str, str] = field(default_factory=dict)
    selects: Mapping[str, str] = field(default_factory=dict)
    kustomization: str = ""
    """`namespace/name` of the Kustomization of Flux that applies it."""
    keeper: Owner = NOBODY
    """Who else applies it."""
    of_a_rollout: bool = False
    """It belongs to the rollout of another workload: the blue that Flagger has made, or a load tester."""
    load_tester: bool = False


@dataclass(frozen=True, slots=True)
class FoundService:
    namespace: str
    name: str
    selector: Mapping[str, str] = field(default_factory=dict)
    ports: tuple[int, ...] = ()
    target_ports: Mapping[str, str] = field(default_factory=dict)
    """By port, where the pods listen on another."""
    port_names: Mapping[str, str] = field(default_factory=dict)
    protocols: Mapping[str, str] = field(default_factory=dict)
    """By port, what it says as `appProtocol`."""
    keeper: Owner = NOBODY

    def leads_to(self, one: FoundWorkload) -> bool:
        selects = bool(self.selector) and self.selector.items() <= one.labels.items()
        return selects and self.namespace == one.namespace


@dataclass(frozen=True, slots=True)
class FoundIngress:
    """`services` are those to which it leads."""

    namespace: str
    name: str
    services: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LeadingService:
    """To the pods of a workload."""

    name: str
    ports: tuple[int, ...] = ()
    target_ports: Mapping[str, str] = field(default_factory=dict)
    port_names: Mapping[str, str] = field(default_factory=dict)
    protocols: Mapping[str, str] = field(default_factory=dict)
    keeper: Owner = NOBODY


@dataclass(frozen=True, slots=True)
class FoundAutoscaler:
    namespace: str
    name: str
    kind: str
    target: str


@dataclass(frozen=True, slots=True)
class Offer:
    """One workload of one cluster. `service` is whether a Service of its name leads to its pods: Kurator knows both by
    one name (kurator.md 17, G1). `leading` are all that lead there, also by other names.
    """

    kind: str
    namespace: str
    name: str
    service: bool = False
    ports: tuple[int, ...] = ()
    leading: tuple[LeadingService, ...] = ()
    label: str = ""
    """By which Flagger tells its pods; empty where it has none of those."""
    autoscaler: str = ""
    kustomization: str = ""
    keeper: Owner = NOBODY
    services_read: bool = True
    """Whether it is known which Services lead to its pods."""

    @property
    def key(self) -> tuple[str, str, str]:
        return self.namespace, self.name, self.kind

    @property
    def why_not(self) -> str:
        """Empty where a rollout can be set up for it."""
        if not self.service and not self.services_read:
            return "Which Services lead to its pods could not be read."
        if not self.service and self.leading:
            names = " and ".join(one.name for one in self.leading)
            return f"Its Service is called {names}: Kurator needs one of the workload's name."
        if not self.service:
            return "No Service of its name leads to its pods."
        if not self.ports:
            return "Its Service has no port."
        if not self.label:
            return f"It selects its pods by none of {', '.join(SELECTOR_LABELS)}: Flagger refuses it."
        return ""


@dataclass(frozen=True, slots=True)
class Offers:
    """Of one cluster. `notes` say what was left out, and why."""

    found: tuple[Offer, ...] = ()
    notes: tuple[str, ...] = ()
    load_testers: tuple[str, ...] = ()
    """The addresses of their Services, as a webhook names them."""
    ingresses: tuple[FoundIngress, ...] = ()
    gateways: tuple[str, ...] = ()
    """Of Istio, each as `namespace/name`."""
    api_gateways: tuple[str, ...] = ()
    """Of the Gateway API."""

    def of(self, kind: str, namespace: str, name: str) -> Offer | None:
        return next((one for one in self.found if one.key == (namespace, name, kind)), None)

    def led_by(self, namespace: str, service: str) -> tuple[Offer, ...]:
        here = (one for one in self.found if one.namespace == namespace)
        return tuple(one for one in here if service in {each.name for each in one.leading})


def offers(
    workloads: Iterable[FoundWorkload], services: Iterable[FoundService], autoscalers: Iterable[FoundAutoscaler],
    *, services_read: bool = True,
) -> tuple[Offer, ...]:  # fmt: skip
    """By namespace and name, without what belongs to rollouts already, and without the namespaces of `SYSTEMS`."""
    in_namespace: dict[str, list[FoundService]] = {}
    for service in services:
        in_namespace.setdefault(service.namespace, []).append(service)
    scalers = {(one.namespace, one.kind, one.target): one.name for one in autoscalers}
    found = sorted(
        (one for one in workloads if not one.of_a_rollout and one.namespace not in SYSTEMS),
        key=lambda one: (one.namespace, one.name, one.kind),
    )
    made = (_offer(one, in_namespace.get(one.namespace, []), scalers) for one in found[:MOST])
    return tuple(replace(one, services_read=services_read) for one in made)


def _offer(one: FoundWorkload, services: Iterable[FoundService], scalers: Mapping[tuple[str, str, str], str]) -> Offer:
    leading = [service for service in services if service.leads_to(one)]
    own = next((service for service in leading if service.name == one.name), None)
    return Offer(
        kind=one.kind,
        namespace=one.namespace,
        name=one.name,
        service=own is not None,
        ports=own.ports if own is not None else (),
        leading=tuple(
            LeadingService(
                service.name,
                service.ports,
                service.target_ports,
                service.port_names,
                service.protocols,
                service.keeper,
            )
            for service in sorted(leading, key=lambda each: (each is not own, each.name))
        ),
        label=next((name for name in SELECTOR_LABELS if name in one.selects), ""),
        autoscaler=scalers.get((one.namespace, one.kind, one.name), ""),
        kustomization=one.kustomization,
        keeper=one.keeper,
    )


def load_testers(workloads: Iterable[FoundWorkload], services: Iterable[FoundService]) -> tuple[str, ...]:
    """The addresses at which the load testers among these workloads are asked, each once."""
    testers = [one for one in workloads if one.load_tester]
    return tuple(sorted({_address(one) for one in services if any(one.leads_to(tester) for tester in testers)}))


def _address(one: FoundService) -> str:
    port = next(iter(one.ports), HTTP)
    return f"http://{one.name}.{one.namespace}{'' if port == HTTP else f':{port}'}/"


@dataclass(frozen=True, slots=True)
class Choice:
    """One workload in all clusters of a policy, by their names."""

    kind: str
    namespace: str
    name: str
    ports: tuple[int, ...]
    """Of its Service, those that it has in every cluster where it fits first."""
    fits: tuple[str, ...]
    taken: tuple[str, ...]
    """Where a Canary of its name is already."""
    why_not: Mapping[str, str] = field(default_factory=dict)
    """By cluster, where it is and does not fit."""

    @property
    def found(self) -> int:
        return len(self.fits) + len(self.why_not)

    @property
    def reasons(self) -> tuple[str, ...]:
        return tuple(sorted(set(self.why_not.values())))


def choices(read: Mapping[str, Offers], canaries: Iterable[tuple[str, str, str]]) -> tuple[Choice, ...]:
    """What fits in the most clusters first. `read` by the clusters' names; `canaries` are cluster, namespace, name."""
    taken = set(canaries)
    by_key: dict[tuple[str, str, str], dict[str, Offer]] = {}
    for cluster, of_cluster in read.items():
        for offer in of_cluster.found:
            by_key.setdefault(offer.key, {})[cluster] = offer
    made = [_choice(found, taken) for found in by_key.values()]
    return tuple(sorted(made, key=lambda one: (bool(one.taken), -len(one.fits), one.namespace, one.name, one.kind)))


def _choice(found: Mapping[str, Offer], taken: set[tuple[str, str, str]]) -> Choice:
    one = next(iter(found.values()))
    fitting = {cluster: offer for cluster, offer in found.items() if not offer.why_not}
    ports = [offer.ports for offer in fitting.values()]
    return Choice(
        kind=one.kind,
        namespace=one.namespace,
        name=one.name,
        ports=tuple(sorted({each for some in ports for each in some}, key=lambda each: (-_times(each, ports), each))),
        fits=tuple(sorted(fitting)),
        taken=tuple(sorted(cluster for cluster in found if (cluster, one.namespace, one.name) in taken)),
        why_not={cluster: offer.why_not for cluster, offer in found.items() if offer.why_not},
    )


def _times(port: int, ports: Iterable[tuple[int, ...]]) -> int:
    return sum(port in some for some in ports)
