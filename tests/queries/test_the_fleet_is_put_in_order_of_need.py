from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.utils import timezone

from rollouts.domain import memory
from rollouts.domain.observations import Kind, Phase, Route
from rollouts.models import Application, Cluster, ClusterState, Role, Rollout
from rollouts.queries import applications, cluster_rows, clusters, fleet
from rollouts.queries.filters import FleetFilter, Part, Sort
from rollouts.services.observe import storage
from tests.support.builders import BLUE, GREEN, Sides, make_application, make_cluster, make_rollout, make_transition
from tests.support.fleet_look import Look
from tests.support.people import make_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def person() -> User:
    return make_person("viewer", Role.VIEWER)


def minutes(number: int) -> timedelta:
    return timedelta(minutes=number)


def test_failed_comes_before_waiting_before_running_before_quiet(person: User) -> None:
    cluster, now = make_cluster(), timezone.now()
    make_rollout(cluster, name="quiet")
    make_rollout(cluster, name="running", phase=Phase.PROGRESSING)
    make_rollout(cluster, name="waiting", phase=Phase.WAITING_PROMOTION)
    make_rollout(cluster, name="failed", phase=Phase.FAILED)
    assert Look(person, now).names() == ["failed", "waiting", "running", "quiet"]


def test_a_running_release_that_does_not_move_in_time_rises_without_any_write(person: User) -> None:
    make_rollout(phase=Phase.PROGRESSING, moved=timedelta(seconds=10), interval=30)
    now = timezone.now()
    assert Look(person, now).counters == fleet.Counters(needs=0, running=1, quiet=0)
    Cluster.objects.update(fresh_at=now + minutes(5))
    later = Look(person, now + minutes(5))
    assert later.counters == fleet.Counters(needs=1, running=0, quiet=0)
    assert [row.attention for row in later.rows()] == ["stuck"]


def test_nothing_is_called_stuck_where_the_data_is_old(person: User) -> None:
    cluster = make_cluster(state=ClusterState.UNREACHABLE, fresh_at=timezone.now() - minutes(9))
    make_rollout(cluster, phase=Phase.PROGRESSING, age=minutes(9), moved=minutes(9))
    look = Look(person, timezone.now())
    assert look.counters == fleet.Counters(needs=0, running=1, quiet=0)
    (row,) = look.rows()
    assert (row.attention, row.part) == ("", Part.RUNNING)
    assert row.checked_at is None, "nobody knows when the next check is"


@pytest.mark.parametrize("reachable", [0, 1, 3])
def test_only_what_is_seen_can_be_stuck(person: User, reachable: int) -> None:
    """However many clusters are seen: with none, fewer or more of them than are not."""
    gone = timezone.now() - minutes(9)
    for number in range(5):
        cluster = make_cluster()
        if number >= reachable:
            Cluster.objects.filter(pk=cluster.pk).update(state=ClusterState.UNREACHABLE, fresh_at=gone)
        make_rollout(cluster, phase=Phase.PROGRESSING, age=minutes(9), moved=minutes(9))
    now = timezone.now()
    look = Look(person, now)
    assert look.counters == fleet.Counters(needs=reachable, running=5 - reachable, quiet=0)
    assert len(Look(person, now, FleetFilter(part=Part.NEEDS)).rows()) == reachable
    assert len(Look(person, now, FleetFilter(part=Part.RUNNING)).rows()) == 5 - reachable
    assert sum(card.clusters for card in look.cards().shown) == reachable


def test_an_unreachable_cluster_keeps_its_rows_with_since_when(person: User) -> None:
    left = timezone.now() - minutes(14)
    make_rollout(make_cluster("far", state=ClusterState.UNREACHABLE, fresh_at=left, reason="no answer"))
    (row,) = Look(person, timezone.now()).rows()
    assert (row.cluster.old, row.cluster.trouble, row.cluster.reason) == (left, "unreachable", "no answer")


@pytest.mark.parametrize(
    ("fields", "trouble"),
    [
        ({}, ""),
        ({"state": ClusterState.DENIED}, "access denied"),
        ({"state": ClusterState.STOPPED}, "stopped"),
        ({"state": ClusterState.NEW, "fresh_at": None}, "not contacted yet"),
        ({"left_at": timezone.now()}, "left the fleet"),
        ({"observed": False}, "not observed"),
        ({"fresh_at": timezone.now() - minutes(3)}, "silent"),
    ],
)
def test_a_cluster_says_why_its_data_may_be_old(person: User, fields: dict[str, Any], trouble: str) -> None:
    make_cluster("one", **fields)
    (mark,) = clusters.marks(person, timezone.now())
    assert mark.trouble == trouble
    assert (mark.old is not None) is bool(trouble)
    assert clusters.visible_version(person, timezone.now()) == clusters.fleet_version([mark])


