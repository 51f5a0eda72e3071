"""Metrics read with the cluster's own credential: through the service proxy, and the templates of their queries."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from rollouts.adapters.kubernetes.connection import KubernetesConnection
from rollouts.adapters.kubernetes.transport import Limits
from rollouts.domain.errors import ClusterError, Forbidden, NotFound, Unauthenticated, Unreachable
from rollouts.domain.metrics import MetricTemplate, Place, Revisions, Way
from tests.support.faults import Answer, Cut, Drip, Fault, Flood, NotJSON, Redirect, Silence
from tests.support.misbehaving import NOTHING, TOKEN, FakeCluster
from tests.support.objects import deployment, knative_service, metric_template

PROMETHEUS = Place(Way.PROXY, "http://prometheus.mon:9090/p", "mon", "prometheus", "http", "9090", "/p")
QUERY = "/api/v1/query"
HASTY = Limits(connect=2, read=0.6, whole=20, relayed=1.2, relayed_body=1000)


def test_a_question_goes_to_the_service_with_get_and_this_clusters_credential(
    cluster: FakeCluster, connection: KubernetesConnection
) -> None:
    reply = connection.proxied(PROMETHEUS, QUERY, {"query": 'up{a="b c"}'})
    assert (reply.status, reply.date[-3:]) == (200, "GMT")
    [request] = cluster.requests
    assert request.verb == "GET"
    assert request.path == "/api/v1/namespaces/mon/services/http:prometheus:9090/proxy/p/api/v1/query"
    assert request.query == {"query": 'up{a="b c"}'}
    assert request.header("Authorization") == f"Bearer {TOKEN}"


def test_headers_of_a_template_go_along_and_stand_for_none_of_ours(
    cluster: FakeCluster, connection: KubernetesConnection
) -> None:
    headers = (("X-Scope-OrgID", "a"), ("x-scope-orgid", "b"), ("authorization", "Bearer mine"), ("Accept", "x/y"))
    connection.proxied(replace(PROMETHEUS, headers=headers), QUERY, {})
    [request] = cluster.requests
    sent = [(name.lower(), value) for name, value in request.headers]
    assert [value for name, value in sent if name == "x-scope-orgid"] in (["a", "b"], ["a, b"])
    assert [value for name, value in sent if name == "authorization"] == [f"Bearer {TOKEN}"]
    assert [value for name, value in sent if name == "accept"] == ["application/json"]


@pytest.mark.parametrize("code", [400, 401, 403, 404, 422, 500, 503])
def test_what_the_service_answers_is_given_on_whatever_it_is(
    cluster: FakeCluster, connection: KubernetesConnection, code: int
) -> None:
    cluster.metrics = lambda request: (code, {"status": "error", "error": "said Prometheus"})
    reply = connection.proxied(PROMETHEUS, QUERY, {})
    assert reply.status == code
    assert b"said Prometheus" in reply.body


def test_a_page_and_a_redirect_of_the_service_are_given_on_too(
    cluster: FakeCluster, connection: KubernetesConnection
) -> None:
    cluster.faults += [NotJSON(), Redirect(f"{cluster.url}/elsewhere")]
    assert connection.proxied(PROMETHEUS, QUERY, {}).body.startswith(b"<html>")
    assert connection.proxied(PROMETHEUS, QUERY, {}).status == 307
    assert len(cluster.requests) == 2


@pytest.mark.parametrize(
    ("code", "message", "expected"),
    [
        (401, "Unauthorized", Unauthenticated),
        (403, 'services "http:prometheus:9090" is forbidden: cannot get resource "services/proxy"', Forbidden),
        (404, 'services "prometheus" not found', NotFound),
        (503, 'no endpoints available for service "http:prometheus:9090"', Unreachable),
        (502, "error trying to reach service: dial tcp 10.0.0.7:9090: connect: connection refused", Unreachable),
    ],
)
def test_where_the_api_server_itself_refuses_it_is_an_error_of_the_cluster(
    cluster: FakeCluster, connection: KubernetesConnection, code: int, message: str, expected: type[ClusterError]
) -> None:
    cluster.faults.append(Answer(code, message))
    with pytest.raises(expected, match="asked to pass a question on to Service mon/prometheus") as caught:
        connection.proxied(PROMETHEUS, QUERY, {})
    assert type(caught.value) is expected
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (Silence, "sent nothing for too long"),
        (lambda: Drip(0.05), "had not finished after 1.2 s"),
        (Flood, "sent more than 1000 bytes"),
        (lambda: Cut(after_bytes=10), "broke off"),
    ],
)
def test_a_service_cannot_hold_anybody_up(cluster: FakeCluster, fault: Callable[[], Fault], words: str) -> None:
    connection = KubernetesConnection(cluster.credential(), HASTY)
    cluster.faults.append(fault())
    with pytest.raises(Unreachable, match=words):
        connection.proxied(PROMETHEUS, QUERY, {})
    connection.close()


def test_names_cannot_leave_their_place_in_the_path(cluster: FakeCluster, connection: KubernetesConnection) -> None:
    wicked = Place(Way.PROXY, "", "a/../b", "x/../../secrets", "http", "1?", "/p#x")
    connection.proxied(wicked, QUERY, {})
    assert cluster.requests[0].path == (
        "/api/v1/namespaces/a%2F..%2Fb/services/http:x%2F..%2F..%2Fsecrets:1%3F/proxy/p%23x/api/v1/query"
    )


@pytest.mark.parametrize(
    ("provider", "expected"),
    [
        (
            {"type": "prometheus", "address": "http://prom.mon:9090"},
            MetricTemplate("mon", "errors", "prometheus", "http://prom.mon:9090", "sum(up)"),
        ),
        (
            {
                "type": "prometheus",
                "address": "https://prom.example",
                "secretRef": {"name": "login"},
                "insecureSkipVerify": True,
                "headers": {"X-Scope-OrgID": ["shop", "cart"], "X-Empty": None},
            },
            MetricTemplate(
                *("mon", "errors", "prometheus", "https://prom.example", "sum(up)", "login"),
                insecure=True,
                headers=(("X-Scope-OrgID", "shop"), ("X-Scope-OrgID", "cart")),
            ),
        ),
        ({"type": "datadog", "address": None}, MetricTemplate("mon", "errors", "datadog", "", "sum(up)")),
        (None, MetricTemplate("mon", "errors", "", "", "sum(up)")),
    ],
)
def test_a_metric_template_is_read(
    cluster: FakeCluster, connection: KubernetesConnection, provider: dict[str, Any] | None, expected: MetricTemplate
) -> None:
    cluster.set(metric_template("mon", "errors", "sum(up)", provider))
    assert connection.metric_template("mon", "errors") == expected


def test_a_metric_template_that_is_not_there_or_not_allowed_says_so(
    cluster: FakeCluster, connection: KubernetesConnection
) -> None:
    with pytest.raises(NotFound, match="get MetricTemplate mon/errors"):
        connection.metric_template("mon", "errors")
    cluster.denied.add(("get", "metrictemplates"))
    with pytest.raises(Forbidden):
        connection.metric_template("mon", "errors")


@pytest.mark.parametrize(("newest", "primary"), [("cart-00002", "cart-00001"), ("cart-00001", None), (None, None)])
def test_the_revisions_of_a_knative_service_are_read(
    cluster: FakeCluster, connection: KubernetesConnection, newest: str | None, primary: str | None
) -> None:
    cluster.set(knative_service("shop", "cart", newest=newest, primary=primary))
    assert connection.revisions("shop", "cart") == Revisions(newest or "", primary or "")
    assert cluster.requests[-1].path == "/apis/serving.knative.dev/v1/namespaces/shop/services/cart"


def test_a_knative_service_that_is_not_there_or_not_allowed_says_so(
    cluster: FakeCluster, connection: KubernetesConnection
) -> None:
    with pytest.raises(NotFound, match="get Knative Service shop/cart"):
        connection.revisions("shop", "cart")
    cluster.denied.add(("get", "services"))
    with pytest.raises(Forbidden):
        connection.revisions("shop", "cart")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], ("istio", "")),
        (["-mesh-provider=nginx", "-metrics-server=http://prom:9090"], ("nginx", "http://prom:9090")),
        (["--metrics-server", "http://prom.mon:9090", "--mesh-provider", "kuma"], ("kuma", "http://prom.mon:9090")),
        (["-metrics-server"], ("istio", "")),
        (["metrics-server=http://x"], ("istio", "")),
    ],
)
def test_flaggers_flags_are_read(
    cluster: FakeCluster, connection: KubernetesConnection, arguments: list[str], expected: tuple[str, str]
) -> None:
    found = deployment("flagger-system", "flagger", "ghcr.io/fluxcd/flagger:1.44.0")
    found["spec"]["template"]["spec"]["containers"][0]["args"] = arguments
    cluster.set(found)
    facts = connection.facts()
    assert (facts.mesh_provider, facts.metrics_server) == expected
    assert facts.flagger_namespace == "flagger-system"


@pytest.mark.parametrize(("ready", "expected"), [(1, True), (0, False), (None, False)])
def test_flagger_without_a_ready_pod_is_told(
    cluster: FakeCluster, connection: KubernetesConnection, ready: int | None, expected: bool
) -> None:
    assert connection.facts().flagger_ready is None
    cluster.set({**deployment("f", "flagger", "ghcr.io/fluxcd/flagger:1.44.0"), "status": {"readyReplicas": ready}})
    assert connection.facts().flagger_ready is expected


LABEL = {"app.kubernetes.io/name": "flagger"}


def flagger(namespace: str, version: str, *arguments: str, ready: int = 1) -> dict[str, Any]:
    found = deployment(namespace, "flagger", f"ghcr.io/fluxcd/flagger:{version}")
    found["spec"]["template"]["spec"]["containers"][0]["args"] = list(arguments)
    return found | {"status": {"readyReplicas": ready}}


@pytest.mark.parametrize("labels", [{}, LABEL])
@pytest.mark.parametrize(
    ("several", "expected"),
    [
        ([flagger("a", "1.0", ready=0), flagger("b", "2.0")], "2.0"),
        ([flagger("a", "1.0", "-namespace=shop"), flagger("b", "2.0")], "2.0"),
        ([flagger("a", "1.0", "-namespace="), flagger("b", "2.0")], "1.0"),
        ([flagger("a", "1.0", "-namespace=shop"), flagger("b", "2.0", ready=0)], "1.0"),
        ([flagger("b", "1.0"), flagger("a", "2.0")], "2.0"),
        ([flagger("b", "1.0", ready=0), flagger("c", "2.0", "-namespace=shop", ready=0)], "1.0"),
    ],
)
def test_of_several_flaggers_the_one_that_works_for_the_whole_cluster_speaks_for_it(
    cluster: FakeCluster,
    connection: KubernetesConnection,
    several: list[dict[str, Any]],
    expected: str,
    labels: dict[str, str],
) -> None:
    for one in several:
        cluster.set({**one, "metadata": {**one["metadata"], "labels": labels}})
    assert connection.facts().flagger_version == expected


@pytest.mark.parametrize("trial", [flagger("a", "1.0", ready=0), flagger("a", "1.0", "-namespace=shop")])
def test_a_labelled_flagger_that_does_not_serve_the_cluster_hides_no_other(
    cluster: FakeCluster, connection: KubernetesConnection, trial: dict[str, Any]
) -> None:
    cluster.set({**trial, "metadata": {**trial["metadata"], "labels": LABEL}})
    assert connection.facts().flagger_version == "1.0"
    cluster.set(flagger("b", "2.0"))
    assert connection.facts().flagger_version == "2.0"


def test_the_answer_of_a_prometheus_comes_through_unchanged(
    cluster: FakeCluster, connection: KubernetesConnection
) -> None:
    cluster.metrics = lambda request: (200, {**NOTHING, "warnings": ["half of it"]})
    assert b"half of it" in connection.proxied(PROMETHEUS, QUERY, {}).body
