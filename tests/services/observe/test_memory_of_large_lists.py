"""A process that observes reads even the largest list by the page: it never holds the whole of it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from rollouts.models import Cluster, Rollout
from tests.services.observe.conftest import Start
from tests.support.misbehaving import FakeCluster
from tests.support.objects import Object, canary
from tests.support.waiting import until

pytestmark = pytest.mark.django_db(transaction=True)
ROLLOUTS = 10_000
OBJECT_BYTES = 8_000
"""Of one object with its managed fields and annotations."""
BOUND_MB = 70
"""What reading them may add at most. Measured on two machines: 51 on top of 100, 55 on top of 110, of which 35 stay."""


def as_large_as_in_life(name: str) -> Object:
    found = canary("shop", name)
    found["metadata"]["annotations"] = {"kubectl.kubernetes.io/last-applied-configuration": "x" * (OBJECT_BYTES // 2)}
    fields: Object = {f"f:{number}": {} for number in range(OBJECT_BYTES // 26)}
    found["metadata"]["managedFields"] = [{"manager": "flagger", "operation": "Update", "fieldsV1": fields}]
    return found


@pytest.fixture(scope="module")
def large() -> Iterator[FakeCluster]:
    with FakeCluster() as large:
        for number in range(ROLLOUTS):
            large.set(as_large_as_in_life(f"app-{number:05}"))
        yield large


def memory(process: int, what: str) -> float:
    """In MB: `VmRSS` at present, `VmHWM` at most since it was last forgotten."""
    found = re.search(rf"^{what}:\s+(\d+) kB$", Path(f"/proc/{process}/status").read_text(), re.MULTILINE)
    assert found
    return int(found[1]) / 1024


def forget_the_peak(process: int) -> None:
    Path(f"/proc/{process}/clear_refs").write_text("5")


@pytest.mark.timeout(240)
def test_memory_stays_bounded_while_ten_thousand_objects_are_listed(
    fake: FakeCluster, large: FakeCluster, start: Start
) -> None:
    Cluster.objects.create(name="cluster-1", source="file", observed=False)
    process = start(fake, large, patient=True)
    until(lambda: Rollout.objects.filter(cluster__name="cluster-0").exclude(state={}).exists())
    forget_the_peak(process.pid)
    before = memory(process.pid, "VmRSS")
    Cluster.objects.update(observed=True)
    until(lambda: Rollout.objects.count() == ROLLOUTS + 1, seconds=120)
    assert memory(process.pid, "VmHWM") - before < BOUND_MB
    whole = len(json.dumps(as_large_as_in_life("app"))) * ROLLOUTS / 2**20
    assert whole > BOUND_MB, "the list is too small to tell whether it was held as a whole"
