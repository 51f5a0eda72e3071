"""What a hub says is handed over as a whole, once after each change."""

from __future__ import annotations

from datetime import UTC, datetime

from rollouts.domain.kurator import Application, Fleet, FleetMember
from rollouts.domain.observations import Deleted, Kind, MemberCluster, Observation, Unreadable
from rollouts.services.observe.kurator import HubView
from rollouts.services.observe.sightings import Collection, Lease, Sighting

NOW = datetime(2026, 1, 1, tzinfo=UTC)
FLEET = Fleet("default", "quickstart", "uid-fleet", (FleetMember("AttachedCluster", "member1"),))
MEMBER = MemberCluster(Kind.ATTACHED_CLUSTER, "default", "member1", "uid-member", "member1", "member1.config")
APPLICATION = Application("default", "shop", "uid-app", "7", generation=1)


def listed(kind: Kind, *observations: Observation) -> Sighting:
    present = frozenset((one.namespace, getattr(one, "name", "")) for one in observations)
    return Sighting(Lease(1, 1), Collection(kind), observations, NOW, cursor="7", listed=True, complete=present)


def changed(kind: Kind, observation: Observation) -> Sighting:
    return Sighting(Lease(1, 1), Collection(kind), (observation,), NOW, cursor="8")


def read_all() -> HubView:
    view = HubView()
    view.put(listed(Kind.FLEET, FLEET))
    view.put(listed(Kind.ATTACHED_CLUSTER, MEMBER))
    view.put(listed(Kind.APPLICATION, APPLICATION))
    view.take_change()
    return view


def test_nothing_is_handed_over_before_anything_was_listed() -> None:
    assert HubView().take_change() is None


def test_members_are_not_known_before_fleets_and_cluster_objects_were_both_listed() -> None:
    view = HubView()
    view.put(listed(Kind.FLEET, FLEET))
    contents = view.take_change()
    assert contents is not None
    assert not contents.clusters_known
    view.put(listed(Kind.ATTACHED_CLUSTER, MEMBER))
    contents = view.take_change()
    assert contents is not None
    assert contents.clusters_known
    assert contents.clusters == (MEMBER,)
    assert not contents.applications_known


def test_an_empty_list_is_knowledge_too() -> None:
    view = read_all()
    view.put(listed(Kind.FLEET))
    contents = view.take_change()
    assert contents is not None
    assert contents.fleets == ()
    assert contents.clusters_known


def test_a_change_is_handed_over_once() -> None:
    view = read_all()
    view.put(changed(Kind.FLEET, Fleet("default", "quickstart", "uid-fleet", ())))
    assert view.take_change() is not None
    assert view.take_change() is None


def test_a_status_write_on_an_application_is_no_change() -> None:
    view = read_all()
    view.put(changed(Kind.APPLICATION, Application("default", "shop", "uid-app", "9", generation=1)))
    assert view.take_change() is None


def test_a_deleted_object_is_gone() -> None:
    view = read_all()
    view.put(changed(Kind.ATTACHED_CLUSTER, Deleted(Kind.ATTACHED_CLUSTER, "default", "member1", "uid-member")))
    contents = view.take_change()
    assert contents is not None
    assert contents.clusters == ()


def test_an_object_that_a_later_list_does_not_hold_is_gone() -> None:
    view = read_all()
    view.put(listed(Kind.ATTACHED_CLUSTER))
    contents = view.take_change()
    assert contents is not None
    assert contents.clusters == ()


def test_what_could_not_be_stored_is_handed_out_again() -> None:
    view = read_all()
    view.change_again()
    assert view.take_change() is not None


def test_a_page_of_a_list_is_confirmed_as_safe() -> None:
    confirmed = []
    sighting = Sighting(
        Lease(1, 1), Collection(Kind.FLEET), (FLEET,), NOW, listed=True, committed=lambda: confirmed.append(1)
    )
    HubView().put(sighting)
    assert confirmed == [1]


def test_an_object_that_cannot_be_understood_any_more_is_as_it_was_last() -> None:
    view = read_all()
    view.put(changed(Kind.FLEET, Unreadable(Kind.FLEET, "default", "quickstart", "uid-fleet", "spec: expected object")))
    assert view.take_change() is None
    view.put(changed(Kind.APPLICATION, Application("default", "other", "uid-other", "9", generation=1)))
    contents = view.take_change()
    assert contents is not None
    assert contents.fleets == (FLEET,)
    assert contents.clusters_known


def test_a_fleet_that_was_never_understood_lets_no_member_leave() -> None:
    view = HubView()
    view.put(listed(Kind.FLEET, Unreadable(Kind.FLEET, "default", "quickstart", "uid-fleet", "spec: expected object")))
    view.put(listed(Kind.ATTACHED_CLUSTER, MEMBER))
    contents = view.take_change()
    assert contents is not None
    assert not contents.clusters_known
    view.put(changed(Kind.FLEET, FLEET))
    contents = view.take_change()
    assert contents is not None
    assert contents.clusters_known
