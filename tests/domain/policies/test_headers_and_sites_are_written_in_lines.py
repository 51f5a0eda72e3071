from __future__ import annotations

from typing import Any

import pytest

from rollouts.domain.policies.entering import entered, shown
from rollouts.domain.policies.reading import read, unknown
from rollouts.domain.policies.writing import applied, write
from tests.support.policies import ROUTING, policy

HEADERS = {"request": {"set": {"x-tier": "gold", ":path": "/a:b"}, "remove": ["x-debug"]}}
SITES = {
    "allowOrigins": [{"exact": "https://shop.test"}, {"regex": "https://.+ .test"}],
    "allowMethods": ["GET", "POST"],
    "maxAge": "24h",
    "allowCredentials": True,
}


def made_of(rollout: dict[str, Any], **texts: str) -> tuple[dict[str, Any], dict[str, str]]:
    before = read(rollout)
    after, wrong = entered(before, shown(before) | texts)
    return applied(rollout, write(rollout, before, after))["rolloutPolicy"]["trafficRouting"], wrong


def test_what_a_policy_says_of_headers_and_sites_has_its_fields() -> None:
    rollout = policy(**{f"{ROUTING}.headers": HEADERS, f"{ROUTING}.corsPolicy": SITES})
    texts = shown(read(rollout))
    assert texts["request_set"] == "x-tier: gold\n:path: /a:b"
    assert texts["request_remove"] == "x-debug"
    assert texts["origins"] == "exact https://shop.test\nregex https://.+ .test"
    assert (texts["cors_methods"], texts["cors_age"], texts["cors_credentials"]) == ("GET\nPOST", "24h", "on")
    assert unknown(rollout) == ()


def test_lines_become_headers_and_sites() -> None:
    routing, wrong = made_of(
        policy(),
        response_add="x-served-by: green\r\n\r\nx-empty:",
        response_remove="server, x-powered-by",
        origins="https://shop.test\nprefix https://a.",
        cors_methods="GET PUT",
    )
    assert wrong == {}
    assert routing["headers"] == {
        "response": {"add": {"x-served-by": "green", "x-empty": ""}, "remove": ["server", "x-powered-by"]}
    }
    assert routing["corsPolicy"] == {
        "allowOrigins": [{"exact": "https://shop.test"}, {"prefix": "https://a."}],
        "allowMethods": ["GET", "PUT"],
    }


def test_one_header_becomes_another_and_the_others_stay() -> None:
    routing, _ = made_of(policy(**{f"{ROUTING}.headers": HEADERS}), request_set="x-tier: silver")
    assert routing["headers"] == {"request": {"set": {"x-tier": "silver"}, "remove": ["x-debug"]}}


def test_what_is_emptied_goes_with_what_is_above_it() -> None:
    """An empty `corsPolicy` would still change answers."""
    rollout = policy(**{f"{ROUTING}.headers": HEADERS, f"{ROUTING}.corsPolicy": {"maxAge": "24h"}})
    routing, _ = made_of(rollout, request_set="", request_remove="", cors_age="")
    assert "headers" not in routing
    assert "corsPolicy" not in routing


@pytest.mark.parametrize(
    ("place", "value", "name"),
    [
        ("headers.request.set", {"x-note": "one\ntwo"}, "request_set"),
        ("headers.response.add", {" spaced": "x"}, "response_add"),
        ("corsPolicy.allowOrigins", [{"exact": "a", "later": 1}], "origins"),
    ],
)
def test_what_lines_cannot_say_is_kept(place: str, value: Any, name: str) -> None:
    rollout = policy(**{f"{ROUTING}.{place}": value})
    assert "kept as it is" in shown(read(rollout))[name]
    routing, wrong = made_of(rollout, times="5")
    assert wrong == {}
    first, _, rest = place.partition(".")
    found = routing[first]
    for step in rest.split("."):
        found = found[step]
    assert found == value


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("request_set", "x-tier", "“x-tier” is no header. Write its name, a colon and its value"),
        ("response_add", "a: 1\na: 2", "“a” is said twice"),
        ("origins", "like shop.test", "“like shop.test” is no site. Write exact, prefix, suffix, regex"),
        ("origins", "exact", "“exact” is no site."),
    ],
)
def test_a_line_that_is_none_is_told_at_its_field(name: str, text: str, said: str) -> None:
    routing, wrong = made_of(policy(), **{name: text})
    assert said in wrong[name]
    assert wrong[name].endswith(".")
    assert routing == policy()["rolloutPolicy"]["trafficRouting"]
