"""Where the values of checks come from, and which addresses are never asked."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as some

from rollouts.domain.addresses import Unplaceable
from rollouts.domain.metric_places import origin_of, place_of, place_of_template
from rollouts.domain.metrics import ClusterMetrics, MetricTemplate, Place, Way
from rollouts.domain.observations import Canary

PIECES = (
    *("prom", "mon", ".svc", ".cluster.local", ".", "..", "/", "//", ":", ":9090", "@", "me:hunter2@", "?", "#", "%2f"),
    *("[", "]", "::1", "127.0.0.1", "localhost", "\\", " ", "\t", "\n", "http://", "xn--", "\u2100"),
)
KNOWN = ClusterMetrics(flagger_namespace="istio-system")
FIXED = ClusterMetrics(fixed="https://prometheus.example/prom/", flag="http://prometheus:9090", flagger_namespace="mon")


def canary(metrics_server: str = "") -> Canary:
    return Canary("shop", "checkout", "uid", "1", metrics_server=metrics_server)


def template(address: str) -> MetricTemplate:
    return MetricTemplate("shop", "errors", "prometheus", address, "up")


def service(address: str, namespace: str, name: str, port: str, scheme: str = "http", path: str = "") -> Place:
    return Place(Way.PROXY, address, namespace, name, scheme, port, path)


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("http://prometheus:9090", ("istio-system", "prometheus", "9090", "http", "")),
        ("http://prom.mon", ("mon", "prom", "80", "http", "")),
        ("https://prom.mon.svc:9443/", ("mon", "prom", "9443", "https", "")),
        ("http://Prom.mon.svc.cluster.local:9090/a/b/", ("mon", "prom", "9090", "http", "/a/b")),
        ("http://prom.mon.svc.cluster.local.:9090", ("mon", "prom", "9090", "http", "")),
        ("https://prom.mon", ("mon", "prom", "443", "https", "")),
    ],
)
def test_a_service_is_reached_through_the_api_server(address: str, place: tuple[str, str, str, str, str]) -> None:
    assert place_of(canary(address), KNOWN) == service(address, *place)


def test_the_canary_comes_before_the_flag_and_the_flag_before_flaggers_default() -> None:
    flag = ClusterMetrics(flag="http://flag:9090", flagger_namespace="flagger")
    assert place_of(canary("http://own.shop:9090"), flag).service == "own"
    assert place_of(canary(), flag).service == "flag"
    assert place_of(canary(), KNOWN) == service("http://prometheus:9090", "istio-system", "prometheus", "9090")


def test_what_an_administrator_gave_wins_and_alone_is_trusted() -> None:
    place = place_of(canary("http://own.shop:9090"), FIXED)
    assert place == Place(Way.DIRECT, FIXED.fixed, scheme="https", path="/prom", trusted=True)
    allowing = ClusterMetrics(flagger_namespace="mon", allowed=("http://own.shop:9090",))
    assert not place_of(canary("http://own.shop:9090"), allowing).trusted
    assert not place_of(canary("http://other.shop:9090"), allowing).trusted


def test_an_allowed_origin_is_reached_directly_whatever_its_path() -> None:
    allowing = ClusterMetrics(allowed=("https://metrics.example.com",))
    place = place_of(canary("https://METRICS.example.com:443/tenant-7"), allowing)
    assert (place.way, place.path, place.trusted) == (Way.DIRECT, "/tenant-7", False)
    with pytest.raises(Unplaceable):
        place_of(canary("http://metrics.example.com/tenant-7"), allowing)


@pytest.mark.parametrize(
    "address",
    [
        "http://metrics.example.com:9090",
        "http://10.0.0.1:9090",
        "http://169.254.169.254",
        "http://[::1]:9090",
        "http://2130706433",
        "http://0x7f.1",
        "http://127.1",
        "http://localhost:9090",
        "http://prom.mon.svc.example.com",
        "http://prom_x.mon",
        "http://prom.mon/api/../../secrets",
        "http://prom.mon/a%2f..%2fb",
        "http://prom.mon:0",
        "http://prom.mon:99999",
        "ftp://prom.mon",
        "prometheus:9090",
        "//prom.mon",
        "http://",
        "http://user@prom.mon",
    ],
)
def test_no_other_address_found_in_a_cluster_is_asked(address: str) -> None:
    with pytest.raises(Unplaceable):
        place_of(canary(address), KNOWN)


def test_the_sentence_says_what_an_administrator_can_do() -> None:
    with pytest.raises(Unplaceable, match=r"metrics addresses: https://metrics\.example\.com:443"):
        place_of(canary("https://metrics.example.com/x"), KNOWN)
    with pytest.raises(Unplaceable, match="Flagger's own namespace"):
        place_of(canary("http://prometheus:9090"), ClusterMetrics())


def test_no_sentence_shows_a_login() -> None:
    for address in ("http://me:hunter2@prom.mon", "ftp://me:hunter2@prom.mon", "http://me:hunter2@prom.mon:99999"):
        with pytest.raises(Unplaceable) as raised:
            place_of(canary(address), KNOWN)
        assert "hunter2" not in str(raised.value)


def test_a_template_is_asked_at_its_own_address() -> None:
    assert place_of_template(template("http://thanos.mon:9090"), canary(), FIXED).service == "thanos"


def test_a_template_at_the_usual_address_is_asked_where_the_rest_is() -> None:
    for address in ("http://prometheus:9090", "http://prometheus.mon.svc:9090/", "https://prometheus.example/prom"):
        assert place_of_template(template(address), canary(), FIXED).trusted
    assert not place_of_template(template("http://prometheus.other:9090"), canary(), FIXED).trusted


def test_another_path_of_the_trusted_server_is_another_place() -> None:
    """A tenant must not choose what an administrator's credential is used for, nor be given another path's values."""
    shared = replace(FIXED, fixed="https://metrics.example.com/tenant")
    other = template("https://metrics.example.com/other-tenant")
    with pytest.raises(Unplaceable):
        place_of_template(other, canary(), shared)
    place = place_of_template(other, canary(), replace(shared, allowed=("https://metrics.example.com",)))
    assert (place.path, place.trusted) == ("/other-tenant", False)


def test_origins_are_compared_in_one_form() -> None:
    assert origin_of("HTTPS://Example.COM/x?y") == origin_of("https://example.com:443") == "https://example.com:443"
    assert origin_of("http://[::1]:9090") == "http://[::1]:9090"
    assert origin_of("nonsense") == origin_of("http://user@example.com") == ""


@given(some.lists(some.sampled_from(PIECES) | some.text(max_size=3), max_size=8).map("".join))
def test_whatever_a_tenant_writes_leads_to_a_service_of_the_cluster_or_nowhere(address: str) -> None:
    try:
        place = place_of(canary("http://" + address), KNOWN)
    except Unplaceable as error:
        assert "hunter2" not in str(error)
        return
    assert (place.way, place.trusted) == (Way.PROXY, False)
    assert re.fullmatch(r"[a-z0-9-]+ [a-z0-9-]+ [0-9]+", f"{place.namespace} {place.service} {place.port}")
    assert ".." not in place.path.split("/")
