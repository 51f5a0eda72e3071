from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from rollouts.models import Cluster, Covers, Role
from rollouts.queries.history import Chosen, history, scope
from tests.support.builders import make_application, make_cluster, make_release, make_rollout
from tests.support.people import grant, make_person

pytestmark = pytest.mark.django_db
MONDAY, TUESDAY = date(2026, 11, 23), date(2026, 11, 24)
CHOSEN = Chosen(MONDAY, TUESDAY)


@pytest.fixture
def person() -> User:
    return make_person("viewer", Role.VIEWER)


def at(day: date, hour: int, minute: int = 0) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=UTC)


def test_releases_are_counted_by_the_utc_day_on_which_they_began(person: User) -> None:
    rollout = make_rollout()
    for number, begin in enumerate([at(MONDAY, 0), at(MONDAY, 23, 59), at(TUESDAY, 0)], start=1):
        make_release(rollout, number, started_at=begin, ended_at=begin + timedelta(minutes=9), outcome="succeeded")
    make_release(rollout, 4, started_at=at(TUESDAY, 5), outcome="failed", ended_at=at(TUESDAY, 6))
    make_release(rollout, 5, started_at=at(TUESDAY, 7))
    make_release(rollout, 6, started_at=at(TUESDAY, 24 - 1) + timedelta(hours=1))
    found = history(person, CHOSEN)
    assert [day.outcomes for day in found.days] == [{"succeeded": 2}, {"succeeded": 1, "failed": 1, "running": 1}]
    assert found.whole.outcomes == {"succeeded": 3, "failed": 1, "running": 1}
    assert (found.days[1].share_failed, found.whole.share_failed, found.days[0].share_failed) == (50, 25, 0)


def test_the_time_to_success_is_that_of_half_and_of_nine_out_of_ten(person: User) -> None:
    rollout = make_rollout()
    for number in range(1, 11):
        begin = at(MONDAY, number)
        ended = begin + timedelta(minutes=number)
        make_release(rollout, number, started_at=begin, ended_at=ended, outcome="succeeded")
    failed = at(MONDAY, 12)
    make_release(rollout, 11, started_at=failed, ended_at=failed + timedelta(hours=3), outcome="failed")
    monday, tuesday = history(person, CHOSEN).days
    assert (monday.typical, monday.slow) == (300, 540)
    assert (tuesday.typical, tuesday.slow, tuesday.share_failed) == (None, None, None)


def test_it_narrows_to_a_rollout_an_application_and_a_cluster(person: User) -> None:
    here, there = make_cluster("here"), make_cluster("there")
    one, other = make_application("one"), make_application("other")
    rollouts = [
        make_rollout(here, application=one, name="one"),
        make_rollout(there, application=one, name="one"),
        make_rollout(here, application=other, name="other"),
    ]
    for rollout in rollouts:
        make_release(rollout, started_at=at(MONDAY, 1))

    def counted(**narrowed: object) -> int:
        return history(person, Chosen(MONDAY, TUESDAY, **narrowed)).whole.outcomes.get("running", 0)  # type: ignore[arg-type]

    assert counted() == 3
    assert counted(rollout=rollouts[0].pk) == 1
    assert counted(application=one.pk) == 2
    assert counted(cluster="here") == 2
    assert counted(cluster="here", application=one.pk) == 1
    assert counted(cluster="nowhere") == 0


def test_who_may_see_nothing_has_no_history(person: User) -> None:
    rollout = make_rollout()
    make_release(rollout, started_at=at(MONDAY, 1))
    nobody = AnonymousUser()
    assert history(nobody, CHOSEN).whole.outcomes == {}
    assert scope(nobody, Chosen(MONDAY, TUESDAY, rollout=rollout.pk)) is None
    assert scope(person, Chosen(MONDAY, TUESDAY, rollout=rollout.pk)) is not None


def test_who_sees_some_clusters_has_the_history_of_these() -> None:
    for name in ("here", "there"):
        make_release(make_rollout(make_cluster(name)), started_at=at(MONDAY, 1))
    person = make_person()
    grant(person, covers=Covers.CLUSTER, cluster=Cluster.objects.get(name="here"))
    assert history(person, CHOSEN).whole.outcomes == {"running": 1}
    assert history(person, Chosen(MONDAY, TUESDAY, cluster="there")).whole.outcomes == {}


def test_of_too_many_of_a_rollout_only_the_newest_are_counted_and_it_says_so(
    person: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rollouts.queries.history.MOST_RELEASES", 2)
    rollout = make_rollout()
    for number in (1, 2, 3):
        make_release(rollout, number, started_at=at(MONDAY, number))
    found = history(person, Chosen(MONDAY, TUESDAY, rollout=rollout.pk))
    assert found.truncated
    assert found.whole.outcomes == {"running": 2}
    whole = history(person, CHOSEN)
    assert not whole.truncated
    assert whole.whole.outcomes == {"running": 3}


def test_a_rollout_an_application_and_the_fleet_tell_the_same_of_the_same_releases(person: User) -> None:
    rollout = make_rollout(application=make_application("one"))
    for number, outcome in enumerate(("succeeded", "failed", "superseded", "succeeded"), start=1):
        begin = at(MONDAY, 20 + number % 4)
        ended = begin + timedelta(seconds=3607 * number)
        make_release(rollout, number, started_at=begin, ended_at=ended, outcome=outcome)
    fleet = history(person, CHOSEN)
    assert history(person, Chosen(MONDAY, TUESDAY, rollout=rollout.pk)) == fleet
    assert history(person, Chosen(MONDAY, TUESDAY, application=rollout.application_id)) == fleet


def test_the_history_of_a_fleet_reads_no_release(person: User) -> None:
    make_release(make_rollout(), started_at=at(MONDAY, 1))
    with CaptureQueriesContext(connection) as captured:
        history(person, CHOSEN)
    assert not [query for query in captured.captured_queries if "rollouts_release" in query["sql"]]
