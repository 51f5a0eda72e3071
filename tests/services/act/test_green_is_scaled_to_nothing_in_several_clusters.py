"""A version whose pods become ready nowhere is ended in all of its clusters (proven 13, 14)."""

from __future__ import annotations

from kurator_ui.demo.resources import DEPLOYMENTS
from rollouts.domain.commands import Act, Plan
from rollouts.models import Batch
from tests.services.act.several import CLUSTERS, NAME, NAMESPACE, Several

BROKEN = "registry.example.test/checkout:2.0.0-nopull"


def replicas(several: Several) -> list[int]:
    return [int(several.fleet.get(name, DEPLOYMENTS, NAMESPACE, NAME)["spec"]["replicas"]) for name in CLUSTERS]


def stuck(several: Several, *names: str) -> None:
    for name in names:
        several.fleet.release(name, NAMESPACE, NAME, BROKEN)
    several.tick(3)
    several.look_at_pods()
    assert {several.status(name)["phase"] for name in names} == {"Progressing"}


def rolled_back(several: Several, *names: str) -> Batch:
    batch = several.request(Act.ROLL_BACK, clusters=names)
    several.work()
    several.tick()
    return batch


def test_after_a_roll_back_it_ends_the_release_in_each(several: Several) -> None:
    stuck(several, *CLUSTERS)
    first = rolled_back(several, *CLUSTERS)
    assert several.phases == ["Progressing"] * 3
    batch = several.request(Act.GREEN_TO_ZERO)
    several.work()
    assert (several.states(batch), replicas(several)) == (["accepted"] * 3, [0] * 3)
    several.tick()
    several.settle()
    assert several.phases == ["Failed"] * 3
    assert (several.states(first), several.states(batch)) == (["observed"] * 3, ["observed"] * 3)


def test_where_it_is_not_rolled_back_yet_or_nothing_runs_it_is_left_out(several: Several) -> None:
    stuck(several, *CLUSTERS[:2])
    rolled_back(several, CLUSTERS[0])
    _, parts = several.preview(Act.GREEN_TO_ZERO)
    assert [isinstance(part.judged, Plan) for part in parts] == [True, False, False]
    assert "Roll back first." in str(parts[1].judged)
    assert "No release is being analysed." in str(parts[2].judged)
