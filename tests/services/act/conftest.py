from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from kurator_ui.demo.clock import VirtualClock
from kurator_ui.demo.seeds import Policy
from kurator_ui.demo.serve import DemoFleet
from tests.services.act.commanding import CLUSTER, NAME, NAMESPACE, Commanding
from tests.services.act.several import CLUSTERS, Several

IMAGE = "registry.example.test/checkout:1.0.0"

LONG = Policy(iterations=12)
"""A release runs for as long as it takes to go through the clusters one after the other."""


@pytest.fixture
def world(tmp_path: Path, db: None) -> Iterator[Commanding]:
    with DemoFleet(tmp_path, members=1, clock=VirtualClock()) as fleet:
        fleet.add_rollout(CLUSTER, NAMESPACE, NAME, IMAGE)
        fleet.advance(25)
        made = Commanding(fleet)
        yield made
        made.close()


@pytest.fixture
def several(tmp_path: Path, db: None) -> Iterator[Several]:
    with DemoFleet(tmp_path, members=len(CLUSTERS), clock=VirtualClock()) as fleet:
        for cluster in CLUSTERS:
            fleet.add_rollout(cluster, NAMESPACE, NAME, IMAGE, LONG)
        fleet.advance(35)
        made = Several(fleet)
        yield made
        made.close()
