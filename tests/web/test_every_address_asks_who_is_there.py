"""Every address of the program, everybody who may come, three methods: one table of what is answered.

An address that has no row in tests/support/addresses fails the suite. 302 is the way to a sign-in.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone

from rollouts.models import Grant, RequiredReason, Role, Transition
from tests.support.addresses.admin import OF_ADMIN
from tests.support.addresses.api import OF_API
from tests.support.addresses.applications import OF_APPLICATIONS
from tests.support.addresses.pages import OF_PAGES
from tests.support.addresses.rollouts import OF_ROLLOUTS
from tests.support.bare import make_bare, make_inventory
from tests.support.builders import (
    CHECKS,
    make_batch,
    make_cluster,
    make_command,
    make_event,
    make_release,
    make_rollout,
)
from tests.support.governed import make_policy, make_policy_batch, make_policy_command, make_removal
from tests.support.measured import make_measured
from tests.support.new_canaries import make_new_canary
from tests.support.people import make_person, make_token
from tests.support.whole import make_change

pytestmark = pytest.mark.django_db

TABLE = OF_PAGES | OF_ROLLOUTS | OF_APPLICATIONS | OF_API | OF_ADMIN


def patterns(resolver: URLResolver, prefix: str = "/") -> Iterator[str]:
    for one in resolver.url_patterns:
        if isinstance(one, URLPattern):
            yield f"{prefix}{one.pattern}"
        else:
            yield from patterns(one, f"{prefix}{one.pattern}")


def test_every_address_has_a_row() -> None:
    assert set(patterns(get_resolver())) == set(TABLE)


@pytest.fixture
def known() -> dict[str, int | None]:
    rollout = make_rollout(make_cluster(), checks=CHECKS)
    make_inventory(rollout.cluster.name)
    release = make_measured(rollout)
    somebody = make_person("somebody")
    token = make_token(somebody).token
    group = Group.objects.create(name="team")
    governed, bare = make_policy("governed"), make_bare("bare")
    return {
        "governed": governed.pk,
        "removal": make_removal(governed).pk,
        "bare": bare.pk,
        "change": make_change(bare, somebody, state="open", asked_at=timezone.now()).pk,
        "new_canary": make_new_canary(rollout.cluster, somebody, state="open", asked_at=timezone.now()).pk,
        "policy_command": make_policy_command(governed, state="requested").pk,
        "policy_batch": make_policy_batch(governed).pk,
        "rollout": rollout.pk,
        "application": rollout.application_id,
        "cluster": rollout.cluster_id,
        "release": release.pk,
        "other": make_release(rollout, 2).pk,
        "command": make_command(rollout, state="requested").pk,
        "batch": make_batch([rollout], act="retry").pk,
        "transition": Transition.objects.latest("pk").pk,
        "eventseen": make_event(rollout, "New revision").pk,
        "group": group.pk,
        "user": somebody.pk,
        "token": token.pk,
        "requiredreason": RequiredReason.objects.create(act="retry").pk,
        "grant": Grant.objects.create(group=group, covers="everything").pk,
    }


@pytest.fixture
def people() -> list[User | None]:
    roles = (Role.VIEWER, Role.OPERATOR, Role.ADMIN)
    granted = [make_person(role.value, role) for role in roles]
    return [None, make_person("nobody"), *granted, User.objects.create_superuser("superuser")]


@pytest.mark.parametrize("pattern", TABLE)
def test_an_address_answers_each_person_and_method_as_the_table_says(
    pattern: str, known: dict[str, int | None], people: list[User | None]
) -> None:
    address, row = TABLE[pattern]
    found = {method: " ".join(status(one, method, address.format(**known)) for one in people) for method in row._fields}
    assert found == row._asdict()


def status(person: User | None, method: str, address: str) -> str:
    client = Client()
    if person is not None:
        client.force_login(person)
    return str(getattr(client, method)(address).status_code)
