"""Our verdict on a value near a transition, beside what Flagger's Event says of the same check."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import pytest

from rollouts.domain.checks import Verdict
from rollouts.domain.judging import Judged, Stated, crossings, judged, stated, unread
from rollouts.domain.observations import Check

RATE = Check("request-success-rate", 30, minimum=99)
SLOW = Check("request-duration", 30, maximum=500)
OWN = Check("errors", 30, maximum=5, template="errors", template_namespace="shop")
AT = datetime(2026, 11, 23, 16, 0, tzinfo=UTC)
SECOND = AT.timestamp()
FAILED = Stated(Verdict.FAILED, "65.62", 65.62)
SEVENTY_ONE = Stated(Verdict.FAILED, "71.00", 71.0)
SLOWER = Stated(Verdict.FAILED, "1.515s", 1515.0)


def near(*values: float | None) -> list[tuple[float, float]]:
    """One value for each second from two before the transition on."""
    return [(SECOND - 2 + number, value) for number, value in enumerate(values) if value is not None]


@pytest.mark.parametrize(
    ("why", "meant"),
    [
        ("success rate 65.62% < 99%", {"request-success-rate": FAILED}),
        (
            "request duration 1.515s > 500ms",
            {"request-success-rate": Stated(Verdict.PASSED), "request-duration": SLOWER},
        ),
        (
            "no values found for custom metric: errors: no values found",
            {
                "request-success-rate": Stated(Verdict.PASSED),
                "request-duration": Stated(Verdict.PASSED),
                "errors": Stated(Verdict.NO_VALUES),
            },
        ),
        (
            "Metric query failed for errors: execution: multiple matches",
            {
                "request-success-rate": Stated(Verdict.PASSED),
                "request-duration": Stated(Verdict.PASSED),
                "errors": Stated(Verdict.ERROR),
            },
        ),
        ("iteration 1 of 3", {}),
        ("iteration 2 of 3", dict.fromkeys((RATE.name, SLOW.name, OWN.name), Stated(Verdict.PASSED))),
        ("external check load failed Forbidden", {}),
        ("something-else 7.00 > 5", {}),
        (None, {}),
    ],
)
def test_a_reason_says_of_each_check_what_flagger_found(why: str | None, meant: dict[str, Stated]) -> None:
    """Flagger asks for those with a template last, wherever they stand in the list."""
    assert stated(why, (OWN, RATE, SLOW)) == meant


def test_a_failed_query_that_is_not_named_is_that_of_the_only_built_in_check() -> None:
    why = "Prometheus query failed: request failed: connection refused"
    assert stated(why, (OWN, RATE)) == {RATE.name: Stated(Verdict.ERROR)}
    assert stated(why, (RATE, SLOW)) == {}


@pytest.mark.parametrize(
    ("why", "meant"),
    [
        ("request-success-rate 65.62 < 99", FAILED),
        ("no values found for custom metric: request-success-rate: no values found", Stated(Verdict.NO_VALUES)),
        ("Metric query failed for request-success-rate: parse error", Stated(Verdict.ERROR)),
    ],
)
def test_what_is_said_of_a_template_is_not_said_of_the_built_in_check_of_its_name(why: str, meant: Stated) -> None:
    by_template = Check("request-success-rate (template)", 30, minimum=99, template="rate", template_namespace="shop")
    assert stated(why, (RATE, by_template)) == {RATE.name: Stated(Verdict.PASSED), by_template.name: meant}


def test_without_a_word_of_flaggers_the_value_of_the_very_second_is_judged() -> None:
    assert judged(RATE, AT, near(1.0, 2.0, 99.5, 3.0, 4.0), None) == Judged(99.5, Verdict.PASSED)
    assert judged(RATE, AT + timedelta(milliseconds=700), near(1.0, 2.0, 98.0, 3.0, 4.0), None).value == 98.0


def test_the_value_that_flaggers_event_states_is_met() -> None:
    assert judged(RATE, AT, near(99.9, 80.0, 65.6249, 60.0, 60.0), FAILED) == Judged(
        65.6249, Verdict.FAILED, said="65.62", agrees=True
    )


def test_a_value_that_is_met_a_second_before_counts_and_says_so() -> None:
    assert judged(RATE, AT, near(99.9, 65.6182, 60.0, 65.62, 60.0), FAILED) == Judged(
        65.6182, Verdict.FAILED, "Read 1 s before the transition, where Flagger's verdict is met.", "65.62", True
    )


def test_a_value_that_held_for_a_part_of_a_second_only_is_found() -> None:
    between = [*near(99.9, 99.9, 70.0, 70.0, 70.0), (SECOND - 0.75, 65.62), (SECOND + 2.25, 65.62)]
    found = judged(RATE, AT, between, FAILED)
    assert (found.value, found.agrees) == (65.62, True)
    assert found.note == "Read 0.75 s before the transition, where Flagger's verdict is met."
    assert judged(RATE, AT, [*near(70.0), (SECOND + 2.25, 65.62)], FAILED).agrees is False


def test_another_value_and_another_verdict_are_shown_beside_flaggers() -> None:
    other = judged(RATE, AT, near(70.0, 70.0, 70.0, 70.0, 70.0), FAILED)
    assert other == Judged(70.0, Verdict.FAILED, "Flagger's Event states another value (65.62).", "65.62", False)
    opposite = judged(RATE, AT, near(100.0, 100.0, 100.0, 100.0, 100.0), FAILED)
    assert (opposite.verdict, opposite.agrees) == (Verdict.PASSED, False)
    assert opposite.note == "Flagger found otherwise: failed (65.62)."
    passed = judged(RATE, AT, near(1.0, 1.0, 1.0, 1.0, 1.0), Stated(Verdict.PASSED))
    assert (passed.verdict, passed.agrees, passed.note) == (
        Verdict.FAILED,
        False,
        "Flagger found otherwise: passed.",
    )


def test_a_duration_is_compared_as_flagger_writes_it() -> None:
    assert judged(SLOW, AT, near(None, None, 1515.9), SLOWER).agrees is True
    assert judged(SLOW, AT, near(None, None, 1516.0), SLOWER).agrees is False


@pytest.mark.parametrize(
    ("value", "note"),
    [
        (None, "The source has no value for this query at this moment."),
        (math.nan, "The query gives no number (NaN), as it does without requests."),
    ],
)
def test_what_is_no_value_to_flagger_is_none_here(value: float | None, note: str) -> None:
    found = judged(RATE, AT, near(None, None, value), Stated(Verdict.NO_VALUES))
    assert found == Judged(None, Verdict.NO_VALUES, note, "", True)


def test_an_infinite_value_is_judged_but_kept_in_words_only() -> None:
    found = judged(OWN, AT, near(None, None, math.inf), Stated(Verdict.FAILED, "+Inf", math.inf))
    assert found == Judged(None, Verdict.FAILED, "The value is +Inf.", "+Inf", True)


def test_what_could_not_be_read_neither_agrees_nor_differs_but_a_refused_query_fails_for_flagger_too() -> None:
    assert unread(Verdict.UNREADABLE, "It is away.", FAILED) == Judged(None, Verdict.UNREADABLE, "It is away.", "65.62")
    assert unread(Verdict.ERROR, "Parse error.", Stated(Verdict.ERROR)).agrees is True
    assert unread(Verdict.ERROR, "Parse error.", FAILED).agrees is False
    assert unread(Verdict.ERROR, "Parse error.", None).agrees is None


def test_a_stated_value_is_looked_for_between_two_close_values_nearest_first() -> None:
    falling = [(SECOND - 1, 73.0), (SECOND - 0.75, 70.0), (SECOND, 72.0), (SECOND + 0.25, 70.0), (SECOND + 2, 75.0)]
    assert crossings(AT, falling, SEVENTY_ONE) == [SECOND + 0.125, pytest.approx(SECOND - 0.75 - 1 / 12)]


def test_nothing_is_looked_for_where_flagger_states_no_value_or_one_that_was_read() -> None:
    assert crossings(AT, [(SECOND, 72.0), (SECOND + 0.25, 70.0)], Stated(Verdict.FAILED)) == []
    assert crossings(AT, [(SECOND, 71.0), (SECOND + 0.25, 70.0)], SEVENTY_ONE) == []
    assert crossings(AT, [(SECOND, math.nan), (SECOND + 0.25, 70.0)], SEVENTY_ONE) == []
