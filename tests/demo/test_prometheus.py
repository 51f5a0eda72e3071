from __future__ import annotations

from urllib.parse import quote

import pytest

from kurator_ui.demo.serve import DemoFleet
from tests.demo.client import Client

PROXY = "/api/v1/namespaces/istio-system/services/http:prometheus:9090/proxy"
SELECTOR = 'reporter="destination", destination_workload_namespace="shop", destination_workload=~"{workload}"'
SUCCESS = """
  sum( rate( istio_requests_total{{ {selector}, response_code!~"5.*" }}[ 1m ] ) )
  / sum( rate( istio_requests_total{{ {selector} }}[1m] ) ) * 100
"""
DURATION = "histogram_quantile(0.99, sum(rate(istio_request_duration_milliseconds_bucket{{{selector}}}[1m])) by (le))"


def query(form: str, workload: str) -> str:
    return form.format(selector=SELECTOR.format(workload=workload))


def value(client: Client, text: str, prefix: str = PROXY) -> float | None:
    result = client.get(f"{prefix}/api/v1/query?query={quote(text)}")["data"]["result"]
    return float(result[0]["value"][1]) if result else None


@pytest.mark.parametrize("prefix", [PROXY, "/prometheus"])
def test_both_built_in_checks_answer_for_blue(client: Client, prefix: str) -> None:
    success, duration = (value(client, query(form, "checkout-primary"), prefix) for form in (SUCCESS, DURATION))
    assert success is not None
    assert duration is not None
    assert 99 <= success <= 100
    assert 30 < duration < 300


def test_green_has_no_series_until_it_has_pods(client: Client, fleet: DemoFleet) -> None:
    assert value(client, query(SUCCESS, "checkout")) is None
    fleet.release("eu-west", "shop", "checkout", "registry.example.test/checkout:1.1.0")
    fleet.advance(15)
    assert value(client, query(SUCCESS, "checkout")) is not None


def test_a_fault_shows_on_green_alone_and_in_its_time_only(client: Client, fleet: DemoFleet) -> None:
    fleet.release("eu-west", "shop", "checkout", "registry.example.test/checkout:1.1.0")
    fleet.advance(15)
    fleet.fault("eu-west", "shop", "checkout", errors=0.4, delay_ms=900)
    fleet.advance(10)
    green, blue = (value(client, query(SUCCESS, name)) for name in ("checkout", "checkout-primary"))
    assert green is not None
    assert blue is not None
    assert green < 65 < 99 < blue
    slow = value(client, query(DURATION, "checkout"))
    assert slow is not None
    assert slow > 900
    now = fleet.call(lambda: fleet.cluster("eu-west").clock.now())
    given = f"query={quote(query(SUCCESS, 'checkout'))}&start={now - 30}&end={now}&step=5"
    (series,) = client.get(f"{PROXY}/api/v1/query_range?{given}")["data"]["result"]
    rates = [float(point[1]) for point in series["values"]]
    assert rates[0] > 99 > 65 > rates[-1]


def test_a_form_may_be_posted(client: Client) -> None:
    body = f"query={quote('up')}"
    answer = client._pool.request(
        "POST", client._server + "/prometheus/api/v1/query", body=body,
        headers={**client._headers, "Content-Type": "application/x-www-form-urlencoded"},
    )  # fmt: skip
    assert answer.json()["data"]["result"][0]["value"][1] == "1"


def test_what_is_not_understood_has_no_series_and_what_is_wrong_is_refused(client: Client) -> None:
    assert value(client, "nonsense_total") is None
    assert client.ask("GET", f"{PROXY}/api/v1/query")[0] == 400
    status, answer = client.ask("GET", f"{PROXY}/api/v1/query_range?query=up&start=0&end=100000&step=1")
    assert (status, answer["errorType"]) == (400, "bad_data")
    assert "exceeded maximum resolution" in answer["error"]


def test_gates_open_and_close_through_the_proxy(client: Client) -> None:
    def call(act: str) -> int:
        path = f"/api/v1/namespaces/istio-system/services/http:flagger-loadtester:80/proxy/gate/{act}"
        body = b'{"name": "checkout", "namespace": "shop"}'
        return client._pool.request("POST", client._server + path, body=body, headers=client._headers).status

    assert [call(act) for act in ("check", "open", "check", "close", "check")] == [403, 202, 200, 202, 403]


def test_services_without_a_backend_are_unavailable(client: Client) -> None:
    assert client.ask("GET", "/api/v1/namespaces/shop/services/checkout/proxy/")[0] == 503
    assert client.ask("GET", "/api/v1/namespaces/shop/services/nothing/proxy/")[0] == 404
