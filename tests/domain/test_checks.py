"""Flagger's comparison of a value with its limits, and how it writes values."""

from __future__ import annotations

import math

import pytest

from rollouts.domain.checks import Asks, Said, Unit, Verdict, check_of, in_words, judge, said, unit_of
from rollouts.domain.observations import Check

RATE = Check("request-success-rate", 60, minimum=99)
DURATION = Check("request-duration", 60, maximum=500)


@pytest.mark.parametrize(
    ("check", "value", "verdict"),
    [
        (RATE, 99.0, Verdict.PASSED),
        (RATE, 98.999, Verdict.FAILED),
        (Check("request-success-rate", 60, maximum=99.5), 100.0, Verdict.FAILED),
        (Check("request-success-rate", 60, minimum=0.0), 0.0, Verdict.PASSED),
        (DURATION, 500.9, Verdict.PASSED),
        (DURATION, 501.0, Verdict.FAILED),
        (Check("request-duration", 60, maximum=500.7), 500.9, Verdict.PASSED),
        (Check("request-duration", 60, minimum=10.9), 10.1, Verdict.PASSED),
        (Check("request-duration", 60, maximum=0.0), 0.9, Verdict.PASSED),
        (Check("request-duration", 60, maximum=0.0), 1.0, Verdict.FAILED),
        (DURATION, math.inf, Verdict.FAILED),
        (Check("errors", 60, maximum=5), 5.0, Verdict.PASSED),
        (Check("errors", 60, maximum=5), 5.01, Verdict.FAILED),
        (Check("errors", 60), 12.0, Verdict.PASSED),
        (RATE, None, Verdict.NO_VALUES),
        (RATE, math.nan, Verdict.NO_VALUES),
    ],
)
def test_a_value_is_judged_as_flagger_does(check: Check, value: float | None, verdict: Verdict) -> None:
    assert judge(check, value) is verdict


def test_a_built_in_name_with_a_query_of_its_own_is_compared_as_it_is() -> None:
    own = Check("request-duration", 60, maximum=0.5, template="slow", template_namespace="shop")
    assert unit_of(own) is Unit.PLAIN
    assert judge(own, 0.7) is Verdict.FAILED


@pytest.mark.parametrize(
    ("check", "value", "written"),
    [
        (RATE, 65.6249, "65.62%"),
        (DURATION, 0.4, "0s"),
        (DURATION, 500.9, "500ms"),
        (DURATION, 1515.0, "1.515s"),
        (DURATION, 62000.0, "1m2s"),
        (DURATION, 3600500.0, "1h0m0.5s"),
        (DURATION, math.inf, "inf"),
        (Check("errors", 60), 12.0, "12.00"),
    ],
)
def test_a_value_is_written_as_flagger_writes_it(check: Check, value: float, written: str) -> None:
    assert in_words(check, value) == written


@pytest.mark.parametrize(
    ("why", "meant"),
    [
        ("success rate 65.62% < 99%", Said("request-success-rate", Asks.BUILT_IN, 65.62, "65.62")),
        ("success rate 100.00% > 99.5%", Said("request-success-rate", Asks.BUILT_IN, 100.0, "100.00")),
        ("request duration 1.515s > 500ms", Said("request-duration", Asks.BUILT_IN, 1515.0, "1.515s")),
        ("request duration 1m2s > 500ms", Said("request-duration", Asks.BUILT_IN, 62000.0, "1m2s")),
        ("not-found-percentage 12.50 > 5", Said("not-found-percentage", Asks.OWN, 12.5, "12.50")),
        ("request-success-rate 12.50 < 99", Said("request-success-rate", Asks.OWN, 12.5, "12.50")),
        (
            "no values found for istio metric request-success-rate probably app.shop is not receiving traffic",
            Said("request-success-rate", Asks.BUILT_IN),
        ),
        ("no values found for custom metric: errors: no values found", Said("errors", Asks.TEMPLATE)),
        ("no values found for metric: errors", Said("errors", Asks.QUERY)),
        ("external check load failed Forbidden", None),
        ("rolled back: failed checks threshold reached 2", None),
        ("request duration soon > 500ms", None),
        ("success rate 1.2.3% < 99%", None),
        ("success rate .% < 99%", None),
        ("release 1.2.3 < 2", None),
    ],
)
def test_what_flagger_says_of_a_failed_check_is_read(why: str, meant: Said | None) -> None:
    assert said(why) == meant


RATE_BY_TEMPLATE = Check("request-success-rate (template)", 60, minimum=99, template="rate", template_namespace="shop")
RATE_BY_QUERY = Check("request-success-rate (query)", 60, minimum=99, query="sum(up)")
ERRORS = Check("errors", 60, maximum=5, template="errors", template_namespace="shop")
INLINE = Check("errors", 60, maximum=5, query="sum(up)")
BESIDE_IT = Check("errors (template)", 60, maximum=5, template="errors", template_namespace="shop")


@pytest.mark.parametrize(
    ("why", "checks", "meant"),
    [
        ("success rate 65.62% < 99%", (RATE, RATE_BY_TEMPLATE), RATE),
        ("request-success-rate 65.62 < 99", (RATE, RATE_BY_TEMPLATE), RATE_BY_TEMPLATE),
        ("request-success-rate 65.62 < 99", (RATE, RATE_BY_QUERY), RATE_BY_QUERY),
        ("no values found for custom metric: request-success-rate: x", (RATE, RATE_BY_TEMPLATE), RATE_BY_TEMPLATE),
        ("no values found for istio metric request-success-rate probably x", (RATE, RATE_BY_TEMPLATE), RATE),
        ("errors 7.00 > 5", (RATE, ERRORS), ERRORS),
        ("errors 7.00 > 5", (RATE, ERRORS, ERRORS), ERRORS),
        ("errors 7.00 > 5", (INLINE, BESIDE_IT), None),
        ("no values found for metric: errors", (INLINE, BESIDE_IT), INLINE),
        ("no values found for custom metric: errors: no values found", (INLINE, BESIDE_IT), BESIDE_IT),
        ("latency 7.00 > 5", (RATE, ERRORS), None),
    ],
)
def test_an_event_is_credited_to_the_check_that_it_is_about(
    why: str, checks: tuple[Check, ...], meant: Check | None
) -> None:
    """An entry of the policy may be several checks, of which Flagger says all by the name of the entry."""
    told = said(why)
    assert told is not None
    assert check_of(told.name, told.asks, checks) is meant
