"""Where each cause can be seen: in the demo fleet, by itself or after some commands.

The commands are for the kubeconfig of the cluster that is named; the tests carry them out as they stand here.
"""

from __future__ import annotations

from dataclasses import dataclass

from rollouts.domain.causes.kinds import CauseKind

REPORTS = "kubectl -n logistics"
ORDERS = "kubectl -n webapp"
FLAGGER = "kubectl -n istio-system"
APPLICATION = "kubectl -n default patch application checkout --type json -p"


@dataclass(frozen=True, slots=True)
class Seen:
    """`where` is a sentence; `commands` bring it about for `namespace/name` in `cluster` of the demo fleet. A line that
    begins with `# wait` says how many seconds to wait before the next one.
    """

    where: str
    cluster: str = ""
    rollout: str = ""
    commands: tuple[str, ...] = ()


def _reports(*commands: str, where: str = "On demand, in the demo fleet's cluster warehouse:") -> Seen:
    return Seen(where, "warehouse", "logistics/reports", commands)


def _orders(*commands: str) -> Seen:
    return Seen("On demand, in the demo fleet's cluster staging:", "staging", "webapp/orders", commands)


def _image(tag: str, side: str = "") -> str:
    image = f"registry.example.test/logistics/reports:{tag}"
    return f"{REPORTS} set image deployment/reports{side} reports={image}"


def _hub(*operations: str) -> Seen:
    commands = tuple(f"{APPLICATION} '[{operation}]'" for operation in operations)
    return Seen("On demand, on the hub of the demo fleet:", "hub", "shop/checkout", commands)


def _hook(type: str) -> str:
    hook = f'{{"name":"board","type":"{type}","url":"http://flagger-loadtester.istio-system/gate/halt"}}'
    return f'{REPORTS} patch canary reports --type merge -p \'{{"spec":{{"analysis":{{"webhooks":[{hook}]}}}}}}\''


NEW_ORDERS = f"{ORDERS} set image deployment/orders orders=registry.example.test/webapp/orders:9.0.0"
RATE = '{"name":"request-success-rate","interval":"10s","thresholdRange":{"min":99}}'
SHORT = '{"spec":{"progressDeadlineSeconds":20}}'
ROLLOUT = "/spec/syncPolicies/0/rollout"
ANOTHER_QUERY = '{"spec":{"query":"sum(no_such_metric)"}}'
UNHASHED = '{"status":{"lastAppliedSpec":"of-before","lastPromotedSpec":"of-before"}}'

