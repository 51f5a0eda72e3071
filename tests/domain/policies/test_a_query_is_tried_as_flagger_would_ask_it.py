from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from rollouts.domain.metrics import Answer, ClusterMetrics, Series, Way
from rollouts.domain.policies.trying import Question, asking_of, said_of, scraped_every, too_short

CLUSTER = ClusterMetrics(flag="http://prometheus:9090", flagger_namespace="istio-system", provider="istio")
OWN = Question(
    "shop", "checkout", "checkout", "istio", "orders", 90, built_in=False, source="prometheus",
    address="http://prometheus.monitoring:9090",
    query='sum(rate(orders{pod=~"{{ target }}-[0-9a-z]+-.*",namespace="{{ namespace }}"}[{{ interval }}]))',
)  # fmt: skip
RATE = Question("shop", "checkout", "checkout", "istio", "request-success-rate", 60, built_in=True)


def answer(*values: float) -> Answer:
    return Answer(tuple(Series({}, ((0.0, value),)) for value in values))


def test_the_names_and_the_interval_are_filled_in_and_its_own_address_is_asked() -> None:
    asking = asking_of(OWN, None, CLUSTER)
    assert asking.green == 'sum(rate(orders{pod=~"checkout-[0-9a-z]+-.*",namespace="shop"}[90s]))'
    assert "checkout-primary-" in asking.blue
    assert asking.place is not None
    assert (asking.place.way, asking.place.service, asking.place.namespace) == (Way.PROXY, "prometheus", "monitoring")
    assert asking.place.secret == ""


def test_a_built_in_one_is_asked_of_the_prometheus_of_flagger() -> None:
    asking = asking_of(RATE, None, CLUSTER)
    assert "istio_requests_total" in asking.green
    assert "[60s]" in asking.green
    assert asking.place is not None
    assert (asking.place.service, asking.place.namespace) == ("prometheus", "istio-system")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"source": "datadog"}, "Values of datadog are not readable from here."),
        ({"query": "{{ nobody }}"}, "The query"),
        ({"address": "http://prometheus.example.com"}, "is no Service in it"),
        ({"address": "http://169.254.169.254/latest"}, "is no Service in it"),
    ],
)
def test_what_is_not_asked_says_why(changed: dict[str, Any], said: str) -> None:
    asking = asking_of(replace(OWN, **changed), None, CLUSTER)
    assert asking.place is None
    assert said in asking.unreadable


def test_what_came_is_told_of_both_sides() -> None:
    rate = asking_of(RATE, None, CLUSTER)
    assert said_of(rate, answer(99.5), answer(100)) == "It is understood: green 99.50%, blue 100.00%."
    assert "green 12.00." in said_of(asking_of(OWN, None, CLUSTER), answer(12), None)
    assert "Green has values once it runs" in said_of(rate, answer(), answer(99.5))
    assert "Without values a check fails" in said_of(rate, answer(), answer())
    assert "no values" in said_of(rate, answer(float("nan")), None)
    assert "It gives 2 series; the last one counts" in said_of(rate, answer(1, 2), None)
    assert "The source warns: slow" in said_of(rate, Answer(answer(1).series, ("slow",)), None)


def test_how_often_anything_is_scraped_is_made_of_the_most_often_scraped() -> None:
    assert scraped_every(answer(40)) == 15
    assert scraped_every(answer(41)) == 15
    assert scraped_every(answer()) is None
    assert scraped_every(answer(0)) is None
    assert scraped_every(answer(float("nan"))) is None


def test_an_interval_that_is_too_short_for_what_is_scraped_is_told() -> None:
    assert "over 10 s there may be no value" in too_short(10, 15)
    assert "a rate needs 2 scrapes" in too_short(20, 15)
    assert too_short(30, 15) == ""
    assert too_short(1, None) == ""
