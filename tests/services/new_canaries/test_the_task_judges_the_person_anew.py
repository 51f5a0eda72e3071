"""The task as a worker runs it: by the rights that the person has now, not at the click."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.utils import timezone

from rollouts import tasks
from rollouts.models import ChangeState, Covers, Grant, NewCanary
from tests.services.act.commanding import NAMESPACE
from tests.services.new_canaries.world import Making
from tests.support.people import grant


@pytest.fixture
def row(world: Making, monkeypatch: pytest.MonkeyPatch) -> NewCanary:
    grant(world.person, edits_policies=True, covers=Covers.NAMESPACE, namespace=NAMESPACE, cluster=world.cluster)
    monkeypatch.setattr("rollouts.wiring.ways", lambda *_: SimpleNamespace(connect=world.reach))
    return world.confirm(world.enter())


def run(world: Making, row: NewCanary) -> NewCanary:
    for _ in range(60):
        just_now = timezone.now() - timedelta(seconds=1)
        NewCanary.objects.update(next_at=just_now, asked_at=just_now)  # the world's clock is another
        tasks.go_on_with_new_canary(canary=row.pk)
        row.refresh_from_db()
        if row.ended_at is not None:
            return row
        world.fleet.advance(2)
        world.look_at_basket()
    raise AssertionError(row.sentence)


def test_who_still_may_makes_it(world: Making, row: NewCanary) -> None:
    assert run(world, row).state == ChangeState.DONE, row.sentence
    assert world.find() is not None


@pytest.mark.parametrize("how", ["the mark is taken away", "another namespace", "the grant is gone", "the account is"])
def test_who_may_not_any_more_makes_nothing(world: Making, row: NewCanary, how: str) -> None:
    if how == "the mark is taken away":
        Grant.objects.update(edits_policies=False)
    elif how == "another namespace":
        Grant.objects.update(namespace="bank")
    elif how == "the grant is gone":
        Grant.objects.all().delete()
    else:
        world.person.delete()
    assert run(world, row).state == ChangeState.FAILED
    assert row.sentence == "olga may not do this any more, and nothing was done."
    assert world.find() is None


def test_one_that_is_not_there_is_no_error(db: None) -> None:
    tasks.go_on_with_new_canary(canary=12345)
