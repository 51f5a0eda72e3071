"""Green's share of the traffic, in the object of each kind of mesh or ingress."""

from __future__ import annotations

import json
from typing import Any

import pytest

from rollouts.adapters.kubernetes.decode import observation
from rollouts.domain.observations import Kind, Route
from tests.support.objects import Object, ingress, virtual_service


def share(kind: Kind, found: Object) -> int | str | None:
    """Green's percentage; "not ours" when the object is nobody's route."""
    route = observation(kind, json.dumps(found).encode())
    assert route is None or isinstance(route, Route)
    return "not ours" if route is None else route.green_weight


def mesh(*entries: Any, protocol: str = "http", owner: bool = False, **spec: Any) -> Object:
    meta: Object = {"name": "checkout", "namespace": "shop"}
    if owner:
        meta["ownerReferences"] = [{"kind": "Canary", "name": "checkout"}]
    return {"metadata": meta, "spec": {protocol: list(entries), **spec}}


def to(host: str, weight: int | None = None, **more: Any) -> Object:
    return {"destination": {"host": host}, **({} if weight is None else {"weight": weight}), **more}


def entry(*route: Object, **more: Any) -> Object:
    return {"route": list(route), **more}


BLUE, GREEN = "checkout-primary", "checkout-canary"
COOKIE = {"response": {"add": {"Set-Cookie": "x=y"}}}


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (virtual_service("shop", "checkout", 0), 0),
        (virtual_service("shop", "checkout", 100), 100),
        (virtual_service("shop", "checkout", 30), 30),
        (mesh(entry(to(BLUE, 1), to(GREEN, 999))), 99),
        (mesh(entry(to(BLUE, 999), to(GREEN, 1))), 1),
        (mesh(entry(to(BLUE))), 0),
        (mesh(entry(to(GREEN, 0))), 100),
        (mesh(entry(to(BLUE + ".shop.svc.cluster.local", 40), to(GREEN + ".shop.svc.cluster.local", 60))), 60),
        (mesh(entry(to(BLUE, 20), to(GREEN, 80)), protocol="tcp"), 80),
        (mesh(entry(to(BLUE, 0), to(GREEN, 0))), None),
        (mesh(entry(to(BLUE, -1), to(GREEN, 101))), None),
        (mesh(entry(to(BLUE, 50), to("elsewhere", 50))), None),
        (mesh(entry(to("other", 100)), entry(to(BLUE, 0), to(GREEN, 100))), 100),
        # session affinity: the entry for users with the cookie comes first, the weights are where the cookie is set
        (mesh(entry(to(BLUE, 0), to(GREEN, 100)), entry(to(BLUE, 90), to(GREEN, 10, headers=COOKIE))), 10),
        # A/B: the entry for users who match, then everybody else
        (mesh(entry(to(BLUE, 0), to(GREEN, 100), match=[{}]), entry(to(BLUE, 100))), 100),
        (mesh(entry(to("other")), owner=True), None),
        (mesh(owner=True), None),
        (mesh(entry(to("other"))), "not ours"),
        (mesh(entry(to("cart-primary", 0), to("cart-canary", 100))), "not ours"),
        (mesh(), "not ours"),
        ({"metadata": {"name": "checkout"}, "spec": None}, "not ours"),
    ],
)
def test_a_virtual_service(found: Object, expected: object) -> None:
    assert share(Kind.VIRTUAL_SERVICE, found) == expected


@pytest.mark.parametrize(
    ("gateways", "expected"), [((), False), (("mesh",), False), (("ns/gw", "mesh"), False), (("ns/gw",), True)]
)
def test_with_gateways_and_no_mesh_only_traffic_through_them_moves(gateways: tuple[str, ...], expected: bool) -> None:
    found = observation(
        Kind.VIRTUAL_SERVICE, json.dumps(virtual_service("shop", "checkout", gateways=gateways)).encode()
    )
    assert isinstance(found, Route)
    assert found.through_gateway_only is expected


@pytest.mark.parametrize(
    ("name", "annotations", "expected"),
    [
        ("web-canary", {"canary": "true", "canary_weight": "0"}, 0),
        ("web-canary", {"canary": "true", "canary_weight": "100"}, 100),
        ("web-canary", {"canary": "true", "canary_weight": " 35 "}, 35),
        ("web-canary", {"canary": "false", "canary_weight": "100"}, 0),
        ("web-canary", {"canary": "true", "canary_by_header": "X-Beta"}, 100),
        ("web-canary", {"canary": "true", "canary_by_cookie": "beta", "canary_weight": "0"}, 100),
        ("web-canary", {"canary": "true"}, None),
        ("web-canary", {"canary": "true", "canary_weight": "lots"}, None),
        ("web-canary", {"canary": "true", "canary_weight": "-5"}, None),
        ("web-canary", {"canary": "true", "canary_weight": "9" * 5000}, None),
        ("web-canary", {"canary": "true", "canary_weight": "٣"}, None),
        ("web", {}, "not ours"),
        ("web", {"canary": "true", "canary_weight": "10"}, "not ours"),
        ("web-canary", {}, "not ours"),
    ],
)
def test_an_ingress_of_nginx(name: str, annotations: dict[str, str], expected: object) -> None:
    assert share(Kind.INGRESS, ingress("shop", name, **annotations)) == expected


@pytest.mark.parametrize(
    ("annotations", "expected"),
    [
        ({"canary": "true", "canary_weight": "30"}, 30),
        ({"canary": "false", "canary_weight": "30"}, 0),
        ({"canary": "true", "canary_by_header": "x-beta"}, 100),
        ({"rewrite_target": "/", "canary_docs": "true"}, "not ours"),
    ],
)
def test_an_ingress_whose_annotations_have_the_prefix_that_flagger_was_given(
    annotations: dict[str, str], expected: object
) -> None:
    found = ingress("shop", "web-canary", prefix="nginx.internal.example", **annotations)
    assert share(Kind.INGRESS, found) == expected


