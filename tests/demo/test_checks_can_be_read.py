"""What the product asks of a cluster's Prometheus is understood by the one of the demo fleet, on both sides."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from kurator_ui.demo.clock import VirtualClock
from kurator_ui.demo.queries import understand
from kurator_ui.demo.serve import DemoFleet
from rollouts.adapters.kubernetes.connection import KubernetesConnection
from rollouts.adapters.kubernetes.kubeconfig import credential_from_kubeconfig
from rollouts.adapters.prometheus.source import PrometheusSource
from rollouts.domain.asking import askings, templates_of
from rollouts.domain.checks import DURATION, SUCCESS_RATE, Verdict, judge
from rollouts.domain.metric_queries import built_in
from rollouts.domain.metrics import Asking, ClusterMetrics, Place
from rollouts.domain.observations import Canary, Kind

CANARY = Canary("shop", "cart", "uid", "1", target_name="cart", service_name="cart", ingress_name="web")


@pytest.fixture(scope="module")
def connection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KubernetesConnection]:
    """To the plain cluster of the story, a minute after its beginning."""
    folder: Path = tmp_path_factory.mktemp("fleet")
    with DemoFleet(folder, members=1, plain=1, clock=VirtualClock(), story=True) as fleet:
        fleet.advance(60)
        made = KubernetesConnection(credential_from_kubeconfig(fleet.kubeconfig("staging", "viewer").read_bytes()))
        yield made
        made.close()


@pytest.fixture(scope="module")
def asked(connection: KubernetesConnection) -> dict[str, tuple[Asking, ...]]:
    """What is asked for the checks of each rollout, by its name."""
    facts = connection.facts()
    known = ClusterMetrics(
        flag=facts.metrics_server, flagger_namespace=facts.flagger_namespace, provider=facts.mesh_provider
    )
    found = {}
    for page in connection.list(Kind.CANARY):
        for canary in page.observations:
            assert isinstance(canary, Canary)
            templates = {key: connection.metric_template(*key) for key in templates_of(canary)}
            found[canary.name] = askings(canary, templates, known)
    return found


def value(connection: KubernetesConnection, place: Place | None, query: str) -> float:
    assert place is not None
    answer = PrometheusSource(place.address, partial(connection.proxied, place)).instant(query)
    return answer.series[-1].samples[-1][1]


@pytest.mark.parametrize("provider", ["istio", "nginx", "kuma", "kubernetes"])
@pytest.mark.parametrize("check", [SUCCESS_RATE, DURATION])
def test_built_in_queries_are_understood_on_both_sides(provider: str, check: str) -> None:
    queries = built_in(CANARY, provider, check, "90s", "1.44.0")
    green, blue = understand(queries.green), understand(queries.blue)
    assert green is not None
    assert blue is not None
    assert (green.namespace, blue.namespace) == ("shop", "shop")
    if provider == "nginx":
        assert [(one.ingress, one.green) for one in (green, blue)] == [("web", True), ("web", False)]
    else:
        assert (green.workload, blue.workload) == ("cart", "cart-primary")


def test_the_harmless_query_has_its_one(connection: KubernetesConnection, asked: dict[str, tuple[Asking, ...]]) -> None:
    assert value(connection, asked["backend"][0].place, "vector(1)") == 1


def test_blue_passes_the_checks_of_every_rollout(
    connection: KubernetesConnection, asked: dict[str, tuple[Asking, ...]]
) -> None:
    assert len(asked) >= 5
    for name, askings_of_one in asked.items():
        for asking in askings_of_one:
            if not asking.unreadable:
                found = value(connection, asking.place, asking.blue) * asking.scale
                assert judge(asking.check, found) is Verdict.PASSED, (name, asking.check.name, found)


def test_one_application_is_checked_by_a_template(asked: dict[str, tuple[Asking, ...]]) -> None:
    [asking] = asked["orders"]
    assert asking.check.name == "pod-success-rate"
    assert 'kubernetes_pod_name=~"orders-primary-[0-9a-zA-Z]+' in asking.blue


def test_one_application_has_a_check_that_only_datadog_knows(asked: dict[str, tuple[Asking, ...]]) -> None:
    *built_ins, last = asked["notifications"]
    assert [one.unreadable for one in built_ins] == ["", ""]
    assert (last.check.name, last.unreadable) == (
        "datadog-success-rate",
        "Values of datadog are not readable from here.",
    )
