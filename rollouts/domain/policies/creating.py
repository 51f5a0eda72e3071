"""A new blue/green policy for a workload: what stands in its form at first, and what has to be known before."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from rollouts.domain.checks import DURATION, SUCCESS_RATE
from rollouts.domain.policies.fields import Command, Metric, RolloutPolicy
from rollouts.domain.policies.findings import Finding, hint
from rollouts.domain.policies.offering import SELECTOR_LABELS, Offer, Offers
from rollouts.domain.policies.strategies import Provider

INTERVAL, TIMES, FAILURES = 90, 3, 3
CALL, DEADLINE = 60, 600
SUCCEEDED, SLOWEST = 99.0, 500.0
"""As the guide's example has them (kurator.md 18.2); the failures leave room for the first check, which finds no values
yet (kurator.md 13).
"""
OF_GREEN = 'kubernetes_namespace="{{ namespace }}",kubernetes_pod_name=~"{{ target }}-[0-9a-z]+-[0-9a-z]+"'
QUERY = f"""100 * sum(rate(http_requests_total{{{OF_GREEN},status!~"5.*"}}[{{{{ interval }}}}]))
/ sum(rate(http_requests_total{{{OF_GREEN}}}[{{{{ interval }}}}]))
"""


@dataclass(frozen=True, slots=True)
class Target:
    """What somebody has picked, or typed. `provider` is that of the clusters, as far as it is known."""

    kind: str
    namespace: str
    name: str
    port: int | None = None
    provider: str = Provider.ISTIO.value


@dataclass(frozen=True, slots=True)
class Around:
    """What is known of the clusters that the policy selects, by their names. `unready` says what the rollout plugin or
    Flagger lacks there, `canaries` who keeps a Canary of this name; `own` are the names, `namespace/name`, of the
    Kustomizations that Kurator makes of this policy.
    """

    read: Mapping[str, Offers]
    unready: Mapping[str, str]
    canaries: Mapping[str, str]
    own: frozenset[str] = frozenset()


def blue_green(target: Target, first_cluster: str = "") -> RolloutPolicy:
    """With every field that Kurator cannot do without (kurator.md 17, G2)."""
    nginx = target.provider == Provider.NGINX
    green = f"http://{target.name}-canary.{target.namespace}:{target.port or 80}/"
    return RolloutPolicy(
        workload_api="apps/v1",
        workload_kind=target.kind,
        workload=target.name,
        namespace=target.namespace,
        service=target.name,
        port=target.port,
        provider=target.provider,
        route_timeout=CALL,
        times=TIMES,
        interval=INTERVAL,
        failures=FAILURES,
        metrics=(_of_pods(target, first_cluster),) if nginx else built_in(),
        commands=(Command(None, f"hey -z 1m -q 10 -c 2 {green}"),),
        command_timeout=CALL,
        test_loader=True,
        progress_deadline=DEADLINE,
        reverts=True,
    )


def built_in() -> tuple[Metric, ...]:
    return (
        Metric(name=SUCCESS_RATE, interval=INTERVAL, minimum=SUCCEEDED),
        Metric(name=DURATION, interval=INTERVAL, maximum=SLOWEST),
    )


def _of_pods(target: Target, cluster: str) -> Metric:
    """nginx counts nothing of green while iterations run (kurator.md 15), so green's pods are asked."""
    address = f"http://ingress-nginx-flagger-{cluster}-prometheus.ingress-nginx:9090"
    return Metric(
        name=f"{target.name}-green-success",
        interval=INTERVAL,
        minimum=SUCCEEDED,
        source="prometheus",
        address=address if cluster else "",
        query=QUERY,
    )


def consequences(policy: RolloutPolicy) -> tuple[str, ...]:
    """What happens to what is there already, in every cluster (flagger.md 5.2)."""
    name = f"{policy.namespace}/{policy.workload}"
    return (
        f"Flagger copies {policy.workload_kind} {name} to {policy.workload}-primary, which is blue from then on, and"
        f" scales {policy.workload} to no pods once blue is ready.",
        f"Flagger takes Service {policy.namespace}/{policy.service} over: its selector leads to blue, and port"
        f" {policy.port} is the only one that it keeps.",
    )


