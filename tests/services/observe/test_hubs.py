"""What a hub says is stored without waiting for, or holding up, those who write about its members."""

from __future__ import annotations

import threading

import pytest
from django.contrib.auth.models import Group
from django.db import connection, transaction
from django.utils import timezone

from rollouts.models import Cluster, Covers
from rollouts.services.observe import hubs
from rollouts.services.observe.kurator import HubContents
from rollouts.services.observe.sightings import Lease
from tests.support.builders import make_cluster
from tests.support.people import grant, make_person
from tests.support.waiting import until

pytestmark = pytest.mark.django_db(transaction=True)
NOTHING = HubContents((), (), (), clusters_known=True, applications_known=True)
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"


def locks_waited_for() -> int:
    with connection.cursor() as cursor:
        cursor.execute(WAITING)
        return int(cursor.fetchone()[0])


@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite has one lock for everything")
def test_a_batch_about_an_older_member_and_its_hub_never_waits_for_ever() -> None:
    member = Cluster.objects.create(name="member", source="file")
    hub = Cluster.objects.create(name="hub", source="file", is_hub=True)
    Cluster.objects.filter(pk=member.pk).update(hub=hub, hub_kind="attachedclusters", hub_namespace="a", hub_name="m")
    errors: list[Exception] = []

    def store() -> None:
        try:
            hubs.store(Lease(hub.pk, 0), NOTHING, now=timezone.now())
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    storing = threading.Thread(target=store)
    with transaction.atomic():  # as a batch locks them: in the order of their keys
        Cluster.objects.select_for_update().get(pk=member.pk)
        storing.start()
        until(lambda: locks_waited_for() == 1)
        Cluster.objects.select_for_update().get(pk=hub.pk)
    storing.join(20)
    assert errors == []
    member.refresh_from_db()
    assert member.hub is None


def test_another_membership_ends_the_streams_of_who_was_granted_a_fleet() -> None:
    hub = make_cluster("hub", is_hub=True)
    member = make_cluster("eu", source="hub", hub=hub, hub_kind="attachedclusters", hub_namespace="a", hub_name="m")
    by_name, by_group, other = (make_person(name) for name in ("name", "group", "other"))
    group = Group.objects.create(name="team")
    by_group.groups.add(group)
    grant(by_name, covers=Covers.FLEET, fleet="default/prod")
    grant(group, covers=Covers.FLEET, fleet="default/test")
    grant(other)
    topics = {hint.topic for hint in hubs.store(Lease(hub.pk, 0), NOTHING, now=timezone.now())}
    assert topics == {"fleet", f"access-{by_name.pk}", f"access-{by_group.pk}"}
    member.refresh_from_db()
    assert member.left_at is not None
    again = {hint.topic for hint in hubs.store(Lease(hub.pk, 0), NOTHING, now=timezone.now())}
    assert again == {"fleet"}
