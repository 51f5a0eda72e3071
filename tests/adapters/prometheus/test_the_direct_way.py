"""The way to an address: what is sent, when it is given up, and what never gets out."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Iterator
from urllib.parse import parse_qs

import pytest

from rollouts.adapters.prometheus.direct import Direct
from rollouts.adapters.prometheus.source import PrometheusSource
from rollouts.domain.errors import MetricsError, MetricsUnfinished, MetricsUnreachable
from rollouts.domain.metrics import Login
from tests.adapters.prometheus.conftest import HASTY, PATIENT
from tests.support.faults import Cut, Drip, Fault, Flood, Reset, Silence
from tests.support.misbehaving import FakeCluster

SECRET = "hunter2"
UNFINISHED: list[tuple[Callable[[], Fault], str]] = [
    (Silence, "sent nothing for too long"),
    (lambda: Silence(headers=True), "sent nothing for too long"),
    (lambda: Drip(0.05), "had not finished after 1.2 s"),
    (lambda: Drip(0.05, headers=True), "had not finished after 1.2 s"),
    (Flood, "sent more than 262144 bytes"),
]
BROKEN: list[tuple[Callable[[], Fault], str]] = [
    (Reset, "the connection broke off"),
    (lambda: Cut(after_bytes=20), "the connection broke off"),
]
FAULTS = UNFINISHED + BROKEN


@pytest.mark.parametrize(("fault", "words"), FAULTS)
def test_every_call_ends_with_a_sentence(
    server: FakeCluster, hasty: PrometheusSource, fault: Callable[[], Fault], words: str
) -> None:
    server.faults.append(fault())
    with pytest.raises(MetricsUnreachable, match=words):
        hasty.instant("up")
    assert hasty.instant("up").series == ()  # and the next one is not harmed


@pytest.mark.parametrize(("fault", "unfinished"), [(one, one in UNFINISHED) for one in FAULTS])
def test_an_answer_that_takes_too_long_is_told_from_a_source_that_is_away(
    server: FakeCluster, hasty: PrometheusSource, fault: tuple[Callable[[], Fault], str], unfinished: bool
) -> None:
    server.faults.append(fault[0]())
    with pytest.raises(MetricsUnreachable) as caught:
        hasty.instant("up")
    assert isinstance(caught.value, MetricsUnfinished) == unfinished


def test_a_server_that_says_nothing_at_all_is_given_up(server: FakeCluster, hasty: PrometheusSource) -> None:
    server.mute = True
    with pytest.raises(MetricsUnreachable, match="for too long"):
        hasty.instant("up")


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("http://127.0.0.1:1", "connection refused"),
        ("http://no-such-name.invalid:9090", "its name is not known"),
    ],
)
def test_what_cannot_be_reached_says_why(address: str, words: str) -> None:
    direct = Direct(address, limits=HASTY)
    with pytest.raises(MetricsUnreachable, match=words):
        direct("/api/v1/query", {})
    direct.close()


def test_a_source_that_cannot_be_reached_is_away() -> None:
    direct = Direct("http://127.0.0.1:1", limits=HASTY)
    with pytest.raises(MetricsUnreachable) as caught:
        direct("/api/v1/query", {})
    assert not isinstance(caught.value, MetricsUnfinished)
    direct.close()


def test_certificates_are_verified() -> None:
    with FakeCluster() as server:
        direct = Direct(server.url, Login(secret=SECRET), PATIENT)
        with pytest.raises(MetricsUnreachable, match="its certificate is not accepted"):
            direct("/api/v1/query", {})
        assert server.requests == []
        direct.close()


def test_a_certificate_is_not_verified_where_that_was_allowed() -> None:
    with FakeCluster() as server:
        server.tokens.add("")
        direct = Direct(server.url, limits=PATIENT, insecure=True)
        assert direct("/api/v1/query", {}).status == 200
        direct.close()


def test_what_does_not_speak_tls_is_told(server: FakeCluster) -> None:
    direct = Direct(server.url.replace("http:", "https:"), limits=PATIENT)
    with pytest.raises(MetricsUnreachable, match="no TLS connection came about"):
        direct("/api/v1/query", {})
    direct.close()


@pytest.mark.parametrize(
    ("login", "header"),
    [(None, ""), (Login(secret=SECRET), f"Bearer {SECRET}"), (Login("me", SECRET), "Basic bWU6aHVudGVyMg==")],
)
def test_who_asks_is_sent_as_given(server: FakeCluster, login: Login | None, header: str) -> None:
    server.tokens |= {SECRET, "Basic bWU6aHVudGVyMg=="}
    direct = Direct(server.url, login, PATIENT)
    assert direct("/api/v1/query", {"query": "up"}).status == 200
    assert server.requests[0].header("Authorization") == header
    direct.close()


@pytest.mark.parametrize("query", ["up", "sum(" + "x" * 5000 + ")"])
def test_headers_besides_are_sent_and_stand_for_none_of_ours(server: FakeCluster, query: str) -> None:
    server.tokens.add(SECRET)
    besides = (("X-Scope-OrgID", "shop"), ("authorization", "Bearer other"), ("Accept-Encoding", "gzip"))
    direct = Direct(server.url, Login(secret=SECRET), PATIENT, headers=besides)
    assert direct("/api/v1/query", {"query": query}).status == 200
    [request] = server.requests
    names = [name.lower() for name, _ in request.headers]
    assert (names.count("authorization"), names.count("accept-encoding")) == (1, 1)
    assert request.header("Authorization") == f"Bearer {SECRET}"
    assert (request.header("X-Scope-OrgID"), request.header("Accept-Encoding")) == ("shop", "identity")
    direct.close()


def test_the_path_of_an_address_comes_before_what_is_asked(server: FakeCluster) -> None:
    direct = Direct(f"{server.url}/select/0/", limits=PATIENT)
    direct("/api/v1/query", {"query": "up"})
    assert server.requests[0].path == "/select/0/api/v1/query"
    direct.close()


def test_only_a_very_long_query_is_posted(server: FakeCluster) -> None:
    direct, query = Direct(server.url, limits=PATIENT), "sum(" + "x" * 5000 + ")"
    direct("/api/v1/query", {"query": "up"})
    direct("/api/v1/query", {"query": query})
    short, long = server.requests
    assert (short.verb, long.verb, long.query) == ("GET", "POST", {})
    assert parse_qs(long.body.decode()) == {"query": [query]}
    direct.close()


def test_a_connection_serves_one_call_after_the_other(server: FakeCluster, source: PrometheusSource) -> None:
    for _ in range(3):
        source.instant("up")
    assert len(server.open_connections) == 1


def test_a_closed_one_answers_no_more(server: FakeCluster, source: PrometheusSource) -> None:
    source.close()
    with pytest.raises(MetricsUnreachable, match="closed here"):
        source.instant("up")
    assert server.requests == []


def chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


@pytest.mark.parametrize("login", [Login(secret=SECRET), Login("me", SECRET), Login(secret=f"{SECRET}\nX-Other: 1")])
@pytest.mark.parametrize("fault", [fault for fault, _ in FAULTS])
def test_no_secret_gets_out(
    server: FakeCluster, fault: Callable[[], Fault], login: Login, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    server.faults.append(fault())
    besides = (("X-Key", f"{SECRET}-too"), ("X-Wrong", f"{SECRET}\nX-Other: 1"))[: 1 if login.user else 2]
    direct = Direct(server.url, login, HASTY, headers=besides)
    with pytest.raises(MetricsError) as caught:
        PrometheusSource(server.url, direct).instant("up")
    assert all(isinstance(one, MetricsError) for one in chain(caught.value))
    shown = "".join(traceback.format_exception(caught.value)) + caplog.text + repr((direct, login))
    assert SECRET not in shown
    assert "aHVudGVyMg" not in shown
    direct.close()
