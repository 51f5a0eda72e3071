"""Who writes workload or Service of a new Canary anew is told with what to do about it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rollouts.domain.new_canaries.judging import warnings
from rollouts.domain.new_canaries.making import begun
from rollouts.domain.ownership import Owner, OwnerKind
from rollouts.domain.policies.offering import LeadingService
from tests.domain.new_canaries.test_a_new_canary_is_judged import CART, NEAR, OWN, TARGET


@pytest.mark.parametrize(
    ("keeper", "each", "remedy"),
    [
        (Owner(OwnerKind.ARGO_CD, "shop"), "Each sync of Argo CD (shop)", "ignoreDifferences"),
        (Owner(OwnerKind.ARGO_CD), "Each sync of Argo CD", "ignoreDifferences"),
        (Owner(OwnerKind.HELM, "front"), "Each upgrade by Helm (front)", "helm.sh/resource-policy: keep"),
        (Owner(OwnerKind.FLUX, "shop/front"), "Each upgrade by Flux (shop/front)", "helm.sh/resource-policy: keep"),
    ],
)
def test_who_writes_workload_and_service_anew(keeper: Owner, each: str, remedy: str) -> None:
    policy = begun(TARGET, 8080, NEAR)
    (said,) = warnings(policy, replace(NEAR, offer=replace(CART, keeper=keeper)))
    assert said.startswith(f"{each} writes cart anew: leave replicas out of its manifest")
    kept = replace(NEAR, offer=replace(CART, leading=(replace(OWN, keeper=keeper),)))
    (said,) = warnings(policy, kept)
    assert said.startswith(f"{each} writes Service cart anew, and leads its users away from blue")
    assert remedy in said


def test_a_keeper_of_another_service_says_nothing() -> None:
    kept = LeadingService("basket", (80,), keeper=Owner(OwnerKind.HELM, "front"))
    assert warnings(begun(TARGET, 8080, NEAR), replace(NEAR, offer=replace(CART, leading=(OWN, kept)))) == ()
