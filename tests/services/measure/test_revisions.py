"""Under Knative the sides of a release are revisions, which change their roles when it ends."""

from __future__ import annotations

from datetime import timedelta

import pytest

from rollouts.domain.metrics import Revisions, Side
from rollouts.models import Release
from tests.support.measuring import Scene, make_measured

pytestmark = pytest.mark.django_db
OLD, NEW, NEWER = (f"checkout-0000{number}" for number in (1, 2, 3))


@pytest.fixture
def scene() -> Scene:
    scene = Scene(provider="knative")
    scene.metrics.knative = Revisions(NEW, OLD)
    scene.measure()
    return scene


def asked_about(scene: Scene) -> list[str]:
    return [name for side in Side for name in (OLD, NEW, NEWER) if name in scene.curve(side=side).query]


def test_blue_is_the_revision_before_and_green_the_newest(scene: Scene) -> None:
    assert asked_about(scene) == [OLD, NEW]
    assert all(scene.curve(side=side).values for side in Side)


def test_a_release_keeps_its_two_revisions_when_the_newest_was_promoted(scene: Scene) -> None:
    scene.metrics.knative = Revisions(NEW, NEW)
    scene.measure(after=timedelta(seconds=60))
    assert asked_about(scene) == [OLD, NEW]
    assert len(scene.curve(side=Side.BLUE).values) == len(scene.curve(side=Side.GREEN).values)


def test_the_whole_curves_are_of_the_revisions_that_ran(scene: Scene) -> None:
    scene.end()
    scene.metrics.knative = Revisions(NEWER, NEW)
    scene.at += timedelta(minutes=16)
    scene.measure()
    assert Release.objects.filter(pk=scene.release.pk).exclude(curves_kept_at=None).exists()
    assert asked_about(scene) == [OLD, NEW]
    assert all(scene.curve(side=side).complete for side in Side)


def test_a_service_that_cannot_be_read_is_asked_for_again(scene: Scene) -> None:
    late = Scene(cluster=make_measured(name="late"), provider="knative")
    late.metrics.knative = "It is away."
    late.measure()
    assert "whose newest revision Flagger asks about, cannot be read. It is away." in late.curve().note
    late.metrics.knative = Revisions(NEW, OLD)
    late.measure(after=timedelta(seconds=60))
    assert asked_about(late) == [OLD, NEW]
