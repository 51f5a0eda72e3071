from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from kurator_ui.demo.clock import VirtualClock
from kurator_ui.demo.serve import DemoFleet
from tests.services.act.commanding import CLUSTER, NAME, NAMESPACE
from tests.services.new_canaries.world import Making


@pytest.fixture
def world(tmp_path: Path, db: None) -> Iterator[Making]:
    with DemoFleet(tmp_path, members=1, clock=VirtualClock()) as fleet:
        fleet.add_rollout(CLUSTER, NAMESPACE, NAME, "registry.example.test/checkout:1.0.0")
        fleet.advance(25)
        made = Making(fleet)
        try:
            yield made
        finally:
            made.close()
