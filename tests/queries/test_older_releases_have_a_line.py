"""The steps of a release that is over are those of the policy that governed it, not of today's."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from rollouts.domain.observations import Phase
from rollouts.models import Release
from rollouts.queries import rollout
from tests.support.builders import make_release, make_rollout
from tests.support.gallery import SUCCESS, make_history

pytestmark = pytest.mark.django_db


def labels(person: User, id: int, number: int) -> list[str]:
    found = rollout.find(person, id)
    assert found is not None
    detail = rollout.detail(person, found, timezone.now(), number)
    assert detail is not None
    return [tick.label for tick in detail.line.ticks]


def test_an_older_release_has_the_steps_it_went_through(admin_user: User) -> None:
    one = make_rollout(phase=Phase.PROGRESSING, iterations=1, iterations_wanted=5)
    make_history(one, *SUCCESS, outcome="succeeded")
    kept = make_rollout(phase=Phase.SUCCEEDED, iterations_wanted=3, name="other", save=False)
    Release.objects.filter(number=1).update(canary=kept.state["canary"])
    make_release(one, 2)
    begin, iterations = ["detected"], [f"iteration {number}" for number in range(1, 6)]
    end = ["users on green", "promoting", "users on blue", "succeeded"]
    assert labels(admin_user, one.pk, 1) == begin + iterations[:3] + end
    assert labels(admin_user, one.pk, 2) == begin + iterations + end


def test_a_release_of_which_no_policy_was_kept_has_none(admin_user: User) -> None:
    one = make_rollout(phase=Phase.PROGRESSING)
    ended = timezone.now() - timedelta(hours=1)
    make_release(one, 1, outcome="failed", ended_at=ended, started_at=ended - timedelta(minutes=5), canary={})
    make_release(one, 2)
    assert labels(admin_user, one.pk, 1) == []
