"""A server on loopback that answers as a test tells it, and a source that asks it directly."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from rollouts.adapters.prometheus.direct import Direct, Limits
from rollouts.adapters.prometheus.source import PrometheusSource
from tests.support.misbehaving import FakeCluster

PATIENT = Limits(connect=5, read=10, whole=20, body=256 * 1024)
HASTY = Limits(connect=2, read=0.6, whole=1.2, body=256 * 1024)
"""For what is to end by a time limit; whatever must succeed has patience, since machines of tests are busy."""


@pytest.fixture
def server() -> Iterator[FakeCluster]:
    with FakeCluster(tls=False) as running:
        running.tokens.add("")
        yield running


@pytest.fixture
def source(server: FakeCluster) -> Iterator[PrometheusSource]:
    yield from made(server, PATIENT)


@pytest.fixture
def hasty(server: FakeCluster) -> Iterator[PrometheusSource]:
    yield from made(server, HASTY)


def made(server: FakeCluster, limits: Limits) -> Iterator[PrometheusSource]:
    direct = Direct(server.url, limits=limits)
    one = PrometheusSource(server.url, direct, close=direct.close)
    yield one
    one.close()
