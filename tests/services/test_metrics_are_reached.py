"""The way to a cluster's metrics: through the API server or directly, and which credential goes where."""

from __future__ import annotations

import threading
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import replace

import pytest
from django.conf import settings

from rollouts import wiring
from rollouts.adapters.kubernetes.connection import KubernetesConnection
from rollouts.adapters.kubernetes.transport import Limits
from rollouts.domain.asking import askings
from rollouts.domain.errors import MetricsDenied, MetricsUnfinished, MetricsUnreachable
from rollouts.domain.metrics import Answer, MetricTemplate, Place, Revisions, Series, Way
from rollouts.domain.observations import Canary, Check
from rollouts.domain.ports import MetricsDoor
from rollouts.models import Cluster
from rollouts.services import clusters
from rollouts.services.secrets import Cipher
from tests.support.faults import Answer as Refusal
from tests.support.faults import Fault, Reset, Silence
from tests.support.misbehaving import TOKEN, FakeCluster
from tests.support.objects import Object, knative_service, metric_template, secret

pytestmark = pytest.mark.django_db
ONE = {"status": "success", "data": {"resultType": "vector", "result": [{"metric": {}, "value": [1, "1"]}]}}
PROXIED = Place(Way.PROXY, "http://prometheus:9090", "mesh", "prometheus", "http", "9090")
CHECK = Check("errors", 60, maximum=1, interval_text="1m", template="errors", template_namespace="mon")
CANARY = Canary("shop", "cart", "uid", "1", target_name="cart", service_name="cart", checks=(CHECK,))


@pytest.fixture
def server() -> Iterator[FakeCluster]:
    with FakeCluster() as running:
        running.metrics = lambda request: (200, ONE)
        yield running


@pytest.fixture
def prometheus() -> Iterator[FakeCluster]:
    """One of its own, outside of the cluster."""
    with FakeCluster(tls=False) as running:
        running.metrics = lambda request: (200, ONE)
        running.tokens = {""}
        yield running


@pytest.fixture
def cluster(server: FakeCluster) -> Cluster:
    return clusters.add(name="prod", ways=wiring.ways(), kubeconfig=server.kubeconfig().encode()).cluster


@pytest.fixture
def door(cluster: Cluster) -> Iterator[MetricsDoor]:
    opened = wiring.open_metrics(cluster)
    yield opened
    opened.close()


def asked(server: FakeCluster) -> list[str]:
    return [one.header("Authorization") for one in server.requests if "/api/v1/query" in one.path]


def login(**data: str) -> Object:
    return secret("mon", "login", **{key: b64encode(value.encode()).decode() for key, value in data.items()})


def outside(prometheus: FakeCluster) -> Place:
    return Place(Way.DIRECT, prometheus.url, scheme="http")


def test_a_service_is_asked_through_the_api_server(server: FakeCluster, door: MetricsDoor) -> None:
    source = door.source(PROXIED)
    assert source.instant("up") == Answer((Series({}, ((1.0, 1.0),)),))
    assert server.requests[-1].path.startswith("/api/v1/namespaces/mesh/services/http:prometheus:9090/proxy/")


def test_opening_asks_nobody(server: FakeCluster, cluster: Cluster) -> None:
    before = len(server.requests)
    opened = wiring.open_metrics(cluster)
    opened.source(PROXIED)
    opened.close()
    assert len(server.requests) == before


@pytest.mark.parametrize(
    ("code", "expected"),
    [(403, MetricsDenied), (401, MetricsDenied), (404, MetricsUnreachable), (503, MetricsUnreachable)],
)
def test_a_closed_way_is_an_error_of_metrics(
    server: FakeCluster, door: MetricsDoor, code: int, expected: type[Exception]
) -> None:
    server.faults.append(Refusal(code, "said the API server"))
    with pytest.raises(expected, match="said the API server"):
        door.source(PROXIED).instant("up")


