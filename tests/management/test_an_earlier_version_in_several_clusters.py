"""`manage.py rollout earlier-version --application`: read in each cluster first, then put back where it is known."""

from __future__ import annotations

from typing import Any

import pytest

from rollouts.models import Batch, ObjectCopy, Rollout
from tests.management.terminal import fails, rollout
from tests.support.builders import make_cluster
from tests.support.earlier import OLD, keep_versions, make_idle
from tests.support.people import make_operator

pytestmark = pytest.mark.django_db
ALL = ("earlier-version", "--application", "shop/checkout", "--all-clusters")


@pytest.fixture
def rollouts(monkeypatch: pytest.MonkeyPatch) -> list[Rollout]:
    """A worker reads the versions of the first one as soon as it is asked."""
    made = [make_idle(cluster=make_cluster(name)) for name in ("eu-west", "us-east")]

    def read(task: str, arguments: dict[str, Any]) -> None:
        if task == "rollouts.tasks.read_versions":
            one = ObjectCopy.objects.get(pk=arguments["copy"]).rollout
            if one.pk == made[0].pk:
                keep_versions(one)

    monkeypatch.setattr("rollouts.wiring.enqueue", read)
    make_operator("olga")
    return made


def soon() -> None:
    """A second later."""


def test_it_goes_where_it_is_known_and_says_why_not_elsewhere(rollouts: list[Rollout]) -> None:
    lines = rollout(*ALL, "--choose", f"images={OLD}", pause=soon)
    assert [line for line in lines if line.startswith("eu-west: Effect: A release of this version begins")]
    assert [line for line in lines if line.startswith("us-east is left out: The cluster is being asked")]
    assert [one.rollout for one in Batch.objects.get().commands.all()] == [rollouts[0]]


def test_in_more_than_one_the_name_confirms_it(rollouts: list[Rollout]) -> None:
    keep_versions(rollouts[1])
    given = (*ALL, "--choose", f"images={OLD}")
    assert fails(*given, pause=soon) == (1, "Type checkout to confirm.")
    assert not Batch.objects.exists()
    rollout(*given, "--confirm", "checkout")
    assert Batch.objects.get().commands.count() == 2


def test_without_a_choice_it_goes_nowhere(rollouts: list[Rollout]) -> None:
    for one in rollouts:
        keep_versions(one)
    code, said = fails(*ALL)
    assert (code, said.startswith("In no cluster is it possible now.")) == (1, True)
