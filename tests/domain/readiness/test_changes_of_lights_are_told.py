from __future__ import annotations

import pytest

from rollouts.domain.readiness import Finding, Light, Point, Prerequisite, changes, dump, judge, load
from rollouts.domain.readiness.finding import named, worst
from rollouts.domain.readiness.least import at_least
from tests.domain.readiness.looks import READY


def of(light: Light) -> list[Finding]:
    return [Finding(Prerequisite.PROMETHEUS, (Point(light, "It hung up."),))]


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (Light.LACKING, Light.READY, ["Prometheus answers again"]),
        (Light.UNKNOWN, Light.READY, ["Prometheus answers, as can be told again"]),
        (Light.READY, Light.LACKING, ["Prometheus does not answer as it has to: It hung up."]),
        (Light.READY, Light.UNKNOWN, ["It cannot be told any more whether Prometheus answers: It hung up."]),
        (Light.READY, Light.READY, []),
        (Light.READY, Light.NEEDLESS, []),
    ],
)
def test_a_change_says_what_it_is_now(before: Light, after: Light, said: list[str]) -> None:
    assert [one.said for one in changes(of(before), of(after))] == said


def test_the_first_check_changes_nothing() -> None:
    assert list(changes((), judge(READY))) == []


def test_findings_are_kept_as_they_are() -> None:
    found = judge(READY)
    assert load(dump(found)) == found


def test_what_is_no_prerequisite_any_more_is_left_out() -> None:
    assert load([{"prerequisite": "moon", "points": []}]) == ()


def test_one_that_lacks_decides() -> None:
    assert worst([Light.READY, Light.UNKNOWN, Light.LACKING, Light.NEEDLESS]) is Light.LACKING
    assert worst([Light.READY, Light.NEEDLESS]) is Light.READY
    assert worst([]) is Light.NEEDLESS


@pytest.mark.parametrize(
    ("version", "wanted", "answer"),
    [("1.18.0", "1.18", True), ("v1.9.9", "1.18", False), ("1.24.2-distroless", "1.18", True), ("latest", "1", None)],
)
def test_versions_are_compared_by_their_numbers(version: str, wanted: str, answer: bool | None) -> None:
    assert at_least(version, wanted if "." in wanted else "1.0") is answer


def test_many_names_are_cut() -> None:
    assert named(["a"]) == "a"
    assert named(["b", "a"]) == "a and b"
    assert named("abcdefgh") == "a, b, c, d, e, f and 2 more"
