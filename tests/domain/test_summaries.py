from __future__ import annotations

import json
import math

import pytest

from rollouts.domain.checks import Verdict
from rollouts.domain.observations import Check
from rollouts.domain.summaries import Spread, Summary, Value, dump, load, spread, summary, verdicts

VALUES = (99.5, None, 97.0, math.nan, 100.0)


@pytest.mark.parametrize(
    ("check", "worst"),
    [
        (Check("request-success-rate", 30, minimum=99), 97.0),
        (Check("request-duration", 30, maximum=500), 100.0),
        (Check("share", 30, minimum=10, maximum=99.6), 100.0),
        (Check("share", 30, minimum=97.1, maximum=500), 97.0),
        (Check("share", 30), None),
        (None, None),
    ],
)
def test_the_worst_value_is_the_one_nearest_to_a_limit_or_furthest_beyond_it(
    check: Check | None, worst: float | None
) -> None:
    assert spread(check, VALUES) == Spread(3, 97.0, 99.5, 100.0, worst)


def test_an_endless_value_is_the_worst_and_does_no_harm() -> None:
    found = spread(Check("request-duration", 30, maximum=500), (1.0, 2.0, math.inf))
    assert (found.median, found.highest, found.worst) == (2.0, math.inf, math.inf)


def test_without_values_there_is_nothing_to_tell() -> None:
    assert spread(Check("errors", 30, maximum=1), (None, math.nan)) == Spread()


def test_what_is_kept_is_what_was_summed_up() -> None:
    values = [Value(99.0, 1.0, "failed", False), Value(math.inf, None, "passed", None), Value(None, 3.0, "error", True)]
    found = summary(Check("share", 30, maximum=99.5), values)
    assert (found.green.worst, found.blue.median, found.verdicts.disagreeing) == (math.inf, 2.0, 1)
    assert load(json.loads(json.dumps(dump(found), allow_nan=False))) == found
    assert load(json.loads(json.dumps(dump(Summary())))) == load({}) == Summary()


def test_verdicts_are_counted_and_so_is_where_flagger_told_another() -> None:
    found = verdicts([("passed", None), ("passed", True), ("failed", False), ("no-values", True), ("odd", False)])
    assert found.counts == {Verdict.PASSED: 2, Verdict.FAILED: 1, Verdict.NO_VALUES: 1}
    assert found.disagreeing == 1
    assert found.of(Verdict.ERROR) == 0
