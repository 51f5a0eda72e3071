"""What was asked for is read for both sides on an even grid, one cluster in one worker."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from rollouts.domain.errors import CredentialError, MetricsUnreachable, QueryRefused
from rollouts.domain.metrics import Side
from rollouts.domain.observations import Check
from rollouts.domain.ports import Hint
from rollouts.domain.ranges import between
from rollouts.models import Cluster, RangeCopy, Rollout
from rollouts.services import ranges
from tests.support.builders import CHECKS, NOW, make_release, make_rollout
from tests.support.measuring import DURATION, RATE
from tests.support.ranging import Looking
from tests.support.waiting import until

pytestmark = pytest.mark.django_db
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
AWAY = MetricsUnreachable("http://prometheus.istio-system:9090 was asked for values, but nothing listens there.")


@pytest.fixture
def looking() -> Looking:
    """Every value is the time it is of."""
    made = Looking()
    made.metrics.otherwise = lambda at: at
    return made


def test_every_check_is_read_on_both_sides_over_the_whole_range(looking: Looking) -> None:
    looking.request()
    assert looking.read() == 1
    copy = looking.copy()
    assert {(one["check"], one["side"]) for one in copy.lines} == {(n, s) for n in (RATE, DURATION) for s in Side}
    for one in copy.lines:
        assert one["values"] == [(copy.begin + number * 15 * SECOND).timestamp() for number in range(241)]
    assert timedelta() <= copy.end - HOUR - copy.begin < 18 * SECOND
    assert copy.end == looking.at


@pytest.mark.parametrize(("name", "step"), [("1h", 15), ("6h", 90), ("24h", 360)])
def test_no_range_has_more_than_240_steps_or_finer_ones_than_15_seconds(looking: Looking, name: str, step: int) -> None:
    looking.request(name)
    looking.read()
    copy = looking.copy(name)
    assert copy.step == step
    assert {len(one["values"]) for one in copy.lines} == {241}
    assert len(looking.metrics.asked) == 4


def test_a_range_up_to_now_keeps_its_moments_when_it_is_read_again(looking: Looking) -> None:
    looking.request("6h")
    looking.read()
    before = looking.copy("6h")
    looking.request("6h", after=100 * SECOND)
    looking.read()
    after = looking.copy("6h")
    assert after.pk == before.pk
    assert (after.begin - before.begin) in (90 * SECOND, 180 * SECOND)


def test_a_custom_range_is_read_from_its_beginning_to_its_end(looking: Looking) -> None:
    wanted = between(NOW - 50 * HOUR, NOW - 48 * HOUR, NOW)
    looking.request(wanted)
    looking.read()
    copy = looking.copy(wanted.key)
    values = looking.line(RATE, "blue", wanted.key)["values"]
    assert (copy.begin, copy.end) == (wanted.begin, wanted.end)
    assert (values[0], values[-1]) == (copy.begin.timestamp(), copy.end.timestamp())


def test_what_has_not_been_scraped_yet_is_not_asked_for(looking: Looking) -> None:
    looking.request(between(NOW - 10 * MINUTE, NOW + MINUTE, NOW))
    looking.read()
    assert {one.end for one in looking.metrics.asked} == {(NOW - 15 * SECOND).timestamp()}
    wanted = between(NOW + 30 * SECOND, NOW + MINUTE, NOW)
    looking.request(wanted)
    looking.read()
    assert looking.line(RATE, "blue", wanted.key)["values"] == []
    assert len(looking.metrics.asked) == 4


def test_a_source_that_gives_no_answer_is_said_with_each_check_and_asked_again_after_a_minute(looking: Looking) -> None:
    looking.metrics.errors = {"": AWAY}
    wanted = between(NOW - 50 * HOUR, NOW - 48 * HOUR, NOW)
    looking.request(wanted)
    looking.read()
    assert {one["note"] for one in looking.copy(wanted.key).lines} == {str(AWAY)}
    assert len(looking.metrics.asked) == 1
    looking.metrics.errors = {}
    looking.request(wanted, after=61 * SECOND)
    looking.read()
    assert looking.line(RATE, "green", wanted.key)["note"] == ""
    assert looking.copy(wanted.key).good_until == looking.at + 10 * MINUTE


def test_a_refused_query_leaves_the_other_checks_alone(looking: Looking) -> None:
    looking.metrics.errors = {RATE: QueryRefused("It does not accept the query (400): parse error")}
    looking.request()
    looking.read()
    assert looking.line(RATE, "green")["note"] == "It does not accept the query (400): parse error"
    assert looking.line(RATE, "green")["values"] == []
    assert len(looking.line(DURATION, "green")["values"]) == 241


def test_a_check_that_is_not_readable_from_here_says_so(looking: Looking) -> None:
    own = Check("errors", 30, minimum=1, interval_text="30s", query="sum(istio_requests_total)")
    odd = Check("odd", 30, maximum=1, interval_text="30s", query="sum({{ range . }})")
    rollout = make_rollout(looking.cluster, name="other", checks=(own, odd))
    looking.request(of=rollout)
    looking.read()
    notes = {(one["check"], one["side"]): one["note"] for one in looking.copy(of=rollout).lines}
    assert notes["errors", "blue"] == "The query does not tell the sides apart."
    assert notes["errors", "green"] == ""
    assert notes["odd", "green"].startswith("The query ")


def test_a_side_without_values_needs_no_note_but_a_warning_does(looking: Looking) -> None:
    looking.metrics.otherwise = lambda at: None
    looking.request()
    looking.read()
    assert {(one["note"], len(one["values"])) for one in looking.copy().lines} == {("", 0)}
    looking.metrics.warnings = ("Partial answer.",)
    looking.request("6h")
    looking.read()
    assert "The source warns: Partial answer." in looking.line(RATE, "green", "6h")["note"]


def test_an_address_that_is_not_known_yet_is_looked_for_again_after_a_minute(looking: Looking) -> None:
    Cluster.objects.update(metrics_server="", flagger_namespace="")
    wanted = between(NOW - 50 * HOUR, NOW - 48 * HOUR, NOW)
    looking.request(wanted)
    looking.read()
    assert looking.line(RATE, "green", wanted.key)["note"].startswith("http://prometheus:9090 is meant from")
    Cluster.objects.update(flagger_namespace="istio-system")
    looking.request(wanted, after=61 * SECOND)
    looking.read()
    assert looking.line(RATE, "green", wanted.key)["note"] == ""


def test_a_credential_that_cannot_be_used_is_the_reason_why_nothing_is_read(looking: Looking) -> None:
    looking.request()

    def closed(cluster: Cluster) -> object:
        raise CredentialError("The key of this installation has changed.")

    done = ranges.read(
        cluster=looking.cluster.pk, open_metrics=closed, enqueue=looking.enqueue,  # type: ignore[arg-type]
        feed=looking.feed, now=lambda: NOW + SECOND,
    )  # fmt: skip
    assert done == 1
    assert {one["note"] for one in looking.copy().lines} == {"The key of this installation has changed."}


def test_a_canary_that_was_never_read_is_asked_for_as_its_newest_release_knew_it(looking: Looking) -> None:
    release = make_release(looking.rollout)
    Rollout.objects.update(state={})
    looking.request()
    looking.read()
    assert len(looking.copy().lines) == 4
    release.delete()
    looking.request(after=2 * MINUTE)
    looking.read()
    assert looking.copy().lines == []
    assert looking.copy().error.startswith("What is checked is not known")


def test_open_pages_are_told(looking: Looking) -> None:
    heard: list[Hint] = []
    unsubscribe = looking.feed.subscribe(heard.append)
    looking.request()
    looking.read()
    until(lambda: heard)
    unsubscribe()
    assert [one.topic for one in heard] == [f"measured-{looking.rollout.pk}"]


def test_a_slow_cluster_takes_one_worker(looking: Looking) -> None:
    looking.request()
    looking.metrics.on_question = lambda question: nested.append(looking.read(after=timedelta()))
    nested: list[int] = []
    assert looking.read() == 1
    assert nested == [0, 0, 0, 0]


def test_a_worker_that_died_holds_a_cluster_for_less_than_a_minute(looking: Looking) -> None:
    looking.request()
    Cluster.objects.update(ranges_until=looking.at + 45 * SECOND)
    assert looking.read() == 0
    looking.request(after=45 * SECOND)
    assert looking.read() == 1


def test_all_that_waits_of_a_cluster_is_read_in_one_go_and_by_one_way(looking: Looking) -> None:
    other = make_rollout(looking.cluster, name="other", checks=CHECKS)
    for name in ("1h", "6h"):
        looking.request(name)
        looking.request(name, of=other)
    assert looking.read() == 4
    assert looking.read() == 0


def test_what_is_asked_for_meanwhile_is_read_too(looking: Looking) -> None:
    looking.request()
    first = [True]

    def ask_more(question: object) -> None:
        if first and first.pop():
            looking.request("6h")

    looking.metrics.on_question = ask_more
    assert looking.read() == 2


def test_when_the_time_is_over_what_was_read_is_kept_and_the_rest_has_its_turn_again(looking: Looking) -> None:
    ticks = iter([0.0, 0.0, 0.0, 0.0, *([30.0] * 50)])
    looking.clock = lambda: next(ticks)
    looking.request("1h")
    looking.request("6h")
    asked = len(looking.asked)
    assert looking.read() == 1
    notes = [one["note"] for one in looking.copy("1h").lines]
    assert notes == ["", "There was no time left to ask for it.", *["There was no time left to ask for it."] * 2]
    assert looking.copy("6h").pending
    assert len(looking.asked) == asked + 1
    assert looking.copy("1h").good_until == looking.at + MINUTE


def test_nobody_reads_what_nobody_waits_for_any_longer(looking: Looking) -> None:
    looking.request()
    assert looking.read(after=3 * MINUTE) == 0


def test_a_clock_of_the_page_that_is_ahead_does_not_make_it_ask_for_ever(looking: Looking) -> None:
    looking.request()
    RangeCopy.objects.update(requested_at=looking.at + 30 * SECOND)
    assert looking.read() == 1
    assert not looking.copy().pending
    assert looking.read() == 0


def test_a_range_that_somebody_else_has_read_meanwhile_is_left_as_it_is(looking: Looking) -> None:
    looking.request()
    newer = datetime(2027, 1, 1, tzinfo=UTC)

    def overtake(question: object) -> None:
        RangeCopy.objects.update(read_at=newer)

    looking.metrics.on_question = overtake
    looking.read()
    assert (looking.copy().read_at, looking.copy().lines) == (newer, [])
