"""A batch of sightings becomes rows: each transition once, together with the cursor, and only while the lease holds."""

from __future__ import annotations

import pytest
from django.db.models import F

from rollouts.domain.observations import Kind, Observation, Phase, Unreadable
from rollouts.models import Application, Cluster, Cursor, EventSeen, Release, Rollout, RouteSeen, Transition
from rollouts.services.observe import leases
from rollouts.services.observe.record import Batch, Recorded, record
from rollouts.services.observe.sightings import Collection, Lease, Sighting
from tests.support.seen import at, canary, deleted, event, route, workload

pytestmark = pytest.mark.django_db


@pytest.fixture
def lease() -> Lease:
    cluster = Cluster.objects.create(name="north", source="file", lease=1)
    return Lease(cluster.pk, 1)


def sighting(
    lease: Lease, *seen: Observation, kind: Kind = Kind.CANARY, seconds: float = 0, cursor: str = ""
) -> Sighting:
    return Sighting(lease, Collection(kind), seen, at(seconds), cursor=cursor)


def listing(lease: Lease, *seen: Observation, kind: Kind = Kind.CANARY, seconds: float = 0) -> Sighting:
    present = frozenset((one.namespace, one.name) for one in seen)  # type: ignore[union-attr]
    return Sighting(lease, Collection(kind), seen, at(seconds), cursor="900", listed=True, complete=present)


def write(*sightings: Sighting) -> Recorded:
    return record(sightings, now=at(1000))


def a_whole_run(lease: Lease) -> list[Sighting]:
    phases: list[tuple[float, Observation]] = [
        (10, canary(10, Phase.PROGRESSING, last_applied="bbb")),
        (20, canary(20, Phase.PROGRESSING, last_applied="bbb", iterations=1)),
        (30, canary(30, Phase.PROGRESSING, last_applied="bbb", iterations=2)),
        (40, canary(40, Phase.PROGRESSING, last_applied="bbb", iterations=3)),
        (50, route(100, version=2)),
        (50.1, canary(50.1, Phase.PROGRESSING, last_applied="bbb", iterations=4)),
        (60, canary(60, Phase.PROMOTING, last_applied="bbb", iterations=4)),
        (70, route(0, version=3)),
        (70.1, canary(70.1, Phase.FINALISING, last_applied="bbb")),
        (80, canary(80, Phase.SUCCEEDED, last_applied="bbb", last_promoted="bbb")),
    ]
    return [
        sighting(
            lease,
            seen,
            kind=Kind.VIRTUAL_SERVICE if seconds in (50, 70) else Kind.CANARY,
            seconds=seconds,
            cursor=str(100 + n),
        )
        for n, (seconds, seen) in enumerate(phases)
    ]


def first_sight(lease: Lease) -> list[Sighting]:
    return [listing(lease, canary()), listing(lease, route(0), kind=Kind.VIRTUAL_SERVICE)]


def test_a_listed_canary_becomes_a_rollout_without_any_transition(lease: Lease) -> None:
    write(*first_sight(lease))
    rollout = Rollout.objects.get()
    seen = (rollout.namespace, rollout.name, rollout.phase, rollout.live_side, rollout.live_source)
    assert seen == ("shop", "checkout", "Initialized", "blue", "routing")
    assert not Transition.objects.exists()


def test_a_whole_run_is_one_release_with_every_transition_once(lease: Lease) -> None:
    write(*first_sight(lease))
    for one in a_whole_run(lease):
        write(one)
    release = Release.objects.get()
    assert (release.outcome, release.analysis, release.number) == ("succeeded", "completed", 1)
    story = list(Transition.objects.order_by("number").values_list("phase", "iterations", "live_side"))
    assert story == [
        ("Progressing", 0, "blue"),
        ("Progressing", 1, "blue"),
        ("Progressing", 2, "blue"),
        ("Progressing", 3, "blue"),
        ("Progressing", 3, "green"),
        ("Progressing", 4, "green"),
        ("Promoting", 4, "green"),
        ("Promoting", 4, "blue"),
        ("Finalising", 0, "blue"),
        ("Succeeded", 0, "blue"),
    ]


def test_one_batch_says_the_same_as_many(lease: Lease) -> None:
    write(*first_sight(lease), *a_whole_run(lease))
    assert Transition.objects.count() == 10
    assert Release.objects.get().outcome == "succeeded"


def test_watched_changes_that_arrive_twice_change_nothing(lease: Lease) -> None:
    write(*first_sight(lease), *a_whole_run(lease))
    before = list(Transition.objects.order_by("number").values())
    again = write(*a_whole_run(lease))
    assert list(Transition.objects.order_by("number").values()) == before
    assert Release.objects.count() == 1
    assert again.hints == []


