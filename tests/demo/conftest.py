from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kurator_ui.demo.clock import VirtualClock
from kurator_ui.demo.serve import DemoFleet
from tests.demo.client import Client


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[DemoFleet]:
    """A hub and two members on a virtual clock; `shop/checkout` on `eu-west` is initialised."""
    with DemoFleet(tmp_path, members=2, clock=VirtualClock()) as fleet:
        fleet.add_rollout("eu-west", "shop", "checkout", "registry.example.test/checkout:1.0.0")
        fleet.advance(25)
        yield fleet


@pytest.fixture(scope="session")
def patch_status(tool: Callable[[str], str]) -> None:
    """Debian 12's kubectl is of 2021, and `--subresource` came in 1.24; everything else is tested with either."""
    shown = subprocess.run([tool("kubectl"), "patch", "--help"], capture_output=True, text=True, timeout=30, check=True)
    if "--subresource" not in shown.stdout:
        pytest.skip("this kubectl is older than --subresource (1.24)")


@pytest.fixture
def client(fleet: DemoFleet) -> Client:
    return Client(fleet)
