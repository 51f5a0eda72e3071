"""The API as people and programs ask it."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.test import Client

from rollouts.domain.observations import Phase
from rollouts.models import Application, Role, Rollout
from tests.api.asking import bearer
from tests.support.builders import make_cluster, make_rollout
from tests.support.people import make_editor, make_operator, make_person, make_token
from tests.support.scenes import application_of, running_everywhere


@pytest.fixture(autouse=True)
def _nothing_kept() -> None:
    cache.clear()


@pytest.fixture
def visitor(client: Client) -> Client:
    """Signed in, and sees everything."""
    client.force_login(make_person("viewer", Role.VIEWER))
    return client


@pytest.fixture
def operator(client: Client) -> Client:
    client.force_login(make_operator())
    return client


@pytest.fixture
def program() -> Client:
    """May act on everything."""
    return bearer(make_token(make_operator(), "operate").secret)


@pytest.fixture
def ed() -> User:
    return make_editor()


@pytest.fixture
def editor(ed: User) -> Client:
    """A program of who may edit every policy."""
    return bearer(make_token(ed, "operate").secret)


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