SEEN: dict[CauseKind, Seen] = {
    CauseKind.CLUSTER_UNSEEN: Seen("By itself, in the demo fleet: a member drops out every few minutes."),
    CauseKind.PROMOTION_FAILED: _reports(
        f"{REPORTS} patch deployment reports-primary --type merge -p '{SHORT}'", _image("9.0.0-onlygreen")
    ),
    CauseKind.SUSPENDED: _reports(
        f'{REPORTS} patch canary reports --type merge -p \'{{"spec":{{"suspend":true}}}}\'',
        where="By itself, in finance/billing of the demo fleet's cluster staging, or on demand in warehouse:",
    ),
    CauseKind.FLAGGER_DOWN: _reports(f"{FLAGGER} scale deployment/flagger --replicas=0"),
    CauseKind.IMAGE_PULL: _reports(_image("9.0.0-nopull")),
    CauseKind.CRASH_LOOP: _reports(_image("9.0.0-crash")),
    CauseKind.CONTAINER_CONFIG: _reports(_image("9.0.0-noconfig")),
    CauseKind.UNSCHEDULABLE: _reports(_image("9.0.0-toolarge")),
    CauseKind.QUOTA: _reports(_image("9.0.0-overquota")),
    CauseKind.PROBE_FAILING: _reports(
        _image("9.0.0-broken"), where="By itself, in logistics/sync-worker of the demo fleet's warehouse, or on demand:"
    ),
    CauseKind.BLUE_BLOCKS: _reports(_image("3.4.0-crash", "-primary"), "# wait 15 s", _image("9.0.0")),
    CauseKind.PODS_NOT_READY: _reports(_image("9.0.0-broken"), where="In the first half minute of this:"),
    CauseKind.SCALED_TO_ZERO: _reports(
        _image("9.0.0"), "# wait 15 s", f"{REPORTS} scale deployment/reports --replicas=0"
    ),
    CauseKind.NGINX_NO_VALUES: _orders(
        f'{ORDERS} patch canary orders --type merge -p \'{{"spec":{{"analysis":{{"metrics":[{RATE}]}}}}}}\'', NEW_ORDERS
    ),
    CauseKind.METRICS_UNREACHABLE: _reports(f"{FLAGGER} delete service prometheus", _image("9.0.0")),
    CauseKind.QUERY_ERROR: _orders(f"{ORDERS} delete metrictemplate pod-success-rate", NEW_ORDERS),
    CauseKind.NO_SERIES: _orders(
        f"{ORDERS} patch metrictemplate pod-success-rate --type merge -p '{ANOTHER_QUERY}'",
        NEW_ORDERS,
    ),
    CauseKind.NO_TRAFFIC: _reports(
        f"{REPORTS} annotate deployment/reports demo.kurator-ui/no-requests=true", _image("9.0.0")
    ),
    CauseKind.NO_VALUES: _reports(
        f"{REPORTS} annotate deployment/reports demo.kurator-ui/no-requests=true",
        _image("9.0.0"),
        where="Without a way to the metrics of the demo fleet's cluster warehouse, or before the first measurement:",
    ),
    CauseKind.HOOK_FAILING: _reports(_hook("rollout"), _image("9.0.0")),
    CauseKind.CHECK_FAILING: _reports(
        f"{REPORTS} annotate deployment/reports demo.kurator-ui/errors=0.3",
        _image("9.0.0"),
        where="By itself, now and then in any application of the demo fleet, or on demand in warehouse:",
    ),
    CauseKind.GATE_CLOSED: _reports(
        _hook("confirm-promotion"),
        _image("9.0.0"),
        where="By itself, in webapp/backend of the demo fleet's cluster staging, or on demand in warehouse:",
    ),
    CauseKind.REVISION_LOST: _reports(
        f"{REPORTS} patch canary reports --type merge -p '{SHORT}'",
        _image("9.0.0-broken"),
        "# wait 60 s",
        _image("3.4.0-crash", "-primary"),
        "# wait 15 s",
        _image("9.1.0"),
    ),
    CauseKind.OBSTACLE: _orders(f"{ORDERS} delete ingress orders"),
    CauseKind.FLAGGER_SILENT: _reports(
        _image("9.0.0"),
        "# wait 15 s",
        f"{FLAGGER} set image deployment/flagger flagger=ghcr.io/fluxcd/flagger:1.44.0-hung",
    ),
    CauseKind.NAMES_DIFFER: _hub(f'{{"op":"replace","path":"{ROLLOUT}/serviceName","value":"checkout-svc"}}'),
    CauseKind.POLICY_INCOMPLETE: _hub(f'{{"op":"remove","path":"{ROLLOUT}/rolloutPolicy/trafficRouting"}}'),
    CauseKind.SYNC_FAILED: _hub('{"op":"replace","path":"/spec/source/gitRepository/ref/branch","value":"gone"}'),
    CauseKind.SIBLING_UNREACHABLE: Seen(
        "By itself, in the demo fleet: in shop/checkout of a member while its release runs and another member has"
        " dropped out. A release begins in eu-west with:",
        "eu-west",
        "shop/checkout",
        ("kubectl -n shop set image deployment/checkout checkout=registry.example.test/shop/checkout:9.0.0",),
    ),
    CauseKind.RELEASE_FAILED: _reports(
        f"{REPORTS} annotate deployment/reports demo.kurator-ui/errors=0.3",
        _image("9.0.0"),
        where="By itself, now and then in any application of the demo fleet, or a minute after this in warehouse:",
    ),
    CauseKind.SPURIOUS_RUN: _reports(
        f"{REPORTS} patch canary reports --subresource status --type merge -p '{UNHASHED}'",
        where="On demand, in the demo fleet's cluster warehouse (hashes as an older Flagger would have left them):",
    ),
    CauseKind.ANALYSIS_SKIPPED: Seen(
        "By itself, in finance/legacy-api of the demo fleet's cluster staging.", "staging", "finance/legacy-api"
    ),
    CauseKind.DRIFT: _reports(_image("3.3.0", "-primary")),
    CauseKind.VERSION_UNNOTICED: Seen(
        "On demand, in the demo fleet's cluster eu-west, for at most the interval of 90 s:",
        "eu-west",
        "shop/inventory",
        ("kubectl -n shop set image deployment/inventory inventory=registry.example.test/shop/inventory:9.0.0",),
    ),
    CauseKind.SCALED_BY_HAND: _reports(f"{REPORTS} scale deployment/reports --replicas=2"),
    CauseKind.NOT_PROCESSED: Seen(
        "On demand, in the demo fleet's cluster eu-west, where Kurator makes the Canary anew:",
        "eu-west",
        "shop/checkout",
        (f"{FLAGGER} scale deployment/flagger --replicas=0", "kubectl -n shop delete canary checkout"),
    ),
    CauseKind.WAITS_FOR_TICK: _reports(_image("9.0.0"), where="In any release of the demo fleet, or on demand:"),
    CauseKind.UNKNOWN: _reports(
        _image("9.0.0"),
        "# wait 15 s",
        f"{FLAGGER} set image deployment/flagger flagger=ghcr.io/fluxcd/flagger:1.44.0-hung",
        f"{REPORTS} delete deployment reports-primary",
        where="Where next to nothing can be read. In the demo fleet's cluster warehouse, a minute after this:",
    ),
}
