from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django.fixtures import DjangoAssertNumQueries

from rollouts.models import Rollout
from rollouts.services.looks import look
from tests.support.builders import make_rollout

pytestmark = pytest.mark.django_db


def test_however_many_look_it_is_written_once_in_a_while() -> None:
    rollout, now = make_rollout(), timezone.now()
    written = []
    for seconds in (0, 1, 29, 31, 32):
        rollout.refresh_from_db()
        written.append(look(rollout=rollout, now=now + timedelta(seconds=seconds)))
    assert written == [True, False, False, True, False]
    rollout.refresh_from_db()
    assert rollout.looked_at == now + timedelta(seconds=31)


def test_what_was_just_read_as_looked_at_needs_no_statement(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    now = timezone.now()
    rollout = make_rollout()
    rollout.looked_at = now - timedelta(seconds=20)
    with django_assert_num_queries(0):
        assert look(rollout=rollout, now=now) is False


def test_of_two_who_read_it_at_the_same_time_one_writes() -> None:
    rollout, now = make_rollout(), timezone.now()
    other = Rollout.objects.get(pk=rollout.pk)
    assert [look(rollout=one, now=now) for one in (rollout, other)] == [True, False]


def test_a_rollout_that_is_gone_is_no_error() -> None:
    assert look(rollout=Rollout(pk=4711), now=timezone.now()) is False
