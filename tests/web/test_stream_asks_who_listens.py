"""Streams are for signed-in people, and end with their right to them."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.contrib.auth.models import Group, User
from django.test import Client

from rollouts import wiring
from rollouts.adapters.changefeed.memory import MemoryChangeFeed
from rollouts.domain.ports import Hint
from rollouts.models import Covers, Grant, Role
from rollouts.web.stream import Stream
from tests.support.builders import make_cluster, make_rollout
from tests.support.people import grant, make_person
from tests.support.streaming import ListeningPage

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def feed(monkeypatch: pytest.MonkeyPatch) -> Iterator[MemoryChangeFeed]:
    feed = MemoryChangeFeed()
    monkeypatch.setattr(wiring, "change_feed", lambda: feed)
    yield feed
    feed.close()


@pytest.fixture
def person() -> User:
    return make_person("ann", Role.VIEWER)


@pytest.fixture
def client(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def cookie_of(client: Client) -> str:
    return f"theme=dark; sessionid={client.cookies['sessionid'].value}"


def run(story: Callable[[], Coroutine[Any, Any, None]]) -> None:
    async_to_sync(story)()


def ends(feed: MemoryChangeFeed, client: Client, act: Callable[[], object]) -> None:
    async def story() -> None:
        async with ListeningPage(Stream(lambda: feed), cookie=cookie_of(client)) as page:
            assert await page.event() == ("hello", "ok")
            await sync_to_async(act)()
            await page.ended()

    run(story)


def test_a_signed_in_person_may_listen(feed: MemoryChangeFeed, client: Client) -> None:
    async def story() -> None:
        async with ListeningPage(Stream(lambda: feed), cookie=cookie_of(client)) as page:
            assert page.status == 200

    run(story)


@pytest.mark.parametrize("cookie", ["", "sessionid=", "sessionid=nonsense", "sessionid=\x01; ;;=", "other=1"])
def test_nobody_else_may(cookie: str, feed: MemoryChangeFeed) -> None:
    async def story() -> None:
        async with ListeningPage(Stream(lambda: feed), cookie=cookie) as page:
            assert page.status == 401

    run(story)


def test_the_access_of_others_is_nobodys_topic(feed: MemoryChangeFeed, client: Client, person: User) -> None:
    async def story() -> None:
        application = Stream(lambda: feed)
        async with ListeningPage(application, "access-999,fleet", cookie=cookie_of(client)):
            (listener,) = application._running().listeners
            assert listener.topics == {"fleet"}

    run(story)


def test_signing_out_ends_the_stream(feed: MemoryChangeFeed, client: Client) -> None:
    ends(feed, client, client.logout)


def test_an_account_switched_off_ends_the_stream(feed: MemoryChangeFeed, client: Client, person: User) -> None:
    def switch_off() -> None:
        person.is_active = False
        person.save()

    ends(feed, client, switch_off)


def test_a_new_password_ends_the_stream(feed: MemoryChangeFeed, client: Client, person: User) -> None:
    def change() -> None:
        person.set_password("another-long-password")
        person.save()

    ends(feed, client, change)


def test_a_deleted_account_ends_the_stream(feed: MemoryChangeFeed, client: Client, person: User) -> None:
    ends(feed, client, person.delete)


def test_other_groups_end_the_stream(feed: MemoryChangeFeed, client: Client, person: User) -> None:
    group = Group.objects.create(name="operators")
    ends(feed, client, lambda: person.groups.add(group))


def test_people_added_to_a_group_are_judged_anew(feed: MemoryChangeFeed, client: Client, person: User) -> None:
    group = Group.objects.create(name="operators")
    ends(feed, client, lambda: group.user_set.add(person))


def test_what_may_not_be_seen_is_not_heard_of(feed: MemoryChangeFeed, client: Client, person: User) -> None:
    mine, other = make_rollout(namespace="shop"), make_rollout(namespace="bank")
    Grant.objects.update(covers=Covers.NAMESPACE, namespace="shop")

    async def story() -> None:
        application = Stream(lambda: feed)
        async with ListeningPage(
            application, f"rollout-{mine.pk},rollout-{other.pk},cluster-{other.cluster_id}", cookie=cookie_of(client)
        ) as page:
            (listener,) = application._running().listeners
            assert listener.topics == {f"rollout-{mine.pk}"}
            feed.publish([Hint(f"rollout-{other.pk}", 1), Hint(f"rollout-{mine.pk}", 2)])
            assert await page.events_until((f"rollout-{mine.pk}", "2")) == [
                ("hello", "ok"),
                (f"rollout-{mine.pk}", "2"),
            ]

    run(story)


def test_a_stream_of_nothing_that_may_be_seen_is_refused(feed: MemoryChangeFeed, client: Client) -> None:
    other = make_rollout(namespace="bank")
    Grant.objects.update(covers=Covers.NAMESPACE, namespace="shop")

    async def story() -> None:
        async with ListeningPage(Stream(lambda: feed), f"rollout-{other.pk}", cookie=cookie_of(client)) as page:
            assert page.status == 403

    run(story)


def test_who_was_granted_nothing_hears_nothing(feed: MemoryChangeFeed, client: Client) -> None:
    Grant.objects.all().delete()

    async def story() -> None:
        async with ListeningPage(Stream(lambda: feed), "fleet", cookie=cookie_of(client)) as page:
            assert page.status == 403

    run(story)


def test_a_revoked_grant_ends_the_stream(feed: MemoryChangeFeed, client: Client) -> None:
    ends(feed, client, Grant.objects.get().delete)


def test_another_role_ends_the_stream(feed: MemoryChangeFeed, client: Client) -> None:
    held = Grant.objects.get()
    held.role = Role.OPERATOR
    ends(feed, client, held.save)


def test_a_grant_given_to_somebody_else_ends_the_stream_of_who_had_it(feed: MemoryChangeFeed, client: Client) -> None:
    held = Grant.objects.get()
    held.person = make_person("ben")
    ends(feed, client, held.save)


def test_what_a_group_loses_ends_the_streams_of_its_members(
    feed: MemoryChangeFeed, client: Client, person: User
) -> None:
    group = Group.objects.create(name="operators")
    person.groups.add(group)
    held = grant(group)
    ends(feed, client, held.delete)


def test_a_deleted_group_ends_the_streams_of_its_members(feed: MemoryChangeFeed, client: Client, person: User) -> None:
    group = Group.objects.create(name="operators")
    person.groups.add(group)
    ends(feed, client, group.delete)


def test_an_emptied_group_ends_the_streams_of_its_members(feed: MemoryChangeFeed, client: Client, person: User) -> None:
    group = Group.objects.create(name="operators")
    person.groups.add(group)
    ends(feed, client, group.user_set.clear)


def test_a_deleted_cluster_ends_the_streams_of_who_had_a_grant_on_it(feed: MemoryChangeFeed, client: Client) -> None:
    cluster = make_cluster("eu")
    Grant.objects.update(covers=Covers.CLUSTER, cluster=cluster)
    ends(feed, client, cluster.delete)


def test_signing_in_elsewhere_leaves_the_stream_open(feed: MemoryChangeFeed, client: Client, person: User) -> None:
    async def story() -> None:
        async with ListeningPage(Stream(lambda: feed), "rollout-1", cookie=cookie_of(client)) as page:
            await sync_to_async(Client().force_login)(person)
            feed.publish([Hint("rollout-1", 1)])
            await page.events_until(("rollout-1", "1"))

    run(story)
