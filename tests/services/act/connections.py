"""Connections whose worker is killed, overtaken or refused in the middle."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from rollouts.adapters.kubernetes.connection import KubernetesConnection
from rollouts.domain.commands import Patch
from rollouts.models import Cluster, Command
from tests.services.act.commanding import Commanding
from tests.services.act.governing import Governing


class Killed(BaseException):
    """The process ends here, as with kill -9: nothing after it runs but what another process does later."""


class Watched:
    """A connection that counts its patches, and after which calls the world ends or changes."""

    def __init__(self, world: Commanding | Governing, *, before: Any = None, after: Any = None) -> None:
        self._connection = world.connect()
        self._before, self._after = before, after
        self.patches: list[Patch] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    def patch(self, patch: Patch) -> str:
        self.patches.append(patch)
        if self._before is not None:
            self._before(patch)
        version = self._connection.patch(patch)
        if self._after is not None:
            self._after(patch)
        return version

    def __call__(self, _: Cluster) -> KubernetesConnection:
        return self  # type: ignore[return-value]


def kill(*_: Any) -> None:
    raise Killed


def dies(world: Commanding, command: Command, **when: Any) -> None:
    """Its worker, after a patch unless it is said `before` which."""
    with pytest.raises(Killed):
        world.carry_out(command, connect=Watched(world, **(when or {"after": kill})))


def carried_on(world: Commanding, command: Command) -> tuple[str, list[Patch]]:
    """By the next worker, long after: the state, and what it sends."""
    long_after(world, command)
    watched = Watched(world)
    return world.carry_out(command, connect=watched).state, watched.patches


def long_after(world: Commanding | Governing, command: Command) -> None:
    """The claim of whoever was killed is over; nothing has ticked."""
    Command.objects.filter(pk=command.pk).update(claimed_until=world.now() - timedelta(seconds=1))
