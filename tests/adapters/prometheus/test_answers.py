"""What Prometheus answers, as numbers; and every answer that is none, as what it is."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Any

import pytest

from rollouts.adapters.prometheus.source import PrometheusSource
from rollouts.domain.errors import MetricsDenied, MetricsError, MetricsUnfinished, MetricsUnreachable, QueryRefused
from rollouts.domain.metrics import Answer, Reply, Series
from tests.support.faults import NotJSON, Redirect
from tests.support.misbehaving import FakeCluster

BEGIN, END = datetime(2025, 11, 25, 12, 0, tzinfo=UTC), datetime(2025, 11, 25, 12, 1, tzinfo=UTC)


def answers(server: FakeCluster, kind: str, result: Any, **more: Any) -> None:
    body = {"status": "success", "data": {"resultType": kind, "result": result}, **more}
    server.metrics = lambda request: (200, body)


def refuses(server: FakeCluster, code: int, error: str = "said Prometheus") -> None:
    server.metrics = lambda request: (code, {"status": "error", "errorType": "bad_data", "error": error})


def vector(*values: str) -> list[Any]:
    return [{"metric": {"pod": f"p{number}"}, "value": [1764072000.5, text]} for number, text in enumerate(values)]


def test_a_value_now_is_asked_by_the_sources_own_clock(server: FakeCluster, source: PrometheusSource) -> None:
    answers(server, "vector", vector("65.6249"))
    assert source.instant("sum(up)") == Answer((Series({"pod": "p0"}, ((1764072000.5, 65.6249),)),))
    [request] = server.requests
    assert (request.verb, request.path) == ("GET", "/api/v1/query")
    assert request.query == {"query": "sum(up)", "timeout": "8s"}


def test_a_value_of_a_moment_is_asked_for_that_moment(server: FakeCluster, source: PrometheusSource) -> None:
    source.instant("up", BEGIN)
    assert server.requests[0].query["time"] == "1764072000.000"


def test_values_of_a_time_are_asked_with_their_step(server: FakeCluster, source: PrometheusSource) -> None:
    answers(server, "matrix", [{"metric": {}, "values": [[1764072000, "1"], [1764072015, "2.5"]]}])
    found = source.range('up{job="a b"}', BEGIN, END, 15)
    assert found == Answer((Series({}, ((1764072000.0, 1.0), (1764072015.0, 2.5))),))
    assert server.requests[0].path == "/api/v1/query_range"
    assert server.requests[0].query == {
        "query": 'up{job="a b"}',
        "start": "1764072000.000",
        "end": "1764072060.000",
        "step": "15",
        "timeout": "8s",
    }


def test_no_series_is_an_answer(server: FakeCluster, source: PrometheusSource) -> None:
    assert source.instant("up") == Answer()
    answers(server, "matrix", [])
    assert source.range("up", BEGIN, END, 15) == Answer()


def test_what_is_no_number_is_kept_as_it_came(server: FakeCluster, source: PrometheusSource) -> None:
    answers(server, "vector", vector("NaN", "+Inf", "-Inf"))
    values = [series.samples[0][1] for series in source.instant("up").series]
    assert math.isnan(values[0])
    assert values[1:] == [math.inf, -math.inf]


def test_several_series_keep_their_order_since_flagger_takes_the_last(
    server: FakeCluster, source: PrometheusSource
) -> None:
    answers(server, "vector", vector("1", "2", "3"))
    assert [series.labels["pod"] for series in source.instant("up").series] == ["p0", "p1", "p2"]


def test_a_scalar_is_a_value(server: FakeCluster, source: PrometheusSource) -> None:
    answers(server, "scalar", [1764072000, "1"])
    assert source.instant("scalar(up)") == Answer((Series({}, ((1764072000.0, 1.0),)),))


def test_a_histogram_has_no_value(server: FakeCluster, source: PrometheusSource) -> None:
    answers(server, "vector", [{"metric": {}, "histogram": [1764072000, {"count": "3"}]}])
    assert source.instant("up") == Answer()


@pytest.mark.parametrize(("kind", "result"), [("matrix", []), ("string", [1764072000, "text"])])
def test_what_flagger_cannot_use_is_refused(
    server: FakeCluster, source: PrometheusSource, kind: str, result: Any
) -> None:
    answers(server, kind, result)
    with pytest.raises(QueryRefused, match=r"a range of values where|a string instead of numbers"):
        source.instant("up[1m]")


def test_warnings_come_along_within_limits(server: FakeCluster, source: PrometheusSource) -> None:
    answers(server, "vector", vector("1"), warnings=["a store is away\n", *("x" * 1000 for _ in range(9))])
    warnings = source.instant("up").warnings
    assert warnings[0] == "a store is away "
    assert [len(one) for one in warnings[1:]] == [300] * 4


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (400, QueryRefused),
        (401, MetricsDenied),
        (403, MetricsDenied),
        (404, MetricsUnreachable),
        (422, QueryRefused),
        (429, MetricsUnreachable),
        (500, MetricsUnreachable),
        (502, MetricsUnreachable),
        (503, MetricsUnreachable),
    ],
)
def test_every_refusal_has_its_error(
    server: FakeCluster, source: PrometheusSource, code: int, expected: type[MetricsError]
) -> None:
    refuses(server, code)
    with pytest.raises(expected) as caught:
        source.instant("up")
    assert type(caught.value) is expected
    assert server.url in str(caught.value)
    assert str(code) in str(caught.value)


def test_a_query_that_prometheus_itself_gives_up_is_told_from_a_failing_source(
    server: FakeCluster, source: PrometheusSource
) -> None:
    server.metrics = lambda request: (503, {"status": "error", "errorType": "timeout", "error": "query timed out"})
    with pytest.raises(MetricsUnfinished, match="query timed out"):
        source.instant("up")


def test_the_sentence_carries_what_was_wrong_with_the_query(server: FakeCluster, source: PrometheusSource) -> None:
    refuses(server, 400, "1:4: parse error: \nunexpected <EOF>" + "x" * 5000)
    with pytest.raises(QueryRefused, match="parse error:  unexpected <EOF>") as caught:
        source.instant("sum(")
    assert len(str(caught.value)) < 500


def test_an_error_with_a_good_code_is_one_too(server: FakeCluster, source: PrometheusSource) -> None:
    refuses(server, 200)
    with pytest.raises(QueryRefused, match="said Prometheus"):
        source.instant("up")


@pytest.mark.parametrize(
    "body",
    [
        {"status": "success"},
        {"kind": "PodList", "items": []},
        {"status": "success", "data": {"resultType": "vector", "result": [{"metric": {}, "value": [1, 2]}]}},
        {"status": "success", "data": {"resultType": "vector", "result": [{"metric": {}, "value": [1, "high"]}]}},
        [],
    ],
)
def test_what_is_no_prometheus_is_told(server: FakeCluster, source: PrometheusSource, body: Any) -> None:
    server.metrics = lambda request: (200, body)
    with pytest.raises(MetricsError):
        source.instant("up")


def test_the_page_of_a_proxy_is_no_answer_and_is_shown_to_nobody(server: FakeCluster, source: PrometheusSource) -> None:
    server.faults.append(NotJSON())
    with pytest.raises(MetricsUnreachable, match="did not answer like a Prometheus") as caught:
        source.instant("up")
    assert "sign in" not in str(caught.value)


def test_a_redirect_is_not_followed(server: FakeCluster, source: PrometheusSource) -> None:
    server.faults.append(Redirect(f"{server.url}/elsewhere"))
    with pytest.raises(MetricsUnreachable, match="redirects elsewhere"):
        source.instant("up")
    assert len(server.requests) == 1


@pytest.mark.parametrize(("offset", "word"), [(90, "ahead of"), (-90, "behind")])
def test_a_clock_that_is_wrong_is_told(server: FakeCluster, source: PrometheusSource, offset: float, word: str) -> None:
    server.clock_offset = offset
    answers(server, "vector", vector("1"))
    [warning] = source.instant("up").warnings
    assert word in warning
    assert warning.startswith(("Its clock is 90 s", "Its clock is 89 s", "Its clock is 91 s"))


def test_a_slow_answer_is_not_taken_for_a_wrong_clock() -> None:
    body = b'{"status":"success","data":{"resultType":"vector","result":[]}}'
    moments = iter([1764072000.0, 1764072008.0])
    reply = Reply(200, body, "Tue, 25 Nov 2025 12:00:08 GMT")
    slow = PrometheusSource("it", lambda path, given: reply, now=lambda: next(moments))
    assert slow.instant("up").warnings == ()
