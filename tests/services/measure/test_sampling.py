"""While a release runs its checks are read on both sides, each moment once, and judged as Flagger does."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import pytest
from django.db import connections

from rollouts.domain.metrics import Side
from rollouts.domain.observations import Check, Phase
from rollouts.domain.ports import Hint
from rollouts.models import Curve, Measurement, Release, Rollout
from rollouts.queries.measured import of_release
from rollouts.services.measure import cases, due
from tests.support.builders import CHECKS, NOW, make_application, make_rollout, make_transition
from tests.support.measuring import DURATION, RATE, START, Scene, run
from tests.support.waiting import until

pytestmark = pytest.mark.django_db
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


@pytest.fixture
def scene() -> Scene:
    return Scene()


def test_both_sides_are_read_from_a_quarter_of_an_hour_before_the_start(scene: Scene) -> None:
    scene.metrics.curves = {(RATE, Side.GREEN): lambda at: at / 1e9, (RATE, Side.BLUE): lambda at: 99.0}
    assert scene.measure() == 1
    green, blue = scene.curve(), scene.curve(side=Side.BLUE)
    assert (green.begin, green.step) == (START - 15 * MINUTE, 15)
    assert green.begin + len(green.values) * 15 * SECOND > NOW - 3 * SECOND - 15 * SECOND
    assert green.values == [
        (green.begin + number * 15 * SECOND).timestamp() / 1e9 for number in range(len(green.values))
    ]
    assert (blue.begin, blue.values) == (green.begin, [99.0] * len(green.values))
    assert 'destination_workload=~"checkout"' in green.query
    assert (green.complete, green.note) == (False, "")


def test_each_pass_asks_for_what_has_come_since_and_no_moment_twice(scene: Scene) -> None:
    scene.metrics.otherwise = lambda at: at
    for _ in range(5):
        scene.measure_when_due()
    asked = [one for one in scene.metrics.asked if one.check == RATE and one.side is Side.GREEN and one.step == 15]
    assert len(asked) == 5
    assert all(later.begin == earlier.end + 15 for earlier, later in pairwise(asked))
    curve = scene.curve()
    assert curve.values == [(curve.begin + number * 15 * SECOND).timestamp() for number in range(len(curve.values))]


def test_it_is_read_again_shortly_after_flaggers_next_tick(scene: Scene) -> None:
    scene.measure()
    assert scene.release.measure_at == START + timedelta(seconds=5 * 30 + 4) - 30 * SECOND
    assert due(now=scene.release.measure_at - SECOND) == {}
    assert due(now=scene.release.measure_at) == {scene.cluster.pk: [scene.release.pk]}


def test_idle_rollouts_cost_no_question(scene: Scene) -> None:
    scene.release.delete()
    make_rollout(scene.cluster, name="idle", checks=CHECKS)
    assert due(now=NOW) == {}
    assert scene.metrics.asked == []


def test_a_transition_is_measured_at_its_second_beside_what_flagger_says(scene: Scene) -> None:
    at = NOW - 20 * SECOND
    scene.moved(1, at, failed_checks=1, why="success rate 65.62% < 99%")
    scene.metrics.curves = {
        (RATE, Side.GREEN): lambda now: 65.6249 if now == at.timestamp() else 70.0,
        (RATE, Side.BLUE): lambda now: 99.9 if now == at.timestamp() else 1.0,
    }
    scene.measure()
    (found,) = scene.measurements(transition=1)
    assert (found.at, found.green, found.blue, found.verdict) == (at, 65.6249, 99.9, "failed")
    assert (found.said, found.agrees, found.note) == ("65.62", True, "")
    (other,) = scene.measurements(DURATION, transition=1)
    assert (other.verdict, other.said, other.agrees) == ("passed", "", None)


def test_the_value_that_flagger_states_is_looked_for_between_the_seconds_too(scene: Scene) -> None:
    at = NOW - 20 * SECOND
    scene.moved(1, at, failed_checks=1, why="success rate 65.62% < 99%")
    scene.metrics.curves = {(RATE, Side.GREEN): lambda now: 65.62 if now == at.timestamp() - 0.5 else 70.0}
    scene.measure()
    (found,) = scene.measurements(transition=1)
    assert (found.green, found.agrees) == (65.62, True)
    asked = len(scene.metrics.asked)
    scene.moved(2, NOW - 10 * SECOND, why="iteration 2 of 3")
    scene.measure(after=30 * SECOND)
    assert {one.begin % 1 for one in scene.metrics.asked[asked:]} == {0.0}


def test_the_value_that_flagger_states_is_found_where_values_change_at_every_moment(scene: Scene) -> None:
    """As while a series is new: its rate is extended to the edge of the window."""
    at = NOW - 20 * SECOND
    scene.moved(1, at, failed_checks=1, why="success rate 71.45% < 99%")
    second = at.timestamp()
    scene.metrics.curves = {(RATE, Side.GREEN): lambda now: 100 * 100 / (100 + 38.13 + 4.2 * (now - second))}
    scene.measure()
    (found,) = scene.measurements(transition=1)
    assert (f"{found.green:.2f}", found.said, found.agrees) == ("71.45", "71.45", True)


def test_where_we_and_flagger_differ_both_are_kept(scene: Scene) -> None:
    scene.moved(1, NOW - 20 * SECOND, failed_checks=1, why="success rate 65.62% < 99%")
    scene.measure()
    (found,) = scene.measurements(transition=1)
    assert (found.green, found.verdict, found.said, found.agrees) == (100.0, "passed", "65.62", False)
    assert found.note == "Flagger found otherwise: failed (65.62)."


def test_a_transition_waits_until_its_values_and_its_reason_can_be_known(scene: Scene) -> None:
    scene.moved(1, NOW - 18 * SECOND, why="iteration 2 of 3")
    scene.moved(2, NOW - 8 * SECOND, why=None)
    scene.moved(3, NOW - 2 * SECOND, why="iteration 3 of 3")
    scene.measure()
    assert [one.transition for one in scene.measurements(transition__isnull=False)] == [1]
    assert (scene.release.measured_to, scene.release.measure_at) == (1, NOW + 2 * SECOND)
    scene.measure(after=2 * SECOND)
    assert [one.transition for one in scene.measurements(transition__isnull=False)] == [1, 2, 3]
    assert scene.release.measured_to == 3


def test_what_one_tick_writes_shares_its_reason_so_that_nothing_is_waited_for(scene: Scene) -> None:
    scene.moved(1, NOW - 5 * SECOND, why=None, live_side="green")
    scene.moved(2, NOW - 4 * SECOND, why="all traffic routed to green")
    scene.measure()
    assert [one.transition for one in scene.measurements(transition__isnull=False)] == [1, 2]
    assert scene.release.measure_at == NOW + 4 * SECOND


def test_two_transitions_of_one_second_share_a_value_and_what_flagger_said_stays(scene: Scene) -> None:
    scene.moved(1, NOW - 8 * SECOND, why="iteration 2 of 3")
    scene.measure()
    scene.moved(2, NOW - 8 * SECOND, why=None)
    scene.measure_when_due()
    scene.measure_when_due()
    (found,) = scene.measurements(transition__isnull=False)
    assert (found.transition, found.agrees) == (1, True)
    assert scene.release.measured_to == 2


def test_transitions_of_one_tick_are_read_with_one_question_a_side(scene: Scene) -> None:
    scene.moved(1, NOW - 40 * SECOND - timedelta(milliseconds=12))
    scene.moved(2, NOW - 40 * SECOND, phase=Phase.PROMOTING.value)
    scene.moved(3, NOW - 30 * SECOND)
    scene.measure()
    around = [one for one in scene.metrics.asked if one.step == 1 and one.check == RATE and one.side is Side.GREEN]
    second = int(NOW.timestamp()) - 40
    assert [(one.begin, one.end) for one in around] == [(second - 3, second + 2), (second + 8, second + 12)]


def test_an_interval_without_a_transition_has_a_value_of_the_curve(scene: Scene) -> None:
    scene.moved(1, START)
    scene.moved(2, START + 31 * SECOND)
    scene.metrics.curves = {(RATE, Side.GREEN): lambda at: 98.0 if at >= START.timestamp() + 80 else 99.5}
    scene.measure(after=30 * SECOND)
    between = scene.measurements(transition=None)
    assert [one.at for one in between] == [START + number * SECOND for number in (60, 90, 120)]
    assert [(one.green, one.blue, one.verdict) for one in between] == [
        (99.5, 100.0, "passed"), (98.0, 100.0, "failed"), (98.0, 100.0, "failed")
    ]  # fmt: skip
    scene.measure(after=30 * SECOND)
    assert len(scene.measurements(transition=None)) == 4


def test_what_comes_after_the_end_is_none_of_the_release(scene: Scene) -> None:
    ended = scene.at
    scene.measure()
    scene.end(at=ended)
    scene.at += timedelta(minutes=2)
    scene.measure()
    kept = scene.measurements()
    assert kept
    assert [one.at for one in kept if one.at > ended] == []


def test_a_side_that_cannot_be_told_apart_changes_no_verdict(scene: Scene) -> None:
    own = Check("errors", 30, minimum=1, interval_text="30s", query="sum(istio_requests_total)")
    release = run(scene.cluster, name="other", checks=(own,))
    scene.measure()
    green = Curve.objects.get(release=release, side="green")
    blue = Curve.objects.get(release=release, side="blue")
    assert set(green.values) == {100.0}
    assert (blue.values, blue.note) == ([], "The query does not tell the sides apart.")
    found = Measurement.objects.filter(release=release)
    assert {(one.blue, one.verdict) for one in found} == {(None, "passed")}


def test_a_release_that_waits_for_days_keeps_a_curve_of_bounded_length(scene: Scene) -> None:
    scene.metrics.otherwise = lambda at: at
    for _ in range(40):
        scene.measure(after=timedelta(hours=2))
        curve = scene.curve()
        assert len(curve.values) <= 700
    step = curve.step * SECOND
    assert step > 5 * MINUTE
    assert curve.values == [(curve.begin + number * step).timestamp() for number in range(len(curve.values))]
    assert scene.release.measure_at is not None
    assert scene.release.measure_at - scene.at > 2 * MINUTE
    assert max((one.end - one.begin) / one.step for one in scene.metrics.asked) <= 700


def test_a_gate_that_stays_closed_for_hours_is_measured_where_flagger_says_something(scene: Scene) -> None:
    scene.at += timedelta(hours=3)
    scene.moved(1, scene.at - 40 * SECOND, why=None)
    scene.moved(2, scene.at - 20 * SECOND, why="success rate 65.62% < 99%")
    scene.measure()
    assert [one.transition for one in scene.measurements(transition__isnull=False)] == [2]
    assert scene.release.measured_to == 2


def test_of_two_checks_of_one_name_the_first_counts(scene: Scene) -> None:
    release = run(scene.cluster, name="other", checks=(CHECKS[0], Check(RATE, 30, minimum=100.5, interval_text="30s")))
    scene.measure()
    assert {one.verdict for one in Measurement.objects.filter(release=release)} == {"passed"}


def test_the_policy_of_a_running_release_is_the_one_it_has_now(scene: Scene) -> None:
    scene.rollout.state["canary"]["checks"][0]["minimum"] = 100.5
    scene.rollout.save()
    scene.measure()
    assert {one.verdict for one in scene.measurements()} == {"failed"}
    (rate, _) = of_release(scene.release)
    assert rate.check is not None
    assert rate.check.minimum == 100.5


@pytest.mark.django_db(transaction=True)
def test_open_pages_are_told_once_it_is_stored(scene: Scene) -> None:
    heard: list[tuple[str, int]] = []

    def hear(hint: Hint) -> None:
        heard.append((hint.topic, Curve.objects.count()))
        connections.close_all()

    unsubscribe = scene.feed.subscribe(hear)
    scene.measure()
    until(lambda: len(heard) == 2)
    unsubscribe()
    assert heard == [(f"measured-{scene.rollout.pk}", 4), (f"compared-{scene.rollout.application_id}", 4)]


@pytest.mark.django_db(transaction=True)
def test_an_application_is_told_of_once_for_all_its_rollouts(scene: Scene) -> None:
    application = make_application("compared", "shop")
    run(scene.cluster, name="other")
    Rollout.objects.update(application=application)
    heard: list[str] = []
    unsubscribe = scene.feed.subscribe(lambda hint: heard.append(hint.topic))
    scene.measure()
    until(lambda: len(heard) == 3)
    unsubscribe()
    assert sorted(heard)[0] == f"compared-{application.pk}"
    assert sorted(heard)[1:] == sorted(f"measured-{pk}" for pk in Rollout.objects.values_list("pk", flat=True))


def test_nothing_is_asked_of_a_cluster_that_is_stopped_or_not_observed(scene: Scene) -> None:
    scene.cluster.state = "stopped"
    scene.cluster.save()
    assert due(now=NOW) == {}
    scene.cluster.state, scene.cluster.observed = "reachable", False
    scene.cluster.save()
    assert due(now=NOW) == {}
    assert Release.objects.filter(measure_at__lte=NOW).exists()


def test_of_many_transitions_each_is_measured_though_not_all_in_one_pass(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cases, "MOST_TRANSITIONS", 4)
    several = [scene.release, run(scene.cluster, name="cart"), run(scene.cluster, name="search")]
    for place, release in enumerate(several):
        for number in (1, 2, 3):
            at = START + (place + number * 10) * SECOND
            make_transition(release.rollout, 100 * place + number, at=at, why="")
    for _ in several:
        scene.measure()
    told = Measurement.objects.filter(check_name=RATE, transition__isnull=False).order_by("transition")
    assert [one.transition for one in told] == [1, 2, 3, 101, 102, 103, 201, 202, 203]


def test_a_release_with_more_transitions_than_a_pass_reads_goes_on_at_once(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cases, "MOST_TRANSITIONS", 4)
    monkeypatch.setattr(cases, "ALSO_BEFORE", 1)
    for number in range(1, 8):
        scene.moved(number, START + number * 10 * SECOND)
    scene.end()
    scene.at += 16 * MINUTE
    for _ in range(2):
        assert scene.release.curves_kept_at is None
        scene.measure()
    assert scene.release.curves_kept_at is not None
    assert [one.transition for one in scene.measurements(transition__isnull=False)] == [1, 2, 3, 4, 5, 6, 7]
