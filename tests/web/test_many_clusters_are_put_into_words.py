from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest

from rollouts.domain.observations import Check
from rollouts.models import Cluster, ClusterState, Release, Rollout
from rollouts.queries.application_charts import Compared, Run
from rollouts.web import application_words
from tests.support.builders import NOW

RATE = Check("request-success-rate", 30, minimum=99)


def run(name: str, outcome: str = "succeeded", minutes: int = 9) -> Run:
    ended = None if outcome == "running" else NOW
    release = Release(outcome=outcome, started_at=NOW - timedelta(minutes=minutes), ended_at=ended)
    cluster = Cluster(name=name, state=ClusterState.REACHABLE, fresh_at=NOW)
    return Run(name, Rollout(cluster=cluster), release, ())


def compared(lows: Sequence[float | None], check: Check = RATE, judged: int = 1) -> str:
    order = [
        Compared(run(f"store-{place}"), check, low, low, judged=judged, failed=0, without_value=0)
        for place, low in enumerate(lows, start=1)
    ]
    return application_words.of_compared(order, check.name)


@pytest.mark.parametrize(
    ("runs", "words"),
    [
        ([run("one")], "In one: succeeded after 9 min."),
        ([run("one", "running", 3)], "In one: running for 3 min."),
        (
            [run("one"), run("two", "failed", 12)],
            "In 2 clusters: 1 succeeded, 1 failed. The longest took 12 min, in two.",
        ),
        (
            [run("one"), run("two"), run("three", "running", 3)],
            "In 3 clusters: 2 succeeded, 1 running. The longest took 9 min, in one.",
        ),
    ],
)
def test_lanes_tell_how_releases_ended(runs: Sequence[Run], words: str) -> None:
    assert application_words.of_lanes(runs, NOW) == words


@pytest.mark.parametrize(
    ("lows", "words"),
    [
        ([99.5], "Green stayed within its limit in store-1; it came nearest with 99.50%."),
        ([99.5, 99.9], "Green stayed within its limit in both clusters; store-1 came nearest with 99.50%."),
        ([99.5, 99.9, 100], "Green stayed within its limit in all 3 clusters; store-1 came nearest with 99.50%."),
        ([99.5, None], "Green stayed within its limit in store-1; it came nearest with 99.50%."),
        ([97], "Green was beyond its limit in store-1 (97.00%)."),
        ([97, 99.5], "Green was beyond its limit in 1 of 2 clusters: store-1 (97.00%)."),
        ([97, 98], "Green was beyond its limit in both clusters: store-1 (97.00%), store-2 (98.00%)."),
        (
            [95, 96, 97, 98],
            "Green was beyond its limit in all 4 clusters: "
            "store-1 (95.00%), store-2 (96.00%), store-3 (97.00%) and 1 more.",
        ),
        ([None], "request-success-rate had no value in store-1."),
        ([None, None], "request-success-rate had no value in both clusters."),
    ],
)
def test_a_check_is_told_of_one_cluster_of_two_and_of_many(lows: Sequence[float | None], words: str) -> None:
    assert compared(lows) == words


def test_without_a_limit_nothing_is_said_to_be_within_it() -> None:
    own = Check("success", 30)
    assert compared([5], own) == "success was measured in store-1; it has no limit."
    assert compared([5, 6], own) == "success was measured in both clusters; it has no limit."


@pytest.mark.parametrize(
    ("lows", "words"),
    [
        ([None], "request-success-rate has not been measured in store-1 yet."),
        ([None] * 3, "request-success-rate has not been measured in any of the 3 clusters yet."),
    ],
)
def test_a_check_that_was_not_measured_is_told_from_one_without_values(
    lows: Sequence[float | None], words: str
) -> None:
    assert compared(lows, judged=0) == words


@pytest.mark.parametrize(
    ("failed", "without_value", "words"),
    [
        (0, 0, "succeeded"),
        (1, 0, "succeeded, failed once"),
        (3, 0, "succeeded, failed 3 times"),
        (1, 1, "succeeded, failed once for want of a value"),
        (3, 3, "succeeded, failed 3 times for want of a value"),
        (3, 1, "succeeded, failed 3 times, once for want of a value"),
        (3, 2, "succeeded, failed 3 times, 2 times for want of a value"),
    ],
)
def test_beside_each_cluster_stands_how_often_the_check_failed_and_why(
    failed: int, without_value: int, words: str
) -> None:
    found = Compared(run("one"), RATE, 99, 99, judged=5, failed=failed, without_value=without_value)
    assert application_words.outcome(found) == words


def test_what_is_left_out_of_a_picture_is_told() -> None:
    assert application_words.drawn(1, "worst") == "The worst one is drawn, the table has all."
    assert application_words.drawn(24, "worst") == "The worst 24 are drawn, the table has all."
