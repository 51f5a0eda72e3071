"""What many tests begin with."""

from __future__ import annotations

from rollouts.domain.observations import Phase
from rollouts.models import Application, Rollout
from tests.support.builders import BLUE, make_cluster, make_rollout
from tests.support.targets import runs

NAMES = ("ap-south", "eu-west", "us-east")


def running_everywhere() -> list[Rollout]:
    """One application whose release is being analysed in three clusters."""
    return [make_rollout(make_cluster(name), phase=Phase.PROGRESSING, iterations=1) for name in NAMES]


def idle_in_two() -> list[Rollout]:
    """One application whose target and its one container are known in two clusters."""
    made = [make_rollout(make_cluster(name), phase=Phase.SUCCEEDED) for name in NAMES[1:]]
    for one in made:
        runs(one, BLUE)
    return made


def application_of(rollouts: list[Rollout]) -> Application:
    found = rollouts[0].application
    assert found is not None
    return found
