"""Beside the Service of a new Canary Flagger makes two, and takes over whatever has their names already."""

from __future__ import annotations

import pytest

from rollouts.models import ChangeState
from rollouts.services.act import NotPossible
from rollouts.services.new_canaries.leading import FOREIGN, FOREIGN_BLUE
from tests.services.act.commanding import NAMESPACE
from tests.services.new_canaries.world import BASKET, Making


@pytest.mark.parametrize("side", ["primary", "canary"])
def test_a_service_of_a_side_that_flagger_has_not_made(world: Making, side: str) -> None:
    """It would be led to the Canary's pods, and never be given back."""
    foreign = f"{BASKET}-{side}"
    world.serve(foreign, {"app": "payments"})
    row = world.enter()
    assert row.seen["refused"] == FOREIGN.format(NAMESPACE, foreign)
    with pytest.raises(NotPossible):
        world.confirm(row)


def test_not_one_that_flagger_has_made_for_a_canary_that_was_there_before(world: Making) -> None:
    world.serve(f"{BASKET}-primary", {"app": "cart"}, made_for=BASKET)
    assert world.enter().seen["refused"] == ""


def test_a_service_of_a_side_that_somebody_has_made_since_makes_nothing(world: Making) -> None:
    row = world.confirm(world.enter())
    world.serve(f"{BASKET}-canary", {"app": "payments"})
    row = world.until_ended(row)
    assert (row.state, row.sentence) == (ChangeState.FAILED, FOREIGN.format(NAMESPACE, f"{BASKET}-canary"))
    assert world.find() is None


def test_a_workload_that_has_the_name_of_blue(world: Making) -> None:
    """Users would be led to it."""
    world.run(f"{BASKET}-primary")
    row = world.enter()
    assert row.seen["refused"] == FOREIGN_BLUE.format("Deployment", NAMESPACE, f"{BASKET}-primary")
    with pytest.raises(NotPossible):
        world.confirm(row)


def test_not_blue_of_a_canary_that_was_there_before(world: Making) -> None:
    world.run(f"{BASKET}-primary", made_for=BASKET)
    assert world.enter().seen["refused"] == ""


def test_a_workload_of_the_name_of_blue_that_somebody_has_made_since_makes_nothing(world: Making) -> None:
    row = world.confirm(world.enter())
    world.run(f"{BASKET}-primary")
    row = world.until_ended(row)
    said = FOREIGN_BLUE.format("Deployment", NAMESPACE, f"{BASKET}-primary")
    assert (row.state, row.sentence) == (ChangeState.FAILED, said)
    assert world.find() is None
