"""Clusters to observe, and processes that observe them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from rollouts.models import Cluster
from tests.services.observe.harness import seed
from tests.support import certificates
from tests.support.misbehaving import TOKEN, FakeCluster

ROOT = Path(__file__).resolve().parents[3]
Start = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture
def fake() -> Iterator[FakeCluster]:
    with FakeCluster() as fake:
        seed(fake)
        yield fake


@pytest.fixture
def healthy() -> Iterator[FakeCluster]:
    """Another cluster, which must not notice anything."""
    with FakeCluster() as healthy:
        seed(healthy)
        yield healthy


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts `process.py` for these clusters, named `cluster-0` and so on, with the rest of its plan."""
    started: list[subprocess.Popen[bytes]] = []

    def start(*fakes: FakeCluster, **plan: Any) -> subprocess.Popen[bytes]:
        servers = {f"cluster-{number}": fake.url for number, fake in enumerate(fakes)}
        for name in servers:
            Cluster.objects.get_or_create(name=name, defaults={"source": "file"})
        file = tmp_path / f"plan-{len(started)}.json"
        plan |= {"clusters": servers, "ca": certificates.authority().pem, "token": TOKEN}
        file.write_text(json.dumps(plan))
        environment = os.environ | {
            "DJANGO_SETTINGS_MODULE": "tests.settings",
            "KURATOR_UI_TEST_DATABASE_URL": _address(),
        }
        command = [sys.executable, "-m", "tests.services.observe.process", str(file)]
        process = subprocess.Popen(command, cwd=ROOT, env=environment)
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()  # a stopped process too
        process.wait(10)


def _address() -> str:
    """Of the test's own database, for another process."""
    given = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{given['NAME']}"
    host = given["HOST"] or "127.0.0.1"
    return f"postgresql://{given['USER']}:{given['PASSWORD']}@{host}:{given['PORT']}/{given['NAME']}"
