"""What beat starts: the checks of running releases are read, and what is too old is removed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone

from kurator_ui.celery import app
from kurator_ui.embedded import Embedded
from rollouts import tasks, wiring
from rollouts.domain.metrics import Side
from rollouts.models import Curve, Transition
from rollouts.services import retention
from tests.support.builders import make_curve, make_release, make_rollout, make_transition
from tests.support.measuring import make_measured, run
from tests.support.metrics import FakeMetrics
from tests.support.waiting import until

pytestmark = [
    pytest.mark.skipif(not settings.EMBEDDED, reason="with Redis the workers are processes of their own"),
    pytest.mark.django_db(transaction=True),
]


@pytest.fixture
def metrics(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeMetrics]:
    """All clusters have this one source. Beat is in a hurry."""
    metrics = FakeMetrics()
    monkeypatch.setattr(wiring, "open_metrics", lambda cluster: metrics)
    kept = app.conf.beat_schedule
    app.conf.beat_schedule = {name: {**entry, "schedule": 0.2} for name, entry in tasks.BEAT.items()}
    yield metrics
    app.conf.beat_schedule = kept


def test_checks_of_every_cluster_are_read_and_what_is_old_is_removed(metrics: FakeMetrics) -> None:
    now = timezone.now()
    releases = [run(make_measured(), started_at=now - timedelta(minutes=1)) for _ in range(3)]
    ended = now - timedelta(days=400)
    old = make_release(make_rollout(name="old"), outcome="failed", ended_at=ended, curves_kept_at=ended)
    make_curve(old, Side.GREEN, [1.0])
    embedded = Embedded(observe=False)
    embedded.start()
    try:
        until(lambda: Curve.objects.filter(release__in=releases).count() == 12)
        until(lambda: not Curve.objects.filter(release=old).exists())
    finally:
        embedded.stop()


def test_a_start_removes_what_is_old_in_as_many_passes_as_it_takes(
    metrics: FakeMetrics, monkeypatch: pytest.MonkeyPatch
) -> None:
    app.conf.beat_schedule = {}
    monkeypatch.setattr(tasks, "SECONDS_A_PASS", 0)
    rollout, ended = make_rollout(), timezone.now() - timedelta(days=400)
    for number in range(retention.RELEASES_A_BATCH + 1):
        release = make_release(rollout, 100 + number, outcome="failed", ended_at=ended, curves_kept_at=ended)
        make_curve(release, Side.GREEN, [1.0])
        make_transition(rollout, number, release=release.number, at=ended)
    embedded = Embedded(observe=False)
    embedded.start()
    try:
        until(lambda: not Curve.objects.exists() and not Transition.objects.exists())
    finally:
        embedded.stop()
