"""`manage.py rollout earlier-version --policy`: read in each cluster first, told for each, then requested."""

from __future__ import annotations

from typing import Any

import pytest

from rollouts.models import Command, ObjectCopy
from tests.management.terminal import fails, rollout
from tests.support.earlier import OLD, keep_versions, make_idle_policy
from tests.support.governed import POLICY
from tests.support.people import make_operator

pytestmark = pytest.mark.django_db
ASKED = ("earlier-version", "--application", "shop/checkout", "--policy", POLICY, "--choose", f"images={OLD}")


def soon() -> None:
    """A second later."""


@pytest.fixture(autouse=True)
def world(monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers read the versions of each cluster as soon as they are asked."""

    def read(task: str, arguments: dict[str, Any]) -> None:
        if task == "rollouts.tasks.read_versions":
            keep_versions(ObjectCopy.objects.get(pk=arguments["copy"]).rollout)

    make_idle_policy("eu-west", "us-east")
    monkeypatch.setattr("rollouts.wiring.enqueue", read)
    make_operator("olga")


def test_each_cluster_is_told_and_the_name_confirms_it() -> None:
    assert fails(*ASKED, pause=soon) == (1, "Type checkout to confirm.")
    lines = rollout(*ASKED, "--confirm", "checkout", pause=soon)
    for name in ("eu-west", "us-east"):
        assert f"{name}: Effect: It is put on the target." in lines
    assert any(line.startswith("Effect: Kurator brings it to the clusters within 30 s") for line in lines)
    command = Command.objects.get(rollout=None)
    assert [one.state for one in command.parts.all()] == ["waiting"] * 2


def test_what_no_policy_can_be_told_is_refused() -> None:
    code, said = fails(*ASKED, "--choose", "version=release-3", pause=soon)
    assert (code, said) == (1, "earlier-version cannot be told 'version'. It can be told flux, how, images.")
