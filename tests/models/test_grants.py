from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from rollouts.models import Application, Cluster, Covers, Grant
from tests.support.builders import make_application, make_cluster
from tests.support.people import make_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def things() -> dict[str, Any]:
    return {
        "person": make_person(),
        "group": Group.objects.create(name="operators"),
        "cluster": make_cluster("eu"),
        "application": make_application(),
        "fleet": "default/prod",
        "namespace": "shop",
    }


def made(things: dict[str, Any], covers: str, fields: str) -> Grant:
    grant = Grant(covers=covers, **{name: things[name] for name in fields.split()})
    grant.full_clean()
    grant.save()
    return grant


GOOD = [
    ("everything", "person"),
    ("everything", "group"),
    ("fleet", "person fleet"),
    ("fleet", "person fleet cluster"),
    ("cluster", "person cluster"),
    ("namespace", "person namespace"),
    ("namespace", "person namespace cluster"),
    ("application", "group application"),
]


@pytest.mark.parametrize(("covers", "fields"), GOOD)
def test_a_grant_names_one_holder_and_one_thing(things: dict[str, Any], covers: str, fields: str) -> None:
    assert str(made(things, covers, fields)).startswith("viewer on ")


@pytest.mark.parametrize(("covers", "fields"), GOOD)
def test_there_is_no_second_one_like_it(things: dict[str, Any], covers: str, fields: str) -> None:
    first = made(things, covers, fields)
    with pytest.raises(ValidationError, match="There is such a grant already"):
        made(things, covers, fields)
    first.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        first.save(force_insert=True)


@pytest.mark.parametrize(
    ("covers", "fields"),
    [
        ("everything", ""),
        ("everything", "person group"),
        ("everything", "person cluster"),
        ("everything", "person namespace"),
        ("fleet", "person"),
        ("fleet", "person fleet namespace"),
        ("cluster", "person"),
        ("cluster", "person cluster namespace"),
        ("namespace", "person"),
        ("namespace", "person namespace application"),
        ("application", "person"),
        ("application", "person application cluster"),
        ("galaxy", "person"),
    ],
)
def test_any_other_is_refused_by_form_and_database(things: dict[str, Any], covers: str, fields: str) -> None:
    grant = Grant(covers=covers, **{name: things[name] for name in fields.split()})
    with pytest.raises(ValidationError):
        grant.full_clean()
    with pytest.raises(IntegrityError), transaction.atomic():
        grant.save()


def test_a_role_that_does_not_exist_is_refused(things: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Grant.objects.create(person=things["person"], covers=Covers.EVERYTHING, role="god")


def test_a_grant_goes_with_its_holder_and_with_its_thing(things: dict[str, Any]) -> None:
    for covers, fields in GOOD:
        made(things, covers, fields)
    Application.objects.all().delete()
    assert not Grant.objects.filter(covers=Covers.APPLICATION).exists()
    Cluster.objects.all().delete()
    assert not Grant.objects.filter(covers=Covers.CLUSTER).exists()
    User.objects.all().delete()
    assert [str(one) for one in Grant.objects.all()] == ["viewer on everything for the group operators"]
    Group.objects.all().delete()
    assert not Grant.objects.exists()
