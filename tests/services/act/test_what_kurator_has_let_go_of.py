"""A Canary that bears the mark of a policy which makes it no more is acted on as any other."""

from __future__ import annotations

import pytest

from kurator_ui.demo.resources import CANARIES
from rollouts.domain.commands import Act, Plan, Refusal
from rollouts.models import Application, Rollout
from tests.services.act.commanding import CLUSTER, NAME, NAMESPACE, Commanding
from tests.support.builders import make_cluster


def marked(world: Commanding) -> None:
    """As Kurator leaves it when the rollout is taken out of its policy."""
    mark = {"metadata": {"annotations": {"kurator.dev/rollout": "checkout-prod"}}}
    world.fleet.patch(CLUSTER, CANARIES, NAMESPACE, NAME, mark)
    world.release(iterations=1)
    world.rollout.refresh_from_db()
    assert (world.rollout.owner_kind, world.rollout.owner_name) == ("kurator", "checkout-prod")


def claimed(world: Commanding) -> None:
    """An Application on a hub makes it after all."""
    made = Application.objects.create(
        namespace=NAMESPACE,
        name=NAME,
        hub=make_cluster("hub", is_hub=True),
        workload_namespace=NAMESPACE,
        workload=NAME,
    )
    Rollout.objects.update(application=made)
    world.rollout.refresh_from_db()


def test_it_is_paused(world: Commanding) -> None:
    marked(world)
    command = world.carry_out(world.request(Act.PAUSE))
    assert command.state == "accepted"
    assert world.spec["suspend"]
    world.tick()
    assert world.settle(command).state == "observed"


@pytest.mark.parametrize("act", [Act.PAUSE, Act.PROMOTE_NOW])
def test_before_the_click_it_is_said_who_may_make_it_after_all(world: Commanding, act: Act) -> None:
    marked(world)
    plan = world.preview(act).judged
    assert isinstance(plan, Plan)
    assert any("Policy checkout-prod of Kurator has made it" in one for one in plan.warnings)


def test_an_act_that_leaves_the_spec_alone_does_not_warn_of_it(world: Commanding) -> None:
    marked(world)
    plan = world.preview(Act.SKIP_ITERATIONS).judged
    assert isinstance(plan, Plan)
    assert not any("Kurator" in one for one in plan.warnings)


def test_a_command_is_refused_once_an_application_makes_it(world: Commanding) -> None:
    marked(world)
    command = world.request(Act.PAUSE)
    claimed(world)
    assert isinstance(world.preview(Act.PAUSE).judged, Refusal)
    refused = world.carry_out(command)
    assert refused.state == "refused"
    assert "kept by policy checkout-prod" in refused.sentence
    assert not world.spec.get("suspend")
