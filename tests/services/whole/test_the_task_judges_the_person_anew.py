"""The task as a worker runs it: by the rights that the person has now, not at the click."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.utils import timezone

from rollouts import tasks
from rollouts.models import ApplicationChange, ChangeState, Cluster, Grant
from tests.services.whole.world import Whole
from tests.support.people import grant


@pytest.fixture
def change(world: Whole, monkeypatch: pytest.MonkeyPatch) -> ApplicationChange:
    grant(world.person, edits_policies=True)
    monkeypatch.setattr("rollouts.wiring.ways", lambda *_: SimpleNamespace(connect=world.reach))
    return world.confirm(world.begin())


def run(world: Whole, change: ApplicationChange) -> ApplicationChange:
    for _ in range(60):
        just_now = timezone.now() - timedelta(seconds=1)
        ApplicationChange.objects.update(next_at=just_now, asked_at=just_now)
        Cluster.objects.update(fresh_at=timezone.now())  # the world's clock is not that of the task
        tasks.go_on_with_application(change=change.pk)
        change.refresh_from_db()
        if change.ended_at is not None:
            return change
        world.fleet.advance(2)
    raise AssertionError(change.sentence)


def test_who_still_may_deletes_it(world: Whole, change: ApplicationChange) -> None:
    assert run(world, change).state == ChangeState.DONE, change.sentence
    assert world.on_hub() is None


@pytest.mark.parametrize("how", ["the mark is taken away", "the grant is gone", "the account is gone"])
def test_who_may_not_any_more_deletes_nothing(world: Whole, change: ApplicationChange, how: str) -> None:
    if how == "the mark is taken away":
        Grant.objects.update(edits_policies=False)
    elif how == "the grant is gone":
        Grant.objects.all().delete()
    else:
        world.person.delete()
    assert run(world, change).state == ChangeState.FAILED
    assert change.sentence == "olga may not do this any more, and nothing was done."
    assert world.on_hub() is not None


def test_one_that_is_not_there_is_no_error(db: None) -> None:
    tasks.go_on_with_application(change=12345)
