from __future__ import annotations

from typing import Any

import pytest

from rollouts.domain.ownership import Owner, OwnerKind, owner_of
from tests.support import seen

FLUX = "kustomize.toolkit.fluxcd.io"
ARGO = "argocd.argoproj.io"


@pytest.mark.parametrize(
    ("facts", "owner"),
    [
        ({}, Owner(OwnerKind.NOBODY)),
        ({"policy": "checkout-prod", "labels": {f"{FLUX}/name": "x"}}, Owner(OwnerKind.KURATOR, "checkout-prod")),
        ({"labels": {f"{FLUX}/name": "apps", f"{FLUX}/namespace": "flux"}}, Owner(OwnerKind.FLUX, "flux/apps")),
        ({"labels": {"helm.toolkit.fluxcd.io/name": "apps"}}, Owner(OwnerKind.FLUX, "apps")),
        ({"labels": {f"{ARGO}/instance": "shop"}}, Owner(OwnerKind.ARGO_CD, "shop")),
        ({"labels": {f"{ARGO}/tracking-id": "shop:flagger.app/Canary:a/b"}}, Owner(OwnerKind.ARGO_CD, "shop")),
        (
            {"managers": ("argocd-controller",), "labels": {"app.kubernetes.io/instance": "shop"}},
            Owner(OwnerKind.ARGO_CD, "shop"),
        ),
        (
            {"labels": {"app.kubernetes.io/managed-by": "Helm"}, "helm_release": "shop"},
            Owner(OwnerKind.HELM, "shop"),
        ),
        ({"labels": {"app.kubernetes.io/instance": "shop"}}, Owner(OwnerKind.NOBODY)),
        ({"managers": ("kubectl-client-side-apply",)}, Owner(OwnerKind.NOBODY)),
    ],
)
def test_the_owner_is_told_by_its_marks(facts: dict[str, Any], owner: Owner) -> None:
    assert owner_of(seen.canary(**facts)) == owner
