"""The Ingress that Flagger copies for green stands in the form of a new Canary, where it is clear which one that is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.domain.new_canaries.test_a_new_canary_is_judged import NEAR, spec


@pytest.mark.parametrize(
    ("provider", "found", "named"),
    [
        ("nginx", ("cart",), {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "name": "cart"}),
        ("nginx", ("cart", "cart-internal"), None),
        ("nginx", (), None),
        ("istio", ("cart",), None),
    ],
)
def test_the_only_ingress_that_leads_to_the_service_is_named_where_one_is_needed(
    provider: str, found: tuple[str, ...], named: object
) -> None:
    assert spec(near=replace(NEAR, provider=provider, ingresses=found)).get("ingressRef") == named