def test_a_numbered_batch_is_written_once_even_when_nobody_knows_whether_it_was_committed(lease: Lease) -> None:
    leases.enter("me")
    everything = [*first_sight(lease), *a_whole_run(lease)]
    record(everything, now=at(1000), batch=Batch("me", 7))
    before = list(Transition.objects.order_by("number").values())
    again = record(everything, now=at(1000), batch=Batch("me", 7))
    assert list(Transition.objects.order_by("number").values()) == before
    assert again == Recorded()


def test_nothing_is_written_by_a_worker_that_was_declared_dead(lease: Lease) -> None:
    recorded = record(first_sight(lease), now=at(1000), batch=Batch("buried", 1))
    assert recorded.lost == {lease}
    assert not Rollout.objects.exists()


def test_the_cursor_is_written_with_what_was_seen(lease: Lease) -> None:
    write(*first_sight(lease), sighting(lease, canary(10, Phase.PROGRESSING, last_applied="bbb"), cursor="1234"))
    assert Cursor.objects.get(kind="canaries").resource_version == "1234"


def test_nothing_of_a_lost_lease_is_written(lease: Lease) -> None:
    Cluster.objects.update(lease=F("lease") + 1)
    recorded = write(*first_sight(lease))
    assert recorded.lost == {lease}
    assert not Rollout.objects.exists()
    assert not Cursor.objects.exists()


def test_a_lost_lease_drops_only_the_rows_of_its_own_cluster(lease: Lease) -> None:
    other = Lease(Cluster.objects.create(name="south", source="file", lease=5).pk, 5)
    Cluster.objects.filter(pk=lease.cluster).update(lease=F("lease") + 1)
    recorded = write(*first_sight(lease), *first_sight(other))
    assert recorded.lost == {lease}
    assert Rollout.objects.get().cluster_id == other.cluster


def test_a_route_that_was_seen_before_its_canary_counts(lease: Lease) -> None:
    write(sighting(lease, route(100), kind=Kind.VIRTUAL_SERVICE))
    assert RouteSeen.objects.get().green_weight == 100
    write(sighting(lease, canary()))
    assert Rollout.objects.get().live_side == "green"


def test_a_canary_missing_from_a_complete_list_has_been_deleted(lease: Lease) -> None:
    write(*first_sight(lease))
    write(listing(lease, seconds=100))
    assert Rollout.objects.get().deleted_at is not None


def test_a_canary_missing_from_an_unfinished_list_is_left_alone(lease: Lease) -> None:
    write(*first_sight(lease))
    write(Sighting(lease, Collection(Kind.CANARY), (), at(100), listed=True))
    assert Rollout.objects.get().deleted_at is None


def test_a_list_of_one_namespace_deletes_nothing_in_another(lease: Lease) -> None:
    write(*first_sight(lease))
    write(Sighting(lease, Collection(Kind.CANARY, "elsewhere"), (), at(100), "901", listed=True, complete=frozenset()))
    assert Rollout.objects.get().deleted_at is None


def test_a_rollout_deleted_in_mid_run_ends_its_release(lease: Lease) -> None:
    write(*first_sight(lease), *a_whole_run(lease)[:3])
    write(sighting(lease, deleted(), seconds=35))
    assert Release.objects.get().outcome == "deleted"


def test_a_difference_found_by_a_list_is_a_gap(lease: Lease) -> None:
    write(*first_sight(lease), *a_whole_run(lease)[:1])
    write(listing(lease, canary(40, Phase.PROGRESSING, last_applied="bbb", iterations=3), seconds=41))
    assert list(Transition.objects.order_by("number").values_list("iterations", "gap")) == [(0, False), (3, True)]


def test_a_list_that_differs_in_nothing_is_no_gap(lease: Lease) -> None:
    write(*first_sight(lease), *a_whole_run(lease)[:1])
    again = write(listing(lease, canary(10, Phase.PROGRESSING, last_applied="bbb"), seconds=41))
    assert Transition.objects.count() == 1
    assert again.hints == []


def test_workloads_give_the_versions_of_both_sides(lease: Lease) -> None:
    write(*first_sight(lease))
    seen = (workload("checkout", "shop:2", ready=1), workload("checkout-primary", "shop:1"))
    write(sighting(lease, *seen, kind=Kind.DEPLOYMENT, seconds=5))
    rollout = Rollout.objects.get()
    assert (rollout.blue_images, rollout.green_images, rollout.green_ready) == (["shop:1"], ["shop:2"], 1)
    assert rollout.workloads_at is not None


def test_a_workload_of_no_rollout_is_ignored(lease: Lease) -> None:
    write(*first_sight(lease), sighting(lease, workload("other", "x:1"), kind=Kind.DEPLOYMENT))
    assert Rollout.objects.get().green_images == []


