"""Pages as a signed-in person sees them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from rollouts.domain.observations import Phase
from rollouts.models import Application, Role, Rollout
from rollouts.web.fragments import fragments
from tests.support.builders import make_cluster, make_rollout
from tests.support.people import make_editor, make_operator, make_person
from tests.support.scenes import application_of, running_everywhere


@pytest.fixture(autouse=True)
def _nothing_kept() -> None:
    cache.clear()
    fragments.clear()


@pytest.fixture
def still() -> Iterator[None]:
    """The clock stands: pages are made anew at whole steps of it, and one might fall between two requests."""
    with time_machine.travel(timezone.now(), tick=False):
        yield


@pytest.fixture
def ed() -> User:
    return make_editor()


@pytest.fixture
def editor(client: Client, ed: User) -> Client:
    client.force_login(ed)
    return client


@pytest.fixture
def visitor(client: Client) -> Client:
    """Sees everything."""
    client.force_login(make_person("viewer", Role.VIEWER))
    return client


@pytest.fixture
def operator(client: Client) -> Client:
    client.force_login(make_operator())
    return client


@pytest.fixture
def running(asked: list[tuple[str, dict[str, Any]]]) -> Rollout:
    return make_rollout(make_cluster("eu-west"), phase=Phase.PROGRESSING, iterations=1)


@pytest.fixture
def rollouts(asked: list[tuple[str, dict[str, Any]]]) -> list[Rollout]:
    return running_everywhere()


@pytest.fixture
def application(rollouts: list[Rollout]) -> Application:
    return application_of(rollouts)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, dict[str, Any]]]:
    """What workers were asked for."""
    found: list[tuple[str, dict[str, Any]]] = []
    monkeypatch.setattr("rollouts.wiring.enqueue", lambda task, arguments: found.append((task, dict(arguments))))
    return found
