from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from kurator_ui.demo.clock import VirtualClock
from kurator_ui.demo.serve import DemoFleet
from tests.services.whole.world import Whole


@pytest.fixture
def world(tmp_path: Path, db: None) -> Iterator[Whole]:
    with DemoFleet(tmp_path, members=2, clock=VirtualClock()) as fleet:
        made = Whole(fleet)
        try:
            yield made
        finally:
            made.close()
