from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from rollouts.domain.observations import Phase
from rollouts.models import ClusterState, Role
from rollouts.queries import lanes
from rollouts.web import lane_drawing
from tests.support.builders import make_application, make_cluster, make_release, make_rollout, make_transition
from tests.support.people import make_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def person() -> User:
    return make_person("viewer", Role.VIEWER)


def minute(number: float) -> timedelta:
    return timedelta(minutes=number)


def test_a_lane_is_cut_where_phase_or_live_side_change(person: User) -> None:
    now, rollout = timezone.now(), make_rollout(phase=Phase.PROMOTING)
    make_release(rollout)
    told: tuple[tuple[int, dict[str, Any]], ...] = (
        (5, {}),
        (4, {"iterations": 1}),
        (3, {"iterations": 1, "failed_checks": 1}),
        (2, {"iterations": 4, "failed_checks": 1, "live_side": "green"}),
        (1, {"phase": "Promoting", "failed_checks": 1, "live_side": "green"}),
    )
    for number, (ago, facts) in enumerate(told, start=1):
        make_transition(rollout, number, at=now - minute(ago), **facts)
    assert rollout.application_id is not None
    found = lanes.detail(person, rollout.application_id, now)
    assert found is not None
    (lane,) = found.lanes
    cuts = [(one.phase, one.live_side, one.end - one.begin) for one in lane.stretches]
    assert cuts == [
        ("Progressing", "blue", minute(3)),
        ("Progressing", "green", minute(1)),
        ("Promoting", "green", minute(1)),
    ]
    assert lane.failures == (now - minute(3),)
    assert found.axis == lanes.Axis(now - minute(5), now)


def test_a_lane_of_an_unreachable_cluster_ends_where_knowledge_ends(person: User) -> None:
    now = timezone.now()
    cluster = make_cluster(state=ClusterState.UNREACHABLE, fresh_at=now - minute(4))
    rollout = make_rollout(cluster, phase=Phase.PROGRESSING)
    make_release(rollout)
    make_transition(rollout, 1, at=now - minute(6))
    assert rollout.application_id is not None
    found = lanes.detail(person, rollout.application_id, now)
    assert found is not None
    assert found.lanes[0].stretches[0].end == now - minute(4)


def test_an_old_release_does_not_squeeze_those_that_run(person: User) -> None:
    now, application = timezone.now(), make_application()
    for name, phase, ago in (("a", Phase.PROGRESSING, minute(3)), ("b", Phase.SUCCEEDED, timedelta(days=9))):
        rollout = make_rollout(make_cluster(name), application=application, phase=phase)
        make_release(rollout)
        make_transition(rollout, 1, at=now - ago, phase=phase.value)
    found = lanes.detail(person, application.pk, now)
    assert found is not None
    assert found.axis == lanes.Axis(now - minute(3), now)
    drawn = {drawing.rollout.cluster.name: drawing for drawing in lane_drawing.draw(found)}
    assert len(drawn["a"].bars) == 1
    assert (drawn["b"].bars, drawn["b"].note) == ((), lane_drawing.EARLIER)


def test_an_application_without_any_release_is_shown_without_an_axis(person: User) -> None:
    rollout = make_rollout()
    assert rollout.application_id is not None
    found = lanes.detail(person, rollout.application_id, timezone.now())
    assert found is not None
    assert found.axis is None
    assert [drawing.note for drawing in lane_drawing.draw(found)] == [lane_drawing.NONE_YET]


@pytest.mark.parametrize("span", [minute(2), minute(11), timedelta(hours=5), timedelta(days=3), timedelta(days=400)])
def test_an_axis_has_a_few_round_marks_within_it(span: timedelta) -> None:
    now = timezone.now()
    marks = lane_drawing.marks(lanes.Axis(now - span, now))
    assert 1 <= len(marks) <= lane_drawing.MOST_TICKS + 1
    assert all(now - span < mark.moment < now for mark in marks)
    assert [mark.percent for mark in marks] == sorted(mark.percent for mark in marks)