def test_the_page_of_clusters_counts_what_is_stuck_as_the_fleet_does(person: User) -> None:
    make_rollout(phase=Phase.PROGRESSING, age=minutes(9), moved=minutes(9))
    now = timezone.now()
    (row,) = cluster_rows.rows(person, cluster_rows.visible(person), now)
    assert (row.counts.rollouts, row.counts.needing, row.counts.running) == (1, 1, 0)
    Cluster.objects.update(state=ClusterState.UNREACHABLE)
    (row,) = cluster_rows.rows(person, cluster_rows.visible(person), now)
    assert (row.counts.needing, row.counts.running) == (0, 1), "nothing is stuck where the data is old"


@pytest.mark.parametrize("phase", [Phase.PROGRESSING, Phase.WAITING_PROMOTION])
def test_a_release_keeps_its_place_while_it_moves(person: User, phase: Phase) -> None:
    cluster = make_cluster()
    for name in ("b", "a", "c"):
        make_rollout(cluster, name=name, phase=phase)
    for name in ("a", "b", "c"):
        row = Rollout.objects.get(name=name)
        storage.fill(row, replace(memory.load(row.state), changed_at=timezone.now()))
        row.save()
        look = Look(person, timezone.now())
        assert look.names() == ["a", "b", "c"]
        assert [card.rollout.name for card in look.cards().shown] in ([], ["a", "b", "c"])
    assert len({tuple(line.name for line in Look(person, timezone.now()).applications())}) == 1


def test_deleted_rollouts_are_not_listed(person: User) -> None:
    rollout = make_rollout()
    Rollout.objects.filter(pk=rollout.pk).update(deleted_at=timezone.now())
    look = Look(person, timezone.now())
    assert (look.names(), look.counters.total) == ([], 0)


def test_a_stranger_sees_nothing() -> None:
    make_rollout(phase=Phase.FAILED)
    look = Look(AnonymousUser(), timezone.now())
    assert (look.rows(), look.counters.total, look.cards().shown, look.applications()) == ([], 0, (), [])


def test_the_same_trouble_in_many_clusters_is_one_card(person: User) -> None:
    for number in range(3):
        make_rollout(make_cluster(f"c-{number}"), name="search", phase=Phase.WAITING_PROMOTION)
    make_rollout(make_cluster("c-3"), name="search", phase=Phase.FAILED)
    found = Look(person, timezone.now()).cards()
    assert [(card.rollout.name, card.rollout.phase, card.clusters) for card in found.shown] == [
        ("search", "Failed", 1),
        ("search", "WaitingPromotion", 3),
    ]
    assert found.more == 0


def test_more_troubles_than_cards_are_counted(person: User) -> None:
    cluster = make_cluster()
    for number in range(5):
        make_rollout(cluster, name=f"app-{number}", phase=Phase.FAILED)
    found = Look(person, timezone.now()).cards(limit=2)
    assert (len(found.shown), found.more) == (2, 3)


def test_a_card_tells_why_the_check_failed_rather_than_that_it_did(person: User) -> None:
    rollout = make_rollout(phase=Phase.FAILED)
    make_transition(rollout, 1, failed_checks=1, why="success rate 65.62% < 99%")
    make_transition(rollout, 2, phase="Failed", why="failed checks reached the threshold of 2")
    (card,) = Look(person, timezone.now()).cards().shown
    assert (card.sentence, card.why) == ("The last release failed: success rate 65.62% < 99%.", "")


def test_a_card_of_a_closed_gate_tells_no_step_as_if_it_were_the_reason(person: User) -> None:
    rollout = make_rollout(phase=Phase.WAITING_PROMOTION, iterations=2)
    make_transition(rollout, 1, phase="WaitingPromotion", iterations=2, why="iteration 2 of 3")
    (card,) = Look(person, timezone.now()).cards().shown
    assert (card.sentence, card.why) == ("The promotion waits for approval. Green is checked on meanwhile.", "")


def test_a_card_of_what_does_not_move_tells_how_it_began_no_more(person: User) -> None:
    rollout = make_rollout(phase=Phase.PROGRESSING, age=timedelta(hours=1), moved=timedelta(hours=1))
    make_transition(rollout, 1, why="new revision detected, green scaled up")
    (card,) = Look(person, timezone.now()).cards().shown
    assert card.why == ""


def test_a_card_tells_nothing_of_an_earlier_release(person: User) -> None:
    rollout = make_rollout(phase=Phase.FAILED)
    make_transition(rollout, 1, release=None, failed_checks=1, why="long ago")
    (card,) = Look(person, timezone.now()).cards().shown
    assert card.why == ""


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        (Sort.NAME, ["a", "b", "c"]),
        (Sort.CLUSTER, ["c", "b", "a"]),
        (Sort.NAMESPACE, ["c", "a", "b"]),
        (Sort.CHANGED, ["c", "b", "a"]),
        (Sort.PHASE, ["a", "b", "c"]),
    ],
)
def test_lists_are_sorted_as_asked(person: User, sort: Sort, expected: list[str]) -> None:
    one, two = make_cluster("one"), make_cluster("two")
    make_rollout(two, name="a", namespace="n2", phase=Phase.FAILED, moved=minutes(3))
    make_rollout(one, name="b", namespace="n3", phase=Phase.PROGRESSING, moved=timedelta(seconds=30))
    make_rollout(one, name="c", namespace="n1", moved=timedelta(seconds=5))
    assert Look(person, timezone.now(), FleetFilter(sort=sort)).names() == expected


