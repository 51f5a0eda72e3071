"""An act that adds risk is requested only with the name of the application, whoever made the request."""

from __future__ import annotations

import pytest

from rollouts.domain.commands import Act
from rollouts.models import Application, Command
from rollouts.services import act
from tests.services.act.commanding import Commanding
from tests.support.risky import make_risky


@pytest.fixture(autouse=True)
def _pausing_adds_risk(monkeypatch: pytest.MonkeyPatch) -> None:
    make_risky(monkeypatch, Act.PAUSE)


@pytest.mark.parametrize("typed", ["", "checkuot"])
def test_without_the_name_nothing_is_requested(world: Commanding, typed: str) -> None:
    world.release(iterations=1)
    with pytest.raises(act.Unconfirmed, match="Type checkout") as refused:
        world.request(Act.PAUSE, typed=typed)
    assert refused.value.field == "typed"
    assert (Command.objects.count(), world.asked, world.recorded) == (0, [], [])


def test_with_the_name_it_is_carried_out(world: Commanding) -> None:
    world.release(iterations=1)
    assert world.carry_out(world.request(Act.PAUSE, typed="checkout")).state == "accepted"
    assert world.spec["suspend"] is True


def test_the_name_to_type_is_that_of_the_application(world: Commanding) -> None:
    world.release(iterations=1)
    Application.objects.filter(rollouts=world.rollout).update(name="shop-front")
    with pytest.raises(act.Unconfirmed, match="Type shop-front"):
        world.request(Act.PAUSE, typed="checkout")
    assert world.request(Act.PAUSE, typed="shop-front").state == "requested"


def test_an_act_that_began_to_add_risk_is_shown_again(world: Commanding, monkeypatch: pytest.MonkeyPatch) -> None:
    """The digest of what was shown holds whether the name was asked for."""
    world.release(iterations=1)
    seen = world.preview(Act.RETRY)
    make_risky(monkeypatch, Act.RETRY)
    assert world.preview(Act.RETRY).digest != seen.digest
