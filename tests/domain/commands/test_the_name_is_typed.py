"""What has to be typed before an act that adds risk."""

from __future__ import annotations

import pytest

from rollouts.domain.commands import Act, Wanted, mistyped
from tests.domain.commands.commanded import planned, running


@pytest.mark.parametrize("given", ["checkout", " checkout\n"])
def test_the_name_confirms(given: str) -> None:
    assert mistyped("checkout", given) == ""


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ("", "Type checkout to confirm."),
        ("  ", "Type checkout to confirm."),
        ("Checkout", "“Checkout” is not the name. Type checkout."),
        ("check", "“check” is not the name. Type checkout."),
    ],
)
def test_anything_else_is_answered_with_what_to_type(given: str, sentence: str) -> None:
    assert mistyped("checkout", given) == sentence


def test_where_nothing_has_to_be_typed_anything_will_do() -> None:
    assert mistyped("", "") == mistyped("", "checkout") == ""


def test_a_roll_back_in_flight_is_one_confirmation() -> None:
    assert planned(Act.ROLL_BACK, running(iterations=4, green=100)).typed == ""


def test_the_name_is_that_of_the_application_where_there_is_one() -> None:
    canary = running().canary
    assert Wanted(Act.RETRY, "mark-1", application="shop-front").name(canary) == "shop-front"
    assert Wanted(Act.RETRY, "mark-1").name(canary) == "checkout"