def test_an_application_is_one_line_with_a_cell_per_cluster(person: User) -> None:
    application = make_application("checkout")
    for name, phase in (("c", Phase.SUCCEEDED), ("a", Phase.FAILED), ("b", Phase.PROGRESSING)):
        make_rollout(make_cluster(name), application=application, phase=phase)
    make_rollout(make_cluster("d"), name="other")
    first, second = Look(person, timezone.now()).applications()
    assert (first.name, [cell.cluster.name for cell in first.cells], first.more) == ("checkout", ["a", "b", "c"], 0)
    assert first.furthest is not None
    assert first.furthest.phase == "Failed"
    assert second.name == "other"


def test_an_application_tells_which_versions_users_are_on_where_that_differs(person: User) -> None:
    application = make_application("checkout")
    for blue in (BLUE, BLUE, GREEN):
        make_rollout(application=application, sides=Sides(blue=(blue, "sidecar:1"), green=(blue, "sidecar:1")))
    promoted = Route(Kind.VIRTUAL_SERVICE, "shop", "checkout", 100, through_gateway_only=True)
    make_rollout(application=application, phase=Phase.PROMOTING, route=promoted)
    make_rollout(application=make_application("other"))
    by_name = {line.name: line.live for line in Look(person, timezone.now()).applications()}
    assert dict(by_name["checkout"]) == {"6.5.0": 2, "6.6.0": 2}
    assert by_name["other"] == ()


def test_an_application_is_shown_in_the_namespace_of_its_rollouts(person: User) -> None:
    hub = make_cluster("hub", is_hub=True)
    application = Application.objects.create(
        hub=hub, namespace="default", name="checkout", workload_namespace="shop", workload="checkout"
    )
    make_rollout(application=application)
    (line,) = Look(person, timezone.now()).applications()
    assert line.namespace == "shop"


def test_of_many_clusters_an_application_shows_the_ones_in_trouble(person: User) -> None:
    application = make_application("checkout")
    for number in range(applications.CELLS + 8):
        phase = Phase.FAILED if number == 17 else Phase.SUCCEEDED
        make_rollout(make_cluster(f"c-{number:02}"), application=application, phase=phase)
    (line,) = Look(person, timezone.now()).applications()
    assert (len(line.cells), line.more) == (applications.CELLS, 8)
    assert "c-17" in [cell.cluster.name for cell in line.cells]


@pytest.mark.parametrize("text", ["checkout", "CHECK shop", "6.5.0", "west"])
def test_text_is_looked_for_in_names_images_and_clusters(person: User, text: str) -> None:
    make_rollout(make_cluster("west"), name="checkout", sides=Sides(blue=(BLUE,), green=(BLUE,)))
    make_rollout(make_cluster("east"), name="payments", namespace="other", sides=Sides(blue=(GREEN,), green=(GREEN,)))
    assert Look(person, timezone.now(), FleetFilter(text=text)).names() == ["checkout"]


@pytest.mark.parametrize("size", [1, 2, 4, 5, 100])
def test_pages_in_order_of_need_show_everything_once_wherever_they_end(
    person: User, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    cluster, phases = make_cluster(), (Phase.FAILED, Phase.PROGRESSING, Phase.SUCCEEDED)
    for number in range(9):
        make_rollout(cluster, name=f"app-{number}", phase=phases[number % 3], moved=timedelta(seconds=number + 1))
    monkeypatch.setattr(fleet, "PAGE_SIZE", size)
    now = timezone.now()
    pages = [Look(person, now, FleetFilter(page=page)).names() for page in range(1, -(-9 // size) + 1)]
    assert all(len(page) == size for page in pages[:-1])
    assert [name for page in pages for name in page] == [f"app-{number}" for number in (0, 3, 6, 1, 4, 7, 2, 5, 8)]


def test_a_failure_that_leaves_users_on_green_has_a_card_of_its_own(person: User) -> None:
    left = Route(Kind.VIRTUAL_SERVICE, "shop", "checkout", 100)
    make_rollout(make_cluster("a"), phase=Phase.FAILED, route=left)
    make_rollout(make_cluster("b"), phase=Phase.FAILED)
    cards = Look(person, timezone.now()).cards().shown
    assert [(card.rollout.cluster.name, card.clusters) for card in cards] == [("a", 1), ("b", 1)]


def test_a_row_says_how_far_it_is_without_its_memory(person: User) -> None:
    make_rollout(phase=Phase.PROGRESSING, iterations=4, failed_checks=1, iterations_wanted=3, threshold=2)
    (row,) = Look(person, timezone.now()).rows()
    assert (row.unit, row.done, row.wanted, row.last_chance) == ("iterations", 3, 3, True)


@pytest.mark.parametrize("phase", [Phase.SUCCEEDED, Phase.FAILED, Phase.INITIALIZED, Phase.WAITING])
def test_outside_of_an_analysis_a_row_has_no_progress(person: User, phase: Phase) -> None:
    make_rollout(phase=phase)
    (row,) = Look(person, timezone.now()).rows()
    assert row.unit == ""
