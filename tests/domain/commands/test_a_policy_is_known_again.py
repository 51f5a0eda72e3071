"""A policy that was given another name or place since a command was bound to it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from rollouts.domain.commands import Governed
from rollouts.domain.commands.governed import bind_policy, called_now, is_kept_by, meant
from rollouts.domain.kurator import Policy
from rollouts.domain.ownership import Owner, OwnerKind

PROD = Policy(0, "checkout-prod", "shop", "checkout", "checkout", "prod", named=True)
TEST = replace(PROD, index=1, name="checkout-test", fleet="test")
CART = Policy(2, "cart-prod", "shop", "cart", "cart", "prod", named=True)
RENAMED = replace(PROD, name="checkout-live")


def bound(policy: Policy = PROD) -> dict[str, Any]:
    return bind_policy(Governed("shop", "checkout", "uid", 4, policy, Owner(OwnerKind.NOBODY), (), ()))


def called(*policies: Policy, policy: Policy = PROD) -> str:
    return called_now(bound(policy), policy.name, policies)


def keeps(owner: str, *policies: Policy) -> bool:
    return is_kept_by(owner, bound(), PROD.name, policies)


def test_it_is_known_by_workload_and_fleet_before_its_name() -> None:
    assert called(TEST, RENAMED, CART) == "checkout-live"
    assert called(TEST, PROD, CART) == "checkout-prod"


def test_one_that_has_its_former_name_now_is_another() -> None:
    swapped = replace(TEST, name=PROD.name), replace(PROD, name=TEST.name)
    assert called(*swapped) == "checkout-test"


def test_without_a_name_of_its_own_it_is_known_by_what_it_selects() -> None:
    first = replace(PROD, named=False, selector={"zone": "a"}, name="checkout-0")
    moved = replace(first, index=1, name="checkout-1")
    other = replace(first, selector={"zone": "b"})
    assert called(other, moved, policy=first) == "checkout-1"


def test_where_no_policy_of_its_workload_is_left_only_its_name_is_known() -> None:
    assert meant(bound(), [CART]) is None
    assert called(CART) == "checkout-prod"
    assert keeps("checkout-prod", CART)
    assert not keeps("cart-prod", CART)


def test_canaries_are_its_own_under_both_names_until_they_have_the_new_one() -> None:
    assert [keeps(name, TEST, RENAMED) for name in ("checkout-live", "checkout-prod", "checkout-test")] == [
        True, True, False,
    ]  # fmt: skip


def test_canaries_of_another_one_that_has_its_former_name_are_not() -> None:
    other = replace(TEST, name="checkout-prod")
    assert not keeps("checkout-prod", other, RENAMED)
    assert keeps("checkout-live", other, RENAMED)
