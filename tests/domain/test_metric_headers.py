"""Which headers of a MetricTemplate are sent: a tenant wrote them."""

from __future__ import annotations

import pytest

from rollouts.domain.metric_headers import LONGEST, MOST, Unsendable, sendable
from rollouts.domain.metrics import Headers, MetricTemplate, Way

TENANT = ("X-Scope-OrgID", "shop")


def sent(*headers: tuple[str, str], way: Way = Way.DIRECT, trusted: bool = False, secret: str = "") -> Headers:
    template = MetricTemplate("mon", "errors", "prometheus", "http://p.mon:9090", "up", secret, headers=headers)
    return sendable(template, way, trusted=trusted)


@pytest.mark.parametrize("way", Way)
def test_a_header_that_chooses_the_values_is_sent(way: Way) -> None:
    headers = (TENANT, ("THANOS-TENANT", "a, b"), ("X-Scope-OrgID", "second"))
    assert sent(*headers, way=way) == headers


@pytest.mark.parametrize("way", Way)
@pytest.mark.parametrize(
    "name",
    ["Host", "CONNECTION", "Proxy-Authorization", "transfer-encoding", "Content-Length", "TE", "Accept", "User_Agent"],
)
def test_what_concerns_the_connection_or_the_form_of_the_answer_is_left_out(way: Way, name: str) -> None:
    assert sent((name, "x"), TENANT, way=way) == (TENANT,)
    assert sent((name, "x"), way=way, trusted=True) == ()


def test_a_login_of_the_templates_own_is_sent_directly_and_its_secret_stands_for_it() -> None:
    login = ("authorization", "Bearer of-the-team")
    assert sent(login) == (login,)
    assert sent(login, secret="login") == ()


@pytest.mark.parametrize(
    "name",
    [
        "Authorization",
        "Cookie",
        "Impersonate-User",
        "impersonate-group",
        "Impersonate_Extra_Scopes",
        "X-Remote-User",
        "X-Forwarded-For",
        "Sec-WebSocket-Protocol",
        "X-HTTP-Method-Override",
    ],
)
def test_no_header_that_means_something_to_an_api_server_goes_through_it(name: str) -> None:
    with pytest.raises(Unsendable, match="the API server in between would take as meant for itself") as caught:
        sent(TENANT, (name, "admin"), way=Way.PROXY)
    assert "admin" not in str(caught.value).replace("administrator", "")


def test_an_address_of_an_administrators_is_sent_none() -> None:
    with pytest.raises(Unsendable, match="are not sent to an address that an administrator gave"):
        sent(TENANT, trusted=True)


@pytest.mark.parametrize(
    "headers",
    [
        (("X-Scope-OrgID", "a\r\nImpersonate-User: admin"),),
        (("X-Scope-OrgID: a\r\nX", "b"),),
        (("X Scope", "a"),),
        (("", "a"),),
        (("X-Scope-OrgID", "größe"),),
        (("X-Scope-OrgID", " a"),),
        (("X-Scope-OrgID", "a" * (LONGEST + 1)),),
        tuple((f"X-{number}", "a") for number in range(MOST + 1)),
    ],
)
def test_what_is_no_header_or_too_much_is_not_sent(headers: Headers) -> None:
    with pytest.raises(Unsendable, match="cannot be sent from here"):
        sent(*headers)
