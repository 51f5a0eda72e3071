"""The MetricTemplates of a Canary are read within the time of the pass, as values are."""

from __future__ import annotations

from datetime import timedelta

import pytest

from rollouts.domain.metrics import MetricTemplate
from rollouts.domain.observations import Check
from rollouts.models import Curve
from rollouts.services.measure import due
from tests.support.builders import NOW
from tests.support.measuring import Scene, run
from tests.support.metrics import FakeMetrics

pytestmark = pytest.mark.django_db
CHECKS = tuple(
    Check(name, 60, maximum=1, interval_text="1m", template=name, template_namespace="mon") for name in "abcdef"
)


class Slow(FakeMetrics):
    """Takes eight seconds for each template."""

    now = 0.0

    def template(self, namespace: str, name: str) -> MetricTemplate | str:
        self.now += 8
        self.read = [*getattr(self, "read", []), name]
        return "It could not be read."


def test_no_template_is_read_once_the_time_of_the_pass_is_over() -> None:
    metrics = Slow()
    scene = Scene(metrics=metrics, clock=lambda: metrics.now)
    scene.release.delete()
    release = run(scene.cluster, name="templated", checks=CHECKS)
    releases = due(now=NOW)[scene.cluster.pk]
    scene.release = release
    scene.measure()
    assert metrics.read == ["a", "b", "c"]
    assert not Curve.objects.exists()
    assert due(now=NOW + timedelta(seconds=1))[scene.cluster.pk] == releases
