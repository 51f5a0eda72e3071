"""Pods of one replica set have different names, also where five letters happen to be the same."""

from __future__ import annotations

from kurator_ui.demo.pods import free_name


def test_a_name_that_is_taken_is_not_given_again() -> None:
    first = free_name("checkout-75d", "seed", set())
    assert first.startswith("checkout-75d-")
    assert len(first) == len("checkout-75d-") + 5
    second = free_name("checkout-75d", "seed", {first})
    assert second not in ("", first)
    assert free_name("checkout-75d", "seed", {first, second}) not in {first, second}