def test_of_two_prefixes_the_one_that_says_the_weight_counts() -> None:
    found = ingress("shop", "web-canary", prefix="nginx.internal.example", canary="true", canary_weight="30")
    found["metadata"]["annotations"]["example.test/canary"] = "the yellow one"
    found["metadata"]["annotations"]["nginx.ingress.kubernetes.io/canary"] = "true"
    assert share(Kind.INGRESS, found) == 30


def split(*parts: tuple[str, Any]) -> Object:
    conf = {"split": [{"destination": {"kuma.io/service": name}, "weight": weight} for name, weight in parts]}
    return {"mesh": "default", "metadata": {"name": "checkout"}, "spec": {"conf": conf}}


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (split(("checkout-primary_shop_svc_80", 100), ("checkout-canary_shop_svc_80", 0)), 0),
        (split(("checkout-primary_shop_svc_80", 0), ("checkout-canary_shop_svc_80", 100)), 100),
        (split(("checkout-primary_shop_svc_80", None), ("checkout-canary_shop_svc_80", 5)), 100),
        (split(("checkout_shop_svc_80", 100)), "not ours"),
        ({"metadata": {"name": "checkout"}}, "not ours"),
    ],
)
def test_a_traffic_route_of_kuma(found: Object, expected: object) -> None:
    assert share(Kind.TRAFFIC_ROUTE, found) == expected


def rules(*backends: list[Object]) -> Object:
    return {
        "metadata": {"name": "checkout", "namespace": "shop"},
        "spec": {"rules": [{"backendRefs": one} for one in backends]},
    }


def backend(name: str, weight: int | None = None, **more: Any) -> Object:
    return {"name": name, "port": 80, **({} if weight is None else {"weight": weight}), **more}


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (rules([backend(BLUE, 100), backend(GREEN, 0)]), 0),
        (rules([backend(BLUE, 0), backend(GREEN, 100)]), 100),
        (rules([backend(BLUE, 1)], [backend(BLUE, 70), backend(GREEN, 30)]), 30),
        (
            rules(
                [backend(BLUE, 0), backend(GREEN, 100)],
                [backend(BLUE, 90), backend(GREEN, 10, filters=[{"type": "ResponseHeaderModifier"}])],
            ),
            10,
        ),
        (rules([backend(BLUE, 1)]), 0),
        (rules([backend("checkout", 1)]), "not ours"),
        (rules(), "not ours"),
    ],
)
def test_an_http_route(found: Object, expected: object) -> None:
    assert share(Kind.HTTP_ROUTE, found) == expected


def to_blue(kind: Kind, found: Object) -> dict[str, int]:
    route = observation(kind, json.dumps(found).encode())
    assert isinstance(route, Route)
    return dict(route.to_blue)


def weights(place: str, *values: int) -> dict[str, int]:
    return {f"{place}/{number}/weight": value for number, value in enumerate(values)}


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (mesh(entry(to(BLUE, 0), to(GREEN, 100))), weights("/spec/http/0/route", 100, 0)),
        (mesh(entry(to(GREEN, 30), to(BLUE, 70))), weights("/spec/http/0/route", 0, 100)),
        (mesh(entry(to(BLUE, 0), to(GREEN, 100)), protocol="tcp"), weights("/spec/tcp/0/route", 100, 0)),
        (
            mesh(entry(to(BLUE, 100)), entry(to(BLUE, 0), to(GREEN, 100), match=[{}])),
            weights("/spec/http/1/route", 100, 0),
        ),
        (mesh(entry(to(BLUE, 100), to(GREEN, 0))), {}),
        (mesh(entry(to(GREEN))), {}),
        (mesh(entry(to(BLUE, 0), to(GREEN, 90), to("other", 10))), {}),
        (mesh(entry(to(BLUE, 0, headers={}), to(GREEN, 100)), entry(to(GREEN, 100), to(BLUE, 0))), {}),
    ],
)
def test_the_weights_of_a_virtual_service_that_send_all_users_to_blue(found: Object, expected: object) -> None:
    assert to_blue(Kind.VIRTUAL_SERVICE, found) == expected


@pytest.mark.parametrize(
    ("annotations", "expected"),
    [
        ({"canary": "true", "canary_weight": "100"}, {"/metadata/annotations/a~0b.test~1canary-weight": 0}),
        ({"canary": "true", "canary_weight": "0"}, {}),
        ({"canary": "true", "canary_by_header": "x", "canary_weight": "100"}, {}),
        ({"canary": "true"}, {}),
    ],
)
def test_the_weight_of_an_ingress_that_sends_all_users_to_blue(annotations: dict[str, str], expected: object) -> None:
    assert to_blue(Kind.INGRESS, ingress("shop", "web-canary", prefix="a~b.test", **annotations)) == expected


def test_the_weights_of_kuma_and_of_the_gateway_api_that_send_all_users_to_blue() -> None:
    kuma = split(("checkout-primary_shop_svc_80", 0), ("checkout-canary_shop_svc_80", 100))
    assert to_blue(Kind.TRAFFIC_ROUTE, kuma) == weights("/spec/conf/split", 100, 0)
    gateway = rules([backend("other", 1)], [backend(BLUE, 0), backend(GREEN, 100)])
    assert to_blue(Kind.HTTP_ROUTE, gateway) == weights("/spec/rules/1/backendRefs", 100, 0)
    sticky = rules([backend(BLUE, 0), backend(GREEN, 100)], [backend(BLUE, 9), backend(GREEN, 1, filters=[{}])])
    assert to_blue(Kind.HTTP_ROUTE, sticky) == {}
