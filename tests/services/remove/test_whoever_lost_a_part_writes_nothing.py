"""A removal that is stopped while a worker reads, and a part that another worker has taken: nothing is written then."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from rollouts.domain.removing.looking import Look
from rollouts.domain.removing.steps import Step, steps_of
from rollouts.models import Cluster, RemovalPart
from rollouts.services import remove
from rollouts.services.remove import going
from tests.services.act.governing import MEMBERS
from tests.services.remove.world import Removing
from tests.support.governed import make_policy, make_removal

READS = ("get", "raw", "selector")


class Meanwhile:
    """Connections of workers; something happens once, at the first thing that is read for a step. `writes` are the
    clusters to which something was written after it.
    """

    def __init__(self, world: Removing, step: Step, happens: Callable[[RemovalPart], object]) -> None:
        self.world, self.step, self.happens = world, step, happens
        self.cluster = ""
        self.writes: list[str] = []

    def __call__(self, cluster: Cluster) -> Any:
        return _Connection(self, cluster, self.world.reach(cluster))

    def read(self, cluster: Cluster) -> None:
        part = RemovalPart.objects.get(cluster=cluster)
        if not self.cluster and not part.finished and steps_of(part.on_hub)[len(part.done)] is self.step:
            self.cluster = cluster.name
            self.happens(part)


class _Connection:
    def __init__(self, meanwhile: Meanwhile, cluster: Cluster, inner: Any) -> None:
        self._meanwhile, self._cluster, self._inner = meanwhile, cluster, inner

    def __getattr__(self, name: str) -> Any:
        if name in READS:
            self._meanwhile.read(self._cluster)
        if name in ("patch", "delete") and self._meanwhile.cluster:
            self._meanwhile.writes.append(self._cluster.name)
        return getattr(self._inner, name)


def until_it_happens(world: Removing, meanwhile: Meanwhile) -> None:
    for _ in range(40):
        world.go_on(meanwhile)
        if meanwhile.cluster:
            return
        world.fleet.advance(1)
    raise AssertionError("it never came so far")


@pytest.mark.parametrize("step", [Step.REVERT, Step.WITHDRAW, Step.GONE])
def test_what_is_stopped_while_a_worker_reads_is_not_written_any_more(world: Removing, step: Step) -> None:
    removal = world.ask()
    meanwhile = Meanwhile(world, step, lambda _: remove.stop_removal(removal=removal, now=world.now()))
    until_it_happens(world, meanwhile)
    assert meanwhile.writes == []
    assert world.canaries_left() == list(MEMBERS)
    assert RemovalPart.objects.get(name=meanwhile.cluster).sentence == "It was ended before this was done."
    removal.refresh_from_db()
    assert removal.state == "stopped"


@pytest.mark.parametrize("step", [Step.REVERT, Step.WITHDRAW, Step.GONE])
def test_what_another_worker_has_taken_is_written_by_that_one_alone(world: Removing, step: Step) -> None:
    world.ask()

    def taken(part: RemovalPart) -> None:
        RemovalPart.objects.filter(pk=part.pk).update(claim=F("claim") + 1)

    meanwhile = Meanwhile(world, step, taken)
    until_it_happens(world, meanwhile)
    assert meanwhile.cluster not in meanwhile.writes


def test_who_overslept_and_finds_it_gone_ends_nothing(world: Removing) -> None:
    removal = world.ask()
    hub = world.part(removal, "hub")
    late = going._claimed(hub.pk, world.now())
    assert late is not None
    world.forget_claims()
    world.work(hub.pk)
    going._wait(late, Look(False, "The policy has no rollout any more.", over=True), world.now())
    removal.refresh_from_db()
    assert removal.state == "open"
    assert world.until_ended(removal).state == "done"


@pytest.mark.django_db
def test_nothing_of_a_removal_that_has_ended_is_taken() -> None:
    removal, now = make_removal(make_policy("eu-west")), timezone.now()
    part = removal.parts.get(on_hub=True)
    assert remove.stop_removal(removal=removal, now=now)
    assert going._claimed(part.pk, now) is None


@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite has one lock for everything")
@pytest.mark.django_db(transaction=True)
def test_of_two_workers_at_once_one_takes_the_part() -> None:
    """The second one waits until the first has written, and then judges what is there now."""
    part, now = make_removal(make_policy("eu-west")).parts.get(on_hub=True), timezone.now()
    taken: list[RemovalPart | None] = []

    def second() -> None:
        try:
            taken.append(going._claimed(part.pk, now + timedelta(seconds=1)))
        finally:
            connection.close()

    thread = threading.Thread(target=second, daemon=True)
    with transaction.atomic():
        assert going._claimed(part.pk, now) is not None
        thread.start()
        time.sleep(0.5)
        assert thread.is_alive()
    thread.join(30)
    assert taken == [None]
