"""A closed gate makes Flagger write its status at every tick for as long as it is closed. What happened before is still
drawn, and no page reads thousands of transitions that tell nothing.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from rollouts.domain.observations import Phase
from rollouts.models import Release, Role, Transition
from rollouts.queries import application_charts, charted, lanes, ranged
from rollouts.queries.charted import Span
from tests.support.builders import make_application, make_release, make_rollout, make_transition
from tests.support.people import make_person

pytestmark = pytest.mark.django_db
BEGUN = timezone.now() - timedelta(hours=2)
TOLD = [1, 2, 3, 4, 405]


@pytest.fixture(params=[0, None], ids=["with weights", "without weights"])
def release(request: pytest.FixtureRequest) -> Release:
    """A check has failed before the gate, which let nobody pass at 400 ticks; at the last one the users moved."""
    rollout = make_rollout(phase=Phase.WAITING_PROMOTION)
    release = make_release(rollout, started_at=BEGUN)
    told: list[dict[str, Any]] = [
        {"iterations": 1},
        {"iterations": 1, "failed_checks": 1},
        {"iterations": 2, "failed_checks": 1},
    ]
    gate = {"phase": "WaitingPromotion", "failed_checks": 1, "live_side": "blue"}
    told += [{**gate, "iterations": 2 + number % 2} for number in range(401)]
    told += [{**gate, "iterations": 2, "live_side": "green"}]
    for number, facts in enumerate(told, start=1):
        make_transition(rollout, number, at=BEGUN + number * timedelta(seconds=10), weight=request.param, **facts)
    return release


def numbers(transitions: tuple[Transition, ...]) -> list[int]:
    return [one.number for one in transitions]


def test_in_the_charts_of_its_release(release: Release) -> None:
    assert numbers(charted.of_release(release.rollout, release, timezone.now()).transitions) == TOLD


def test_in_the_charts_of_a_range(release: Release) -> None:
    now = timezone.now()
    assert numbers(ranged.of_range(release.rollout, release, Span(BEGUN, now), now, None).transitions) == TOLD


def test_in_the_lanes_of_an_application(release: Release) -> None:
    viewer, application = make_person("viewer", Role.VIEWER), make_application()
    assert release.rollout.application_id == application.pk
    (run,) = application_charts.runs(viewer, application)
    assert numbers(run.history) == TOLD
    detail = lanes.detail(viewer, application.pk, timezone.now())
    assert detail is not None
    assert [(one.phase, one.live_side) for one in detail.lanes[0].stretches] == [
        ("Progressing", "blue"),
        ("WaitingPromotion", "blue"),
        ("WaitingPromotion", "green"),
    ]