def test_an_event_explains_the_transition_that_came_before_it(lease: Lease) -> None:
    write(*first_sight(lease), *a_whole_run(lease)[:2])
    write(sighting(lease, canary(30, Phase.PROGRESSING, last_applied="bbb", iterations=1, failed_checks=1), seconds=30))
    halt = event("Halt checkout.shop advancement success rate 65.62% < 99%", 30, type="Warning")
    write(sighting(lease, halt, kind=Kind.EVENT, seconds=30.2))
    why = Transition.objects.get(failed_checks=1).why
    assert why is not None
    assert "65.62% < 99%" in why
    assert EventSeen.objects.count() == 1


def test_the_same_event_counted_up_is_one_row(lease: Lease) -> None:
    write(*first_sight(lease))
    for seconds in (10, 20):
        skipping = event("skipping canary run as object is suspended", seconds, uid="one")
        write(sighting(lease, skipping, kind=Kind.EVENT, seconds=seconds))
    assert EventSeen.objects.get().last_at == at(20)


def test_events_older_than_two_days_are_dropped_by_the_clusters_own_clock(lease: Lease) -> None:
    write(*first_sight(lease))
    behind, day = -9 * 86400, 86400
    for seconds in (behind, behind + day, behind + 2.5 * day):
        write(sighting(lease, event(f"at {seconds}", seconds), kind=Kind.EVENT))
    kept = EventSeen.objects.order_by("last_at").values_list("last_at", flat=True)
    assert list(kept) == [at(behind + day), at(behind + 2.5 * day)]


def test_an_event_that_says_nothing_new_wakes_no_page(lease: Lease) -> None:
    write(*first_sight(lease))
    recorded = write(
        sighting(lease, event("skipping canary run as object is suspended", 10), kind=Kind.EVENT, seconds=10)
    )
    assert recorded.hints == []


def test_a_failed_rollout_written_anew_at_every_tick_wakes_no_page(lease: Lease) -> None:
    write(*first_sight(lease), sighting(lease, canary(10, Phase.FAILED, phase_at=at(10), promoted_at=at(10))))
    recorded = write(
        sighting(lease, canary(20, Phase.FAILED, phase_at=at(10), promoted_at=at(10)), seconds=20, cursor="77")
    )
    assert recorded.hints == []
    assert Cursor.objects.get(kind="canaries").resource_version == "77"


def test_a_visible_change_moves_the_versions_and_gives_hints(lease: Lease) -> None:
    write(*first_sight(lease))
    rollout, cluster = Rollout.objects.get(), Cluster.objects.get()
    recorded = write(a_whole_run(lease)[0])
    assert Rollout.objects.get().version > rollout.version
    assert Cluster.objects.get().version > cluster.version
    assert f"rollout-{rollout.pk}" in {hint.topic for hint in recorded.hints}


def test_an_unreadable_canary_is_shown_with_the_reason_and_keeps_its_last_state(lease: Lease) -> None:
    write(*first_sight(lease))
    write(sighting(lease, Unreadable(Kind.CANARY, "shop", "checkout", "uid-checkout", "spec: expected object")))
    rollout = Rollout.objects.get()
    assert rollout.unreadable == "spec: expected object"
    assert (rollout.phase, rollout.attention) == ("Initialized", "unreadable")
    write(sighting(lease, canary(20), seconds=20))
    rollout = Rollout.objects.get()
    assert (rollout.unreadable, rollout.attention) == ("", "")


def test_a_canary_that_was_never_readable_is_a_rollout_too_and_can_go(lease: Lease) -> None:
    write(sighting(lease, Unreadable(Kind.CANARY, "shop", "odd", "uid-odd", "spec: expected object")))
    assert Rollout.objects.get().unreadable
    write(sighting(lease, deleted("odd", uid="uid-odd")))
    assert Rollout.objects.get().deleted_at is not None


def test_absurd_numbers_are_stored_as_the_largest_that_fit(lease: Lease) -> None:
    write(sighting(lease, canary(10, Phase.PROGRESSING, failed_checks=10**30, threshold=-(10**30), last_applied="bbb")))
    assert Rollout.objects.get().failed_checks == 2**31 - 1
    assert Transition.objects.get().failed_checks == 2**31 - 1


def test_every_rollout_belongs_to_an_application(lease: Lease) -> None:
    write(*first_sight(lease))
    application = Rollout.objects.get().application
    assert application == Application.objects.get(hub=None, namespace="shop", name="checkout")


def test_a_thousand_rollouts_are_listed_with_few_queries(lease: Lease, django_assert_max_num_queries) -> None:  # type: ignore[no-untyped-def]
    canaries = [canary(name=f"app-{number}", uid=f"uid-{number}") for number in range(500)]
    with django_assert_max_num_queries(120):
        write(listing(lease, *canaries))
    assert Rollout.objects.count() == 500
