"""`manage.py rollout new-version --policy`: told for each cluster, then requested."""

from __future__ import annotations

import pytest

from rollouts.models import Command
from tests.management.terminal import fails, rollout
from tests.support.builders import BLUE
from tests.support.governed import POLICY, make_kustomized_policy
from tests.support.people import make_operator

pytestmark = pytest.mark.django_db
NEW = "registry.example.test/podinfo:7.0.0"
ASKED = ("new-version", "--application", "shop/checkout", "--policy", POLICY, "--choose", "container=podinfo")


@pytest.fixture(autouse=True)
def world(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rollouts.wiring.enqueue", lambda task, arguments: None)
    make_operator("olga")
    make_kustomized_policy("eu-west", "us-east")


def test_each_cluster_is_told() -> None:
    lines = rollout(*ASKED, "--choose", f"image={NEW}")
    for name in ("eu-west", "us-east"):
        assert f"{name}: From {BLUE}. A release of it begins." in lines
    assert any(line.startswith("Effect: Kurator gives it to the Kustomization of all 2 clusters") for line in lines)
    assert Command.objects.get().choice["image"] == NEW


def test_what_is_no_image_is_refused_with_the_sentence() -> None:
    code, said = fails(*ASKED, "--choose", "image=podinfo")
    assert (code, said.startswith("Give a tag or a digest")) == (1, True)
    assert not Command.objects.exists()
