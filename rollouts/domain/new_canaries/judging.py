"""What becomes of workload and Service when a Canary is made for them, and what a person has to know before."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from rollouts.domain.commands.governed import listed
from rollouts.domain.new_canaries.keeping import kept_by_others
from rollouts.domain.policies.fields import RolloutPolicy
from rollouts.domain.policies.offering import LeadingService, Offer

PORT_NAME = "http"
"""What Flagger calls the port of a Service where the Canary names none."""


@dataclass(frozen=True, slots=True)
class Near:
    """What is known of the cluster, as it was last read."""

    offer: Offer | None = None
    """The workload; None where it was not found, or nothing was read."""
    load_testers: tuple[str, ...] = ()
    testers_read: bool = False
    provider: str = ""
    """Flagger's own."""
    unready: str = ""
    in_part: bool = False
    """Something of it could not be read when it was last."""
    read_at: datetime | None = None
    """None where that did not succeed."""
    hub: str = ""
    """Of Kurator, where the cluster is a member of one."""
    sharing: tuple[str, ...] = ()
    """Other workloads to which its Service leads too."""
    ingresses: tuple[str, ...] = ()
    """Of the namespace, which lead to its Service."""
    gateways: tuple[str, ...] = ()
    api_gateways: tuple[str, ...] = ()

    def leading(self, service: str) -> LeadingService:
        """That Service, as it leads to the workload; without ports where it is not known to."""
        known = self.offer.leading if self.offer is not None else ()
        return next((one for one in known if one.name == service), LeadingService(service))

    def ports(self, service: str) -> tuple[int, ...]:
        return self.leading(service).ports

    def target_port(self, service: str, port: int | None) -> str:
        """On which the pods listen, where that is another."""
        return self.leading(service).target_ports.get(str(port), "")

    def port_name(self, service: str, port: int | None) -> str:
        """Empty where it has none, or that which Flagger gives."""
        name = self.leading(service).port_names.get(str(port), "")
        return "" if name == PORT_NAME else name

    def protocol(self, service: str, port: int | None) -> str:
        return self.leading(service).protocols.get(str(port), "")

    def load_tester(self, namespace: str) -> str:
        """That of the namespace rather than another; empty where none is known."""
        own = [one for one in self.load_testers if f".{namespace}/" in one or f".{namespace}:" in one]
        return next(iter((*own, *self.load_testers)), "")


def consequences(policy: RolloutPolicy, namespace: str) -> tuple[str, ...]:
    """What happens to what is there already (flagger.md 5.2)."""
    kept = f"of its ports it keeps {policy.port}"
    kept += " and those that the containers name" if policy.port_discovery else " alone"
    return (
        f"Flagger copies {policy.workload_kind} {namespace}/{policy.workload} to {policy.workload}-primary, which is"
        f" blue from then on, and scales {policy.workload} to no pods once blue is ready.",
        f"Flagger takes Service {namespace}/{policy.service} over: its selector leads to blue, and {kept}.",
    )


def warnings(policy: RolloutPolicy, near: Near, pods: int | None = None) -> tuple[str, ...]:
    """`pods`: how many the workload has now, once that was read."""
    return (*_of_none(policy, pods), *_warnings(policy, near))


def _of_none(policy: RolloutPolicy, pods: int | None) -> Iterator[str]:
    """A DaemonSet has them by the nodes that there are."""
    if pods == 0 and policy.workload_kind == "Deployment":
        yield (
            f"{policy.workload} has no pods now, and Flagger makes blue with one: what somebody may have switched off"
            " starts by that."
        )


def _warnings(policy: RolloutPolicy, near: Near) -> Iterator[str]:
    if near.unready:
        yield near.unready
    if near.offer is None:
        yield (
            f"{policy.workload} is not among the workloads that were read, so this says nothing of what is around it:"
            " look yourself whether an autoscaler scales it, and what applies it."
        )
    elif near.in_part:
        yield (
            "Not all of the cluster could be read when it was last, so more than is said here may be around it: an"
            " autoscaler, another Service, a load tester."
        )
    if near.sharing:
        yield (
            f"Service {policy.service} leads to {listed(list(near.sharing))} too: once Flagger has taken it over, it"
            f" leads to {policy.workload}-primary alone."
        )
    yield from _of_the_port(policy, near)
    yield from _of_autoscalers(policy, near.offer)
    if near.offer is not None and near.offer.kustomization:
        yield (
            f"Kustomization {near.offer.kustomization} applies {policy.workload}: leave replicas out of its manifest,"
            f" else every apply starts green's pods again. Flagger marks Service {policy.service} when it takes it over"
            " (kustomize.toolkit.fluxcd.io/reconcile: disabled): Flux applies nothing to it from then on."
        )
    if near.offer is not None:
        yield from kept_by_others(near.offer, near.leading(policy.service))
    own_metrics = any(one.built_in for one in policy.metrics)
    if near.testers_read and not near.load_testers and not policy.hooks and own_metrics:
        yield (
            "No load tester was found in the cluster. While nobody asks green, Flagger's own two metrics find no"
            " values, and each check without a value fails: install one and name it as a webhook, or measure otherwise."
        )
    if near.hub:
        yield (
            f"The cluster is a member of {near.hub}. This Canary is of this cluster alone: a policy of an Application"
            " makes one in all of its clusters, and writes this one anew where it has the same name."
        )


def _of_the_port(policy: RolloutPolicy, near: Near) -> Iterator[str]:
    """Flagger writes the ports anew."""
    known = near.leading(policy.service)
    name, protocol = known.port_names.get(str(policy.port), ""), near.protocol(policy.service, policy.port)
    becomes = policy.port_name or PORT_NAME
    if name and name != becomes:
        yield (
            f"Port {policy.port} of Service {policy.service} is called {name}, and becomes {becomes}: whoever knows it"
            " by its name (an Ingress, a ServiceMonitor) does not find it any more, and a NodePort gets another number."
        )
    if protocol and protocol != policy.app_protocol:
        yield (
            f"Port {policy.port} of Service {policy.service} says appProtocol {protocol}, and will say"
            f" {policy.app_protocol or 'none'}: a mesh or a load balancer may speak to it in another way then."
        )


def _of_autoscalers(policy: RolloutPolicy, offer: Offer | None) -> Iterator[str]:
    found = offer.autoscaler if offer is not None else ""
    if policy.scaler:
        yield (
            f"Flagger copies autoscaler {policy.scaler} to {policy.scaler}-primary, which scales blue from then on."
            " Take replicas out of the workload's manifest where it is kept."
        )
    if found and found != policy.scaler:
        yield (
            f"Autoscaler {found} scales {policy.workload}, and the Canary does not name it (autoscalerRef): nothing"
            " scales blue then, which keeps the number of pods that it is made with."
        )
