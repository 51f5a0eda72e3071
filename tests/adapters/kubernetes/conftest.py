"""A cluster on loopback and connections to it whose limits are short enough for tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from rollouts.adapters.kubernetes.connection import KubernetesConnection
from rollouts.adapters.kubernetes.transport import Limits
from tests.support.misbehaving import FakeCluster

PATIENT = Limits(connect=5, read=10, whole=20, margin=5, body=256 * 1024, line=64 * 1024)
HASTY = Limits(connect=2, read=0.6, whole=1.2, margin=0.3, body=256 * 1024, line=64 * 1024)
"""For what is to end by a time limit; whatever must succeed has patience, since machines of tests are busy."""


@pytest.fixture
def cluster() -> Iterator[FakeCluster]:
    with FakeCluster() as running:
        yield running


@pytest.fixture
def connection(cluster: FakeCluster) -> Iterator[KubernetesConnection]:
    made = KubernetesConnection(cluster.credential(), PATIENT)
    yield made
    made.close()


@pytest.fixture
def hasty(cluster: FakeCluster) -> Iterator[KubernetesConnection]:
    made = KubernetesConnection(cluster.credential(), HASTY)
    yield made
    made.close()
