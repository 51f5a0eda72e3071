"""With the real adapters, over TLS through the service proxy of an API server on loopback."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from rollouts import wiring
from rollouts.domain.policies.trying import SCRAPES, Question
from rollouts.models import Cluster, QueryTrial
from rollouts.services import clusters, retention, trials
from rollouts.services.trials.requesting import BUSY, MOST, STOPPED
from tests.support.exchange import Request
from tests.support.misbehaving import FakeCluster

pytestmark = pytest.mark.django_db
ORDERS = Question(
    "shop", "checkout", "checkout", "istio", "orders", 10, built_in=False, source="prometheus",
    address="http://prometheus.monitoring:9090", query='sum(orders{pod=~"{{ target }}-.*"})',
)  # fmt: skip


@pytest.fixture
def server() -> Iterator[FakeCluster]:
    with FakeCluster() as running:
        yield running


@pytest.fixture
def cluster(server: FakeCluster) -> Cluster:
    return clusters.add(name="prod", ways=wiring.ways(), kubeconfig=server.kubeconfig().encode()).cluster


def values(request: Request) -> tuple[int, Any]:
    """Three of green, four of blue, and a scrape every 15 s."""
    query = request.query["query"]
    value = "40" if query == SCRAPES else "4" if "-primary" in query else "3"
    return 200, {"status": "success", "data": {"resultType": "vector", "result": [{"metric": {}, "value": [1, value]}]}}


def refused(request: Request) -> tuple[int, Any]:
    return 400, {"status": "error", "errorType": "bad_data", "error": "1:5: parse error near --password=hunter2"}


def ask(cluster: Cluster, question: Question = ORDERS, later: float = 0) -> tuple[QueryTrial | str, list[Any]]:
    asked: list[Any] = []
    now = timezone.now() + timedelta(seconds=later)
    found = trials.request(cluster=cluster, question=question, enqueue=lambda *one: asked.append(one), now=now)
    return found, asked


def answered(cluster: Cluster, question: Question = ORDERS) -> QueryTrial:
    found, _ = ask(cluster, question)
    assert isinstance(found, QueryTrial)
    trials.answer(trial=found.pk, open_metrics=wiring.open_metrics, now=timezone.now)
    found.refresh_from_db()
    return found


def test_both_sides_are_asked_and_the_scrapes(server: FakeCluster, cluster: Cluster) -> None:
    server.metrics = values
    found = answered(cluster)
    assert (found.said, found.good) == ("It is understood: green 3.00, blue 4.00.", True)
    assert "every 15 s: over 10 s there may be no value" in found.hint
    assert found.sealed == "", "what was typed may hold a secret"
    assert len([one for one in server.requests if "/services/http:prometheus:9090/proxy/" in one.path]) == 3


def test_a_query_that_is_not_understood_says_what_prometheus_says(server: FakeCluster, cluster: Cluster) -> None:
    server.metrics = refused
    found = answered(cluster)
    assert not found.good
    assert found.said.startswith("It is not understood:")
    assert "parse error" in found.said
    assert "hunter2" not in found.said


def test_without_values_it_is_understood_and_not_good(cluster: Cluster) -> None:
    found = answered(cluster)
    assert not found.good
    assert "Without values a check fails" in found.said


def test_a_prometheus_that_is_away_is_told(server: FakeCluster, cluster: Cluster) -> None:
    server.metrics = lambda request: (503, {})
    found = answered(cluster)
    assert not found.good
    assert "prometheus.monitoring" in found.said


def test_an_address_outside_of_the_cluster_is_not_asked(server: FakeCluster, cluster: Cluster) -> None:
    before = len(server.requests)
    found = answered(cluster, replace(ORDERS, address="http://prometheus.example.com"))
    assert "is no Service in it" in found.said
    assert len(server.requests) == before


def test_many_who_try_the_same_get_one_question(server: FakeCluster, cluster: Cluster) -> None:
    _, first = ask(cluster)
    _, second = ask(cluster)
    assert (len(first), second) == (1, [])
    _, lost = ask(cluster, later=20)
    assert len(lost) == 1, "a task that was lost is asked for again"
    found = answered(cluster)
    _, again = ask(cluster)
    assert again == []
    _, old = ask(cluster, later=90)
    assert len(old) == 1
    found.refresh_from_db()
    assert (found.answered_at, found.said) == (None, "")


def test_no_more_than_so_many_are_tried_in_a_minute_and_old_ones_make_room(cluster: Cluster) -> None:
    for number in range(MOST):
        assert ask(cluster, replace(ORDERS, query=f"up + {number}"))[1]
    assert ask(cluster) == (BUSY, [])
    found, asked = ask(cluster, later=120)
    assert isinstance(found, QueryTrial)
    assert len(asked) == 1
    assert QueryTrial.objects.count() == MOST


def test_a_cluster_that_is_not_watched_is_not_asked(cluster: Cluster) -> None:
    left = {"left_at": timezone.now()}
    for change in ({"observed": False}, {"state": "stopped"}, left):
        before, _ = ask(cluster, replace(ORDERS, query=f"up + {len(str(change))}"))
        assert isinstance(before, QueryTrial)
        off = Cluster.objects.get(pk=cluster.pk)
        vars(off).update(change)
        assert ask(off) == (STOPPED, [])
        Cluster.objects.filter(pk=cluster.pk).update(**change)
        trials.answer(trial=before.pk, open_metrics=never, now=timezone.now)
        before.refresh_from_db()
        assert (before.said, before.sealed) == (STOPPED, "")
        Cluster.objects.filter(pk=cluster.pk).update(observed=True, state="new", left_at=None)


def never(cluster: Cluster) -> Any:
    raise AssertionError(f"{cluster} is called")


SECRET = replace(ORDERS, address="http://prometheus.monitoring:9090/?token=hunter2", query='up{job="hunter2"}')


def test_what_was_typed_is_kept_encrypted_and_forgotten_where_nobody_answers(cluster: Cluster) -> None:
    found, _ = ask(cluster, SECRET)
    assert isinstance(found, QueryTrial)
    assert "hunter2" not in str(QueryTrial.objects.values_list())
    trials.forget(timezone.now())
    assert QueryTrial.objects.exists()
    retention.prune(keep=retention.Keep(), now=timezone.now() + timedelta(hours=2), seconds=9)
    assert not QueryTrial.objects.exists()


def test_with_other_keys_it_is_answered_by_a_sentence(cluster: Cluster, settings: Any) -> None:
    found, _ = ask(cluster, SECRET)
    assert isinstance(found, QueryTrial)
    settings.SECRET_KEYS = []
    trials.answer(trial=found.pk, open_metrics=never, now=timezone.now)
    found.refresh_from_db()
    assert "cannot be decrypted" in found.said


def test_without_keys_nothing_is_kept_and_that_is_told(cluster: Cluster, settings: Any) -> None:
    settings.SECRET_KEYS = []
    said, asked = ask(cluster)
    assert (asked, QueryTrial.objects.exists()) == ([], False)
    assert "set KURATOR_UI_SECRET_KEYS" in str(said)


PLAIN = replace(ORDERS, source="", address="", canary="shop-front", metrics_server="http://prometheus.monitoring:9090")


def queries(server: FakeCluster) -> list[str]:
    return [one.query["query"] for one in server.requests if "query" in one.query]


def test_a_query_of_a_plain_canary_is_asked_of_the_prometheus_that_it_names(
    server: FakeCluster, cluster: Cluster
) -> None:
    server.metrics = values
    found = answered(cluster, replace(PLAIN, interval=0))
    assert (found.said, found.good) == ("It is understood: green 3.00, blue 4.00.", True)
    assert queries(server)[0] == 'sum(orders{pod=~"checkout-.*"})'


def test_a_metric_template_is_read_where_a_plain_canary_refers_to_one(server: FakeCluster, cluster: Cluster) -> None:
    server.metrics = values
    provider = {"type": "prometheus", "address": "http://prometheus.monitoring:9090", "secretRef": {"name": "key"}}
    spec = {"provider": provider, "query": "sum(sold{tier='{{ variables.tier }}'})"}
    server.set({"kind": "MetricTemplate", "metadata": {"namespace": "shop", "name": "sold"}, "spec": spec})
    asked = replace(PLAIN, query="", template="sold", variables=[["tier", "gold"]])
    assert answered(cluster, asked).said.startswith("It is understood: green 3.00")
    assert queries(server)[0] == "sum(sold{tier='gold'})"
    assert not any("/secrets/" in one.path for one in server.requests)


def test_a_metric_template_of_another_namespace_is_not_read_for_whoever_names_it(
    server: FakeCluster, cluster: Cluster
) -> None:
    found = answered(cluster, replace(PLAIN, query="", template="sold", template_namespace="bank"))
    assert "It stands in namespace bank, and is tried only once the Canary names it." in found.said
    assert not any("metrictemplates" in one.path for one in server.requests)


def test_a_metric_template_that_is_not_there_is_said(server: FakeCluster, cluster: Cluster) -> None:
    found = answered(cluster, replace(PLAIN, query="", template="lost"))
    assert found.said.startswith("The MetricTemplate shop/lost cannot be read.")
