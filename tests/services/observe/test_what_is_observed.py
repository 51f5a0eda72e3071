"""What clusters and hubs hold, from API servers to rows: objects that come, go and are odd; members of Fleets."""

from __future__ import annotations

import pytest

from rollouts.domain.observations import Kind
from rollouts.models import Cluster, Release, Rollout, Transition
from tests.services.observe.harness import RUN, Observation, Walker
from tests.support.misbehaving import FakeCluster
from tests.support.objects import application, attached_cluster, canary, event, fleet, virtual_service
from tests.support.waiting import until

pytestmark = pytest.mark.django_db(transaction=True)
STORY = list(RUN)


def test_a_canary_deleted_and_created_again_in_mid_run_ends_one_history_and_begins_another(fake: FakeCluster) -> None:
    with Observation(fake) as observation:
        observation.wait_until_fresh()
        Walker(fake).walk(RUN[:3])
        fake.delete(Kind.CANARY, "shop", "checkout")
        fake.set(canary("shop", "checkout"))
        Walker(fake).walk()
        until(lambda: observation.story() == [*STORY[:3], *STORY])
        outcomes = list(Release.objects.order_by("number").values_list("outcome", flat=True))
        assert outcomes == ["deleted", "succeeded"]
        assert observation.rollout().deleted_at is None


def test_a_canary_deleted_while_nobody_looked_is_gone_and_its_release_ended(fake: FakeCluster) -> None:
    with Observation(fake) as observation:
        observation.wait_until_fresh()
        Walker(fake).walk(RUN[:3])
        until(lambda: observation.story() == STORY[:3])
    fake.delete(Kind.CANARY, "shop", "checkout")
    fake.compact()
    with Observation(fake) as observation:
        until(lambda: observation.rollout().deleted_at is not None)
    assert Release.objects.get().outcome == "deleted"


def test_one_unreadable_object_is_shown_and_stops_nothing(fake: FakeCluster) -> None:
    odd = canary("shop", "odd")
    odd["spec"] = "this is no spec"
    fake.set(odd)
    with Observation(fake) as observation:
        observation.wait_until_fresh()
        Walker(fake).walk()
        until(lambda: observation.story() == STORY)
        assert observation.rollout(name="odd").unreadable


def test_a_huge_annotation_stops_nothing(fake: FakeCluster) -> None:
    huge = canary("shop", "huge")
    huge["metadata"]["annotations"] = {"kubectl.kubernetes.io/last-applied-configuration": "x" * 900_000}
    fake.set(huge)
    with Observation(fake) as observation:
        observation.wait_until_fresh()
        Walker(fake).walk()
        until(lambda: observation.story() == STORY)
        until(lambda: Rollout.objects.filter(name="huge", unreadable="").exists())


def test_the_live_side_follows_the_routing_object(fake: FakeCluster) -> None:
    with Observation(fake) as observation:
        observation.wait_until_fresh()
        Walker(fake).walk(RUN[:5])
        fake.set(virtual_service("shop", "checkout", 100))
        until(lambda: observation.rollout().live_side == "green")
        fake.set(virtual_service("shop", "checkout", 0))
        until(lambda: observation.rollout().live_side == "blue")
        assert observation.rollout().live_source == "routing"


def test_an_event_gives_the_reason_of_a_failed_check(fake: FakeCluster) -> None:
    with Observation(fake) as observation:
        observation.wait_until_fresh()
        Walker(fake).walk(RUN[:4])
        halt = event("shop", "checkout", "Halt checkout.shop advancement success rate 65.62% < 99%")
        halt["lastTimestamp"] = "2026-11-23T17:00:40Z"
        fake.set(halt)
        until(lambda: Transition.objects.filter(failed_checks=1, why__contains="65.62% < 99%").exists())


def test_flaggers_repeated_events_of_a_suspended_canary_wake_no_page(fake: FakeCluster) -> None:
    fake.set(canary("shop", "checkout", spec={"suspend": True}))
    with Observation(fake) as observation:
        observation.wait_until_fresh()
        until(lambda: bool(observation.hints))
        Walker(fake, "other").walk(RUN[:1])
        until(lambda: observation.story(name="other") == STORY[:1])
        observation.hints.clear()
        for count in range(1, 6):
            fake.set(event("shop", "checkout", "skipping canary run as object is suspended", name="one", count=count))
        until(lambda: observation.rollout().events.filter(count=5).exists())
        assert f"rollout-{observation.rollout().pk}" not in {hint.topic for hint in observation.hints}
        assert observation.story() == []


def test_a_hub_without_flagger_is_well(fake: FakeCluster) -> None:
    del fake.served["canaries"], fake.served["clusters"]
    with Observation(fake, hub=True) as observation:
        until(lambda: observation.state() == "reachable")
        observation.wait_until_fresh()
        assert observation.reason() == ""


def test_the_members_of_a_fleet_appear_are_observed_and_leave_with_their_rollouts_kept(
    fake: FakeCluster, healthy: FakeCluster
) -> None:
    fake.set(attached_cluster("default", "member1"))
    fake.set(fleet("default", "all", "member1"))
    fake.set(application("default", "shop", fleet="all", workloads=(("shop", "checkout"),)))
    governed = canary("shop", "checkout")
    governed["metadata"]["annotations"] = {"kurator.dev/rollout": "shop-0"}
    healthy.set(governed)
    with Observation(fake, hub=True) as observation:
        observation.door.default = healthy
        until(lambda: Rollout.objects.filter(cluster__name="member1").exists())
        until(lambda: str(Rollout.objects.get(cluster__name="member1").application) == "default/shop")
        fake.set(fleet("default", "all"))
        until(lambda: Cluster.objects.get(name="member1").left_at is not None)
        until(lambda: healthy.watching(Kind.CANARY) == 0)
        assert Rollout.objects.get(cluster__name="member1").deleted_at is None


def test_a_hub_whose_account_may_read_only_kurators_objects_is_well(fake: FakeCluster) -> None:
    fake.denied.add(("*", "canaries"))
    with Observation(fake, hub=True) as observation:
        until(lambda: observation.state() == "reachable")
        observation.wait_until_fresh()
        assert observation.reason() == ""


def test_a_hub_whose_canaries_may_be_read_no_more_says_so(fake: FakeCluster) -> None:
    with Observation(fake, hub=True) as observation:
        observation.wait_until_fresh()
        until(lambda: Rollout.objects.exists())
    fake.denied.add(("*", "canaries"))
    with Observation(fake, hub=True) as observation:
        until(lambda: "canaries" in observation.reason())
