"""Real API servers keep the contract that the demo fleet keeps."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from rollouts.adapters.kubernetes.kubeconfig import credential_from_kubeconfig
from tests.contract.cluster_connection import ClusterConnectionContract, Target
from tests.contract.patching import PatchingContract

KUBECONFIGS = [Path(one) for one in os.environ.get("LAB_MEMBER_KUBECONFIGS", "").split(",") if one]


@pytest.fixture(scope="module", params=KUBECONFIGS, ids=lambda file: file.stem)
def target(request: pytest.FixtureRequest) -> Target:
    admin = credential_from_kubeconfig(request.param.read_bytes())
    return Target(admin, replace(admin, token="lab-viewer-token"))


class TestRealClusters(ClusterConnectionContract):
    pass


class TestWritingToRealClusters(PatchingContract):
    pass