@pytest.mark.parametrize(("fault", "expected"), [(Silence, MetricsUnfinished), (Reset, MetricsUnreachable)])
def test_an_answer_that_takes_too_long_is_told_from_a_closed_way(
    server: FakeCluster,
    cluster: Cluster,
    fault: type[Fault],
    expected: type[Exception],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hasty = Limits(read=0.6, relayed=1.2)
    monkeypatch.setattr(wiring, "connect_briefly", lambda credential: KubernetesConnection(credential, hasty))
    opened = wiring.open_metrics(cluster)
    server.faults.append(fault())
    with pytest.raises(MetricsUnreachable) as caught:
        opened.source(PROXIED).instant("up")
    assert type(caught.value) is expected
    opened.close()


def test_a_cluster_that_is_away_is_an_error_of_metrics(server: FakeCluster, cluster: Cluster) -> None:
    Cluster.objects.filter(pk=cluster.pk).update(secret="")
    cluster.refresh_from_db()
    opened = wiring.open_metrics(cluster)
    with pytest.raises(MetricsUnreachable, match="cannot be decrypted"):
        opened.source(PROXIED).instant("up")
    assert "cannot be decrypted" in str(opened.template("mon", "errors"))
    opened.close()


def test_an_address_found_in_the_cluster_is_sent_no_credential(
    server: FakeCluster, prometheus: FakeCluster, cluster: Cluster
) -> None:
    cluster.prometheus_url, cluster.prometheus_user = "https://prometheus.example", ""
    cluster.prometheus_secret = Cipher(settings.SECRET_KEYS).encrypt(b"hunter2")
    opened = wiring.open_metrics(cluster)
    opened.source(outside(prometheus)).instant("up")
    assert asked(prometheus) == [""]
    opened.close()


@pytest.mark.parametrize(("user", "header"), [("", "Bearer hunter2"), ("me", "Basic bWU6aHVudGVyMg==")])
def test_the_address_an_administrator_gave_is_sent_the_credential_that_was_given_with_it(
    prometheus: FakeCluster, cluster: Cluster, user: str, header: str
) -> None:
    prometheus.tokens = {header.removeprefix("Bearer ")}
    cluster.prometheus_url, cluster.prometheus_user = prometheus.url, user
    cluster.prometheus_secret = Cipher(settings.SECRET_KEYS).encrypt(b"hunter2")
    opened = wiring.open_metrics(cluster)
    opened.source(replace(outside(prometheus), trusted=True)).instant("up")
    assert asked(prometheus) == [header]
    opened.close()


def test_a_password_that_cannot_be_decrypted_says_so(prometheus: FakeCluster, cluster: Cluster) -> None:
    cluster.prometheus_url, cluster.prometheus_secret = prometheus.url, "nonsense"
    opened = wiring.open_metrics(cluster)
    with pytest.raises(MetricsDenied, match="cannot be decrypted"):
        opened.source(replace(outside(prometheus), trusted=True))
    opened.close()


@pytest.mark.parametrize(
    ("data", "header"),
    [
        ({"token": "of-the-team\n"}, "Bearer of-the-team"),
        ({"username": "me", "password": "hunter2"}, "Basic bWU6aHVudGVyMg=="),
        ({"token": "first", "username": "me", "password": "hunter2"}, "Bearer first"),
    ],
)
def test_a_templates_secret_goes_to_the_templates_address(
    server: FakeCluster, prometheus: FakeCluster, cluster: Cluster, data: dict[str, str], header: str
) -> None:
    prometheus.tokens = {header.removeprefix("Bearer ")}
    server.set(login(**data))
    provider = {"type": "prometheus", "address": prometheus.url, "secretRef": {"name": "login"}}
    server.set(metric_template("mon", "errors", "sum(up)", provider))
    cluster.metrics_allowed = [prometheus.url]
    opened = wiring.open_metrics(cluster)
    [asking] = askings(CANARY, {("mon", "errors"): opened.template("mon", "errors")}, clusters.metrics_of(cluster))
    assert asking.place is not None
    opened.source(asking.place).instant(asking.green)
    assert asked(prometheus) == [header]
    assert TOKEN not in header
    opened.close()


@pytest.mark.parametrize("allowed", [True, False])
def test_a_templates_headers_go_where_it_is_asked_for(
    server: FakeCluster, prometheus: FakeCluster, cluster: Cluster, allowed: bool
) -> None:
    address = prometheus.url if allowed else "http://prometheus.mesh:9090"
    provider = {"type": "prometheus", "address": address, "headers": {"X-Scope-OrgID": ["shop"]}}
    server.set(metric_template("mon", "errors", "sum(up)", provider))
    cluster.metrics_allowed = [prometheus.url]
    opened = wiring.open_metrics(cluster)
    [asking] = askings(CANARY, {("mon", "errors"): opened.template("mon", "errors")}, clusters.metrics_of(cluster))
    assert asking.place is not None
    opened.source(asking.place).instant(asking.green)
    asked_there, not_there = (prometheus, server) if allowed else (server, prometheus)
    assert asked_there.requests[-1].header("X-Scope-OrgID") == "shop"
    assert not any(one.header("X-Scope-OrgID") for one in not_there.requests)
    assert asked_there.requests[-1].header("Authorization") == ("" if allowed else f"Bearer {TOKEN}")
    opened.close()


def test_an_allowed_address_is_asked_without_verification_where_the_template_says_so(cluster: Cluster) -> None:
    with FakeCluster() as shown:
        shown.metrics, shown.tokens = lambda request: (200, ONE), {""}
        place = Place(Way.DIRECT, shown.url, scheme="https")
        opened = wiring.open_metrics(cluster)
        with pytest.raises(MetricsUnreachable, match="its certificate is not accepted"):
            opened.source(place).instant("up")
        assert opened.source(replace(place, insecure=True)).instant("up").series
        opened.close()


def test_a_templates_secret_that_may_not_be_read_or_says_nothing_is_told(
    server: FakeCluster, prometheus: FakeCluster, door: MetricsDoor
) -> None:
    place = replace(outside(prometheus), secret_namespace="mon", secret="login")
    server.set(login(password="x"))
    with pytest.raises(MetricsDenied, match="neither a token nor a user and password"):
        door.source(place)
    server.set(login(token="a\nb"))
    with pytest.raises(MetricsDenied, match="neither a token"):
        door.source(place)
    server.denied.add(("get", "secrets"))
    with pytest.raises(MetricsDenied, match="Secret mon/login, which a MetricTemplate names for its address, cannot"):
        door.source(place)
    assert prometheus.requests == []


def test_a_template_is_read_once_while_the_door_is_open(server: FakeCluster, door: MetricsDoor) -> None:
    server.set(metric_template("mon", "errors", "sum(up)", {"type": "prometheus", "address": "http://p.mon:9090"}))
    for _ in range(2):
        assert isinstance(door.template("mon", "errors"), MetricTemplate)
        assert "knows no such thing (404)" in str(door.template("mon", "gone"))
    assert len([one for one in server.requests if one.plural == "metrictemplates"]) == 2


def test_the_revisions_of_a_knative_service_are_read_once_while_the_door_is_open(
    server: FakeCluster, door: MetricsDoor
) -> None:
    server.set(knative_service("shop", "cart", newest="cart-00002", primary="cart-00001"))
    assert [door.revisions(CANARY) for _ in range(2)] == [Revisions("cart-00002", "cart-00001")] * 2
    assert len([one for one in server.requests if one.plural == "services"]) == 1
    server.denied.add(("get", "services"))
    assert "get Knative Service shop/other" in str(door.revisions(replace(CANARY, target_name="other")))


def test_an_api_server_that_gives_no_answer_is_not_asked_for_each_template(
    server: FakeCluster, door: MetricsDoor
) -> None:
    server.faults.append(Reset(when=lambda request: request.plural == "metrictemplates", times=None))
    assert len({str(door.template("mon", name)) for name in "abc"}) == 1
    assert len([one for one in server.requests if one.plural == "metrictemplates"]) == 1


def test_threads_share_one_connection(server: FakeCluster, door: MetricsDoor) -> None:
    sources = [door.source(PROXIED) for _ in range(6)]
    threads = [threading.Thread(target=source.instant, args=("up",)) for source in sources]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert asked(server) == [f"Bearer {TOKEN}"] * 6


def test_a_closed_door_lets_nobody_through(server: FakeCluster, door: MetricsDoor) -> None:
    source = door.source(PROXIED)
    source.instant("up")
    door.close()
    with pytest.raises(MetricsUnreachable):
        source.instant("up")
