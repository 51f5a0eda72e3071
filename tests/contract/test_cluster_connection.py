"""The demo fleet keeps the contract; that real API servers do is tested beside the other tests against them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from kurator_ui.demo.serve import DemoFleet
from rollouts.adapters.kubernetes.kubeconfig import credential_from_kubeconfig
from tests.contract.cluster_connection import ClusterConnectionContract, Target
from tests.contract.patching import PatchingContract


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    folder: Path = tmp_path_factory.mktemp("fleet")
    with DemoFleet(folder, members=1) as fleet:
        admin, viewer = (
            credential_from_kubeconfig(fleet.kubeconfig("eu-west", user).read_bytes()) for user in ("admin", "viewer")
        )

        def forget() -> None:
            fleet.call(fleet.cluster("eu-west").store.forget_history)

        yield Target(admin, viewer, forget)


class TestTheDemoFleet(ClusterConnectionContract):
    pass


class TestWritingToTheDemoFleet(PatchingContract):
    pass
