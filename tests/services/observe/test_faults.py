"""Whatever an API server does: no transition is lost or doubled, and no other cluster is delayed."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from rollouts.domain.observations import Kind
from rollouts.models import Release, Rollout, Transition
from tests.services.observe.harness import RUN, Observation, Walker, seed
from tests.support.faults import (
    Answer,
    Cut,
    Drip,
    Fault,
    Flood,
    GoneInStream,
    HalfLine,
    NotJSON,
    Reset,
    Silence,
    continuing,
    listing,
    watching,
)  # fmt: skip
from tests.support.misbehaving import FakeCluster
from tests.support.waiting import until

pytestmark = pytest.mark.django_db(transaction=True)
STORY = list(RUN)
CANARIES = watching(Kind.CANARY)


def test_a_run_on_a_healthy_cluster_is_told_step_by_step(fake: FakeCluster) -> None:
    with Observation(fake) as observation:
        observation.wait_until_fresh()
        Walker(fake).walk()
        until(lambda: observation.story() == STORY)
        assert observation.gaps() == 0
        until(lambda: observation.state() == "reachable")
    assert Release.objects.get().outcome == "succeeded"


WATCH_FAULTS: dict[str, Callable[[], Fault]] = {
    "reset in mid event": lambda: Reset(after_bytes=200, when=CANARIES, times=3),
    "half a line": lambda: HalfLine(when=CANARIES, times=3),
    "cut off": lambda: Cut(after_bytes=50, when=CANARIES, times=3),
    "dead without a word": lambda: Silence(headers=True, when=CANARIES, times=1),
    "accepted and never answered": lambda: Silence(when=CANARIES, times=1),
    "throttled": lambda: Answer(429, retry_after="1", when=CANARIES, times=2),
    "failing": lambda: Answer(500, when=CANARIES, times=3),
    "unavailable": lambda: Answer(503, when=CANARIES, times=3),
    "a page of a proxy": lambda: NotJSON(when=CANARIES, times=2),
    "a gigabyte": lambda: Flood(when=CANARIES, times=1),
    "a byte now and then": lambda: Drip(seconds=0.1, when=CANARIES, times=1),
    "everything resets": lambda: Reset(times=8),
}


@pytest.mark.parametrize("fault", WATCH_FAULTS)
def test_a_broken_watch_loses_and_doubles_nothing(fault: str, fake: FakeCluster, healthy: FakeCluster) -> None:
    with Observation(fake, healthy) as observation:
        observation.wait_until_fresh()
        fake.faults.append(WATCH_FAULTS[fault]())
        fake.drop_connections()
        Walker(fake).walk()
        Walker(healthy).walk()
        until(lambda: observation.story(1) == STORY)
        until(lambda: observation.story(0) == STORY)
        assert observation.gaps() == 0
        until(lambda: observation.state(0) == "reachable")


def test_a_cursor_too_old_at_the_start_leads_to_a_list_and_a_gap_where_something_changed(fake: FakeCluster) -> None:
    seed(fake, "quiet")
    with Observation(fake) as observation:
        observation.wait_until_fresh()
    Walker(fake).walk(RUN[:3])
    fake.compact()
    with Observation(fake) as observation:
        observation.wait_until_fresh()
        until(lambda: observation.story() == [RUN[2]])
        assert observation.gaps() == 1
        assert observation.story(name="quiet") == []


def test_a_cursor_too_old_in_mid_stream_leads_to_a_list_and_no_gap_where_nothing_changed(fake: FakeCluster) -> None:
    with Observation(fake) as observation:
        observation.wait_until_fresh()
        walker = Walker(fake)
        walker.walk(RUN[:3])
        until(lambda: observation.story() == STORY[:3])
        lists = len(fake.asked(Kind.CANARY))
        fake.faults.append(GoneInStream(when=CANARIES))
        fake.drop_connections()
        until(lambda: len(fake.asked(Kind.CANARY)) > lists + 1)
        observation.wait_until_fresh()
        walker.walk(RUN[3:])
        until(lambda: observation.story() == STORY)
        assert observation.gaps() == 0


def test_a_cursor_of_the_future_is_noticed_although_such_a_watch_is_silent(fake: FakeCluster) -> None:
    with Observation(fake) as observation:
        observation.wait_until_fresh()
    fake.restore(7)
    Walker(fake).walk(RUN[:2])
    with Observation(fake) as observation:
        until(lambda: observation.story() == [RUN[1]])
        assert observation.gaps() == 1


def test_a_list_whose_continue_token_expires_is_begun_again(fake: FakeCluster) -> None:
    seed(fake, *[f"app-{number}" for number in range(700)])
    fake.faults.append(Answer(410, when=continuing(Kind.CANARY), times=2))
    with Observation(fake) as observation:
        until(lambda: Rollout.objects.count() == 701)
        observation.wait_until_fresh()
    assert not Transition.objects.exists()
    assert not Rollout.objects.exclude(deleted_at=None).exists()


@pytest.mark.parametrize("every", [0.05, None])
def test_bookmarks_and_none_at_all_are_both_fine(every: float | None, fake: FakeCluster) -> None:
    fake.bookmark_every = every
    with Observation(fake) as observation:
        observation.wait_until_fresh()
        Walker(fake).walk()
        until(lambda: observation.story() == STORY)


def test_an_expired_token_is_read_again_and_observation_goes_on(fake: FakeCluster, healthy: FakeCluster) -> None:
    with Observation(fake, healthy) as observation:
        observation.wait_until_fresh()
        fake.tokens = {"renewed"}
        fake.drop_connections()
        Walker(fake).walk()
        until(lambda: observation.state(0) == "denied")
        observation.door.tokens[observation.rows[0].pk] = "renewed"
        until(lambda: observation.story(0) == STORY)
        until(lambda: observation.state(0) == "reachable")
        assert observation.state(1) == "reachable"


def test_one_forbidden_kind_leaves_the_others_alone(fake: FakeCluster) -> None:
    fake.denied.add(("*", "events"))
    with Observation(fake) as observation:
        Walker(fake).walk()
        until(lambda: observation.rollout().phase == "Succeeded" if Rollout.objects.exists() else False)
        until(lambda: observation.state() == "reachable")
        observation.rows[0].refresh_from_db()
        assert "events" in observation.rows[0].reason


def test_a_cluster_without_flagger_says_so_and_is_asked_again_later(fake: FakeCluster) -> None:
    versions = fake.served.pop("canaries")
    with Observation(fake) as observation:
        until(lambda: "Flagger" in observation.reason())
        fake.served["canaries"] = versions
        observation.wait_until_fresh()
        until(lambda: observation.reason() == "")


def test_an_unreachable_cluster_keeps_its_rollouts_and_delays_nobody(fake: FakeCluster, healthy: FakeCluster) -> None:
    with Observation(fake, healthy) as observation:
        observation.wait_until_fresh()
        fake.mute = True
        fake.drop_connections()
        Walker(healthy).walk()
        until(lambda: observation.story(1) == STORY)
        until(lambda: observation.state(0) == "unreachable")
        assert observation.rollout(0).deleted_at is None
        observation.rows[0].refresh_from_db()
        assert observation.rows[0].reason
        assert observation.rows[0].state_since is not None


def test_a_clock_that_is_wrong_changes_no_order(fake: FakeCluster) -> None:
    fake.clock_offset = -7 * 24 * 3600
    with Observation(fake) as observation:
        observation.wait_until_fresh()
        Walker(fake).walk()
        until(lambda: observation.story() == STORY)
        seen = list(Transition.objects.order_by("number").values_list("seen_at", flat=True))
        assert seen == sorted(seen)


def test_another_cluster_behind_the_same_address_stops_observation_and_deletes_nothing(fake: FakeCluster) -> None:
    with Observation(fake) as observation:
        observation.wait_until_fresh()
        with FakeCluster() as other:
            observation.door.fakes[observation.rows[0].pk] = other
            fake.tokens = set()
            fake.drop_connections()
            until(lambda: observation.state() == "stopped")
            assert observation.rollout().deleted_at is None
            assert "kube-system" in observation.reason()


def test_nothing_is_listed_again_when_a_watch_ends_as_agreed(fake: FakeCluster) -> None:
    with Observation(fake) as observation:
        observation.wait_until_fresh()
        ended = len(fake.asked(Kind.CANARY, watch=True))
        until(lambda: len(fake.asked(Kind.CANARY, watch=True)) >= ended + 2)
        lists = [one for one in fake.asked(Kind.CANARY) if one.path.endswith("/canaries")]
        whole = [one for one in lists if one.query.get("limit") != "1"]
        assert len(whole) == 1


def test_a_first_list_failing_half_way_shows_no_cluster_as_empty(fake: FakeCluster) -> None:
    fake.faults.append(Answer(500, when=listing(Kind.CANARY), times=3))
    with Observation(fake) as observation:
        observation.wait_until_fresh()
        until(lambda: Rollout.objects.filter(deleted_at=None).count() == 1)