def findings(policy: RolloutPolicy, around: Around) -> Iterator[Finding]:
    """What the clusters say to it. They may change before it arrives, so nothing of it keeps anybody from going on."""
    key = (policy.workload_kind, policy.namespace, policy.workload)
    found = {cluster: offers.of(*key) for cluster, offers in around.read.items()}
    present = {cluster: offer for cluster, offer in found.items() if offer is not None}
    if missing := sorted(found.keys() - present.keys()):
        yield hint(
            "workload",
            f"Not found in {_listed(missing)}. Kurator stops at the first cluster without the Service, so until it is"
            " there nothing is certain to arrive in any.",
        )
    yield from _of_offers(policy, present)
    yield from _of_autoscalers(present)
    yield from _of_kustomizations(present, around.own)
    for keeper, clusters in _together(around.canaries):
        yield hint(
            "workload",
            f"A Canary of this name is in {_listed(clusters)} already, kept by {keeper or 'nobody that is known'}:"
            " Kurator takes it over and writes its whole spec anew.",
        )
    for said, clusters in _together(around.unready):
        yield hint("provider", f"{_listed(clusters)}: {said}")


def _of_offers(policy: RolloutPolicy, present: Mapping[str, Offer]) -> Iterator[Finding]:
    if without := [cluster for cluster, one in sorted(present.items()) if not one.service and one.services_read]:
        yield hint(
            "service",
            f"In {_listed(without)} no Service of this name leads to the pods of the workload. Kurator stops there.",
        )
    ported = {cluster: one for cluster, one in sorted(present.items()) if one.service}
    if other := [cluster for cluster, one in ported.items() if policy.port not in (None, *one.ports)]:
        has = sorted({port for cluster in other for port in ported[cluster].ports})
        yield hint("port", f"In {_listed(other)} the Service has {_listed(list(map(str, has))) or 'no port'}.")
    if unlabelled := [cluster for cluster, one in sorted(present.items()) if not one.label]:
        yield hint(
            "workload",
            f"In {_listed(unlabelled)} it selects its pods by none of {', '.join(SELECTOR_LABELS)}: Flagger refuses it."
            " The selector of a workload cannot be changed: it has to be made anew with one of them.",
        )


def _of_autoscalers(present: Mapping[str, Offer]) -> Iterator[Finding]:
    scaled = {cluster: one.autoscaler for cluster, one in present.items() if one.autoscaler}
    for name, clusters in _together(scaled):
        yield hint(
            "workload",
            f"Autoscaler {name} scales it in {_listed(clusters)}. Kurator cannot tell Flagger of it (autoscalerRef), so"
            " nothing scales blue: it keeps the number of pods that it is made with.",
        )


def _of_kustomizations(present: Mapping[str, Offer], own: frozenset[str]) -> Iterator[Finding]:
    applied = {cluster: one.kustomization for cluster, one in present.items() if one.kustomization}
    mine = sorted(cluster for cluster, name in applied.items() if name in own)
    others = {cluster: name for cluster, name in applied.items() if name not in own}
    if mine:
        yield hint(
            "workload",
            f"This policy's own Kustomization applies it in {_listed(mine)}. Leave replicas out of its manifest: else"
            " every apply starts green's pods again.",
        )
    for name, clusters in _together(others):
        yield hint(
            "workload",
            f"Kustomization {name} applies it in {_listed(clusters)}, not this policy: new versions come from there."
            " Leave replicas out of its manifest.",
        )


def _together(said: Mapping[str, str]) -> Iterable[tuple[str, list[str]]]:
    """Clusters of which the same is said."""
    clusters: dict[str, list[str]] = {}
    for cluster in sorted(said):
        clusters.setdefault(said[cluster], []).append(cluster)
    return clusters.items()


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}" if names else ""
