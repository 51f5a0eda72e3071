"""Beside the Service of a new Canary Flagger makes two, and takes over whatever has their names already."""

from __future__ import annotations

from typing import NoReturn

import pytest

from rollouts.adapters.kubernetes.connection import KubernetesConnection
from rollouts.adapters.kubernetes.kubeconfig import credential_from_kubeconfig
from rollouts.domain.errors import Forbidden
from rollouts.models import ChangeState
from rollouts.services import new_canaries
from rollouts.services.act import NotPossible
from rollouts.services.new_canaries.leading import FOREIGN, FOREIGN_BLUE
from tests.services.act.commanding import CLUSTER, NAMESPACE
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


class WithoutServices(KubernetesConnection):
    """Of an account that may not read them."""

    def selector(self, namespace: str, name: str) -> NoReturn:
        raise Forbidden("This account may not get services.")


def test_a_workload_that_has_the_name_of_blue_is_seen_without_the_right_to_read_services(
    world: Making,
) -> None:
    world.run(f"{BASKET}-primary")
    row = world.enter()
    credential = credential_from_kubeconfig(world.fleet.kubeconfig(CLUSTER, "admin").read_bytes())
    new_canaries.look_again(row=row, now=world.now(), enqueue=world.ignore)
    row = world.go_on(row, lambda _: WithoutServices(credential))
    assert row.seen["refused"] == FOREIGN_BLUE.format("Deployment", NAMESPACE, f"{BASKET}-primary")


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
