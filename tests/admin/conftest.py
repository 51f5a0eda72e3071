from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.test import Client

from rollouts import wiring
from rollouts.adapters.changefeed.memory import MemoryChangeFeed
from rollouts.services.clusters import Ways
from tests.support.misbehaving import FakeCluster
from tests.support.registering import ways_into


@pytest.fixture
def server() -> Iterator[FakeCluster]:
    with FakeCluster() as cluster:
        yield cluster


@pytest.fixture
def ways(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ways]:
    ways, feed = ways_into(tmp_path / "kubeconfigs"), MemoryChangeFeed()
    monkeypatch.setattr(wiring, "ways", lambda *_: ways)
    monkeypatch.setattr(wiring, "change_feed", lambda: feed)
    yield ways
    feed.close()


@pytest.fixture
def client(db: None, ways: Ways) -> Client:
    """Of somebody who may do everything."""
    client = Client()
    client.force_login(User.objects.create_superuser("root", password="a-long-password"))
    return client
