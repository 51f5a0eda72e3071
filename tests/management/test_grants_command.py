"""`manage.py grants`: who may see and do what, said on the machine of the program."""

from __future__ import annotations

from io import StringIO

import pytest
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.core.management.base import CommandError

from rollouts.domain.authors import Author, acting
from rollouts.models import AuditEntry, Grant, Role
from tests.support.builders import make_application, make_cluster
from tests.support.people import grant, make_person

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _ann(db: None) -> None:
    make_person("ann")


def grants(*words: str) -> list[str]:
    out = StringIO()
    with acting(lambda: Author("deploy (command line)")):
        call_command("grants", *words, stdout=out)
    return out.getvalue().splitlines()


def refused(*words: str) -> str:
    with pytest.raises(CommandError) as caught:
        grants(*words)
    return str(caught.value)


@pytest.mark.parametrize(
    ("thing", "said"),
    [
        (("--everything",), "everything"),
        (("--fleet", "shop/prod"), "the fleet shop/prod"),
        (("--fleet", "shop/prod", "--cluster", "eu-west"), "the fleet shop/prod of eu-west"),
        (("--cluster", "eu-west"), "the cluster eu-west"),
        (("--namespace", "shop"), "the namespace shop of all clusters"),
        (("--namespace", "shop", "--cluster", "eu-west"), "the namespace shop of eu-west"),
        (("--application", "shop/checkout"), "the application shop/checkout"),
    ],
)
@pytest.mark.parametrize("role", Role.values)
def test_a_role_on_anything_is_given_listed_and_taken_away(thing: tuple[str, ...], said: str, role: str) -> None:
    make_application("checkout", "shop", make_cluster("eu-west"))
    assert grants("add", "--person", "ann", "--role", role, *thing) == [f"Given: {role} on {said} for ann."]
    assert grants("list") == [f"{role} on {said} for ann"]
    assert grants("remove", "--person", "ann", *thing) == [f"Taken away: {role} on {said} for ann."]
    assert grants("list") == []
    trail = AuditEntry.objects.filter(kind="grant").order_by("number").values_list("person", "act")
    assert list(trail) == [("deploy (command line)", "add"), ("deploy (command line)", "remove")]


def test_another_role_takes_the_place_of_the_one_before() -> None:
    grants("add", "--person", "ann", "--role", "viewer", "--everything")
    grants("add", "--person", "ann", "--role", "operator", "--edits-policies", "--everything")
    assert grants("list") == ["operator on everything for ann, edits policies"]
    grants("add", "--person", "ann", "--role", "operator", "--everything")
    assert grants("list") == ["operator on everything for ann"]


def test_a_group_holds_one_too_and_others_keep_theirs() -> None:
    team = Group.objects.create(name="team")
    grant(team, Role.VIEWER)
    grants("add", "--person", "ann", "--role", "admin", "--everything")
    grants("remove", "--group", "team", "--everything")
    assert [one.holder for one in Grant.objects.all()] == ["ann"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--person", "zoe", "--everything"), "There is no account 'zoe'."),
        (("--group", "team", "--everything"), "There is no group 'team'."),
        (("--person", "ann"), "Say what it is on"),
        (("--person", "ann", "--everything", "--namespace", "shop"), "Say what it is on"),
        (("--person", "ann", "--everything", "--cluster", "eu-west"), "Say what it is on"),
        (("--person", "ann", "--cluster", "moon"), "There is no cluster 'moon'."),
        (("--person", "ann", "--application", "shop/moon"), "There is no application 'shop/moon'."),
        (("--everything",), "is required"),
        (("--person", "ann", "--cluster", "eu-west", "--namespace", ""), "it is empty"),
        (("--person", "", "--everything"), "it is empty"),
    ],
)
@pytest.mark.parametrize("act", [("add", "--role", "viewer"), ("remove",)])
def test_what_cannot_be_meant_is_refused_with_a_sentence(
    words: tuple[str, ...], said: str, act: tuple[str, ...]
) -> None:
    assert said in refused(*act, *words)
    assert not Grant.objects.exists()


def test_what_is_not_there_cannot_be_taken_away() -> None:
    assert "There is no such grant" in refused("remove", "--person", "ann", "--everything")


def test_there_are_no_other_roles() -> None:
    assert "invalid choice" in refused("add", "--person", "ann", "--role", "owner", "--everything")
