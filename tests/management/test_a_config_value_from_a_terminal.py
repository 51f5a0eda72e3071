"""`manage.py rollout config-value`: what a worker has read lately is what it is judged by."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from rollouts.domain.observations import Phase
from rollouts.models import Batch, Command, ObjectCopy, Rollout
from tests.management.terminal import fails, rollout
from tests.support.builders import make_cluster, make_rollout
from tests.support.configs import SETTING, TRACKED, keep_configs
from tests.support.people import make_operator

pytestmark = pytest.mark.django_db
CHOSEN = ("--choose", f"setting={SETTING}", "--choose", "value=801")
ONE = ("config-value", "eu-west/shop/checkout", *CHOSEN)
ALL = ("config-value", "--application", "shop/checkout", "--all-clusters", *CHOSEN)
LONG_AGO = timedelta(minutes=5)


@pytest.fixture
def rollouts(monkeypatch: pytest.MonkeyPatch) -> list[Rollout]:
    """What is kept of both is old. A worker reads those of the first one as soon as it is asked."""
    made = [
        make_rollout(make_cluster(name), phase=Phase.SUCCEEDED, tracked_configs=TRACKED)
        for name in ("eu-west", "us-east")
    ]
    for one in made:
        keep_configs(one, "501", LONG_AGO)

    def read(task: str, arguments: dict[str, Any]) -> None:
        if task == "rollouts.tasks.read_configs":
            one = ObjectCopy.objects.get(pk=arguments["copy"]).rollout
            if one.pk == made[0].pk:
                keep_configs(one, "601")

    monkeypatch.setattr("rollouts.wiring.enqueue", read)
    make_operator("olga")
    return made


def soon() -> None:
    """A second later."""


def test_an_old_value_is_read_anew_before_it_is_judged(rollouts: list[Rollout]) -> None:
    lines = rollout(*ONE, pause=soon)
    assert f"Differs: {SETTING}: 601 -> 801" in lines
    assert Command.objects.get().choice["replaced"] == "601"


def test_what_no_worker_has_read_anew_is_not_judged_by(rollouts: list[Rollout]) -> None:
    code, said = fails("config-value", "us-east/shop/checkout", *CHOSEN, pause=soon)
    assert (code, said) == (1, "Its ConfigMaps are being read.")
    assert not Command.objects.exists()


def test_a_cluster_that_has_not_answered_is_left_out(rollouts: list[Rollout]) -> None:
    lines = rollout(*ALL, pause=soon)
    assert f"eu-west: Differs: {SETTING}: 601 -> 801" in lines
    assert "us-east is left out: Its ConfigMaps are being read." in lines
    assert [one.rollout for one in Batch.objects.get().commands.all()] == [rollouts[0]]
