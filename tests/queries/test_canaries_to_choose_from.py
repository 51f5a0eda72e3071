"""Which plain Canaries a person is offered where one is to be chosen."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User

from rollouts.models import Cluster, Covers, Role, Rollout
from rollouts.queries import editable_canaries
from tests.support.builders import make_cluster, make_rollout
from tests.support.canaries import left_by_kurator, made_by_kurator
from tests.support.people import anew, grant, make_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def edge(db: None) -> Cluster:
    return make_cluster("edge")


@pytest.fixture
def editor(db: None) -> User:
    person = make_person("ed")
    grant(person, edits_policies=True)
    return person


def offered(person: User, named: str = "", most: int = 50, but: int = 0) -> tuple[list[str], bool]:
    found = editable_canaries.find(anew(person), named=named, most=most, but=but)
    return [f"{one.cluster.name}:{one.namespace}/{one.name}" for one in found.rollouts], found.more


def test_they_stand_by_name_namespace_and_cluster_without_the_one_that_they_are_sought_for(
    editor: User, edge: Cluster
) -> None:
    west = make_cluster("west")
    own = make_rollout(edge, name="basket")
    for cluster, namespace, name in ((west, "shop", "cart"), (edge, "shop", "cart"), (edge, "bank", "cart")):
        make_rollout(cluster, name=name, namespace=namespace)
    make_rollout(west, name="basket")
    assert offered(editor, but=own.pk) == (
        ["west:shop/basket", "edge:bank/cart", "edge:shop/cart", "west:shop/cart"],
        False,
    )


def test_what_can_be_no_target_is_not_among_them(editor: User, edge: Cluster) -> None:
    gone, unseen, alone, claimed, left = (
        make_rollout(edge, name=name) for name in ("gone", "unseen", "alone", "claimed", "left")
    )
    Rollout.objects.filter(pk=gone.pk).update(deleted_at=gone.first_seen_at)
    Rollout.objects.filter(pk=unseen.pk).update(state={})
    Rollout.objects.filter(pk=alone.pk).update(application=None)
    made_by_kurator(claimed)
    left_by_kurator(left)
    assert offered(editor) == (["edge:shop/left"], False)


@pytest.mark.parametrize(
    ("named", "found"),
    [
        ("cart", ["edge:shop/cart", "far-away:bank/cart_2"]),
        ("CAR", ["edge:shop/cart", "far-away:bank/cart_2"]),
        ("t_", ["far-away:bank/cart_2"]),
        ("%", []),
        ("bank", ["far-away:bank/cart_2"]),
        ("far", ["far-away:bank/cart_2"]),
        ("shop/cart", []),
        ("größe", []),
        ("\\", []),
        ("'; drop table", []),
        ("x" * 253, []),
    ],
)
def test_they_are_found_by_name_namespace_or_cluster_as_it_is_written(
    editor: User, edge: Cluster, named: str, found: list[str]
) -> None:
    make_rollout(edge, name="cart")
    make_rollout(make_cluster("far-away"), name="cart_2", namespace="bank")
    assert offered(editor, named) == (found, False)


@pytest.mark.parametrize(("there", "more"), [(2, False), (3, True)])
def test_that_there_are_more_than_are_shown_is_told(editor: User, edge: Cluster, there: int, more: bool) -> None:
    for number in range(there):
        make_rollout(edge, name=f"one-{number}")
    assert offered(editor, most=2) == (["edge:shop/one-0", "edge:shop/one-1"], more)


def test_that_not_all_were_looked_at_is_told(editor: User, edge: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(editable_canaries, "LOOKED_AT", 2)
    for number in range(2):
        make_rollout(edge, name=f"one-{number}")
    assert offered(editor)[1] is False
    make_rollout(edge, name="one-2")
    assert offered(editor) == (["edge:shop/one-0", "edge:shop/one-1"], True)


def test_only_what_the_person_may_edit_is_offered(edge: Cluster) -> None:
    make_rollout(edge, name="cart")
    make_rollout(edge, name="vault", namespace="bank")
    make_rollout(make_cluster("west"), name="cart")
    person = make_person("half")
    grant(person, Role.OPERATOR)
    assert offered(person) == ([], False)
    grant(person, edits_policies=True, covers=Covers.NAMESPACE, namespace="bank", cluster=edge)
    assert offered(person) == (["edge:bank/vault"], False)
    assert offered(person, "cart") == ([], False)
