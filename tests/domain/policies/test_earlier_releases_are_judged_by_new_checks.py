from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from rollouts.domain.curves import Curve
from rollouts.domain.policies.reading import read
from rollouts.domain.policies.replaying import Fate, Kept, Replay, Values, asked_anew, checks_of, replayed
from tests.support.policies import ABSENT, ANALYSIS, CUSTOM, ROUTING, policy

RATE, TIME = "request-success-rate", "request-duration"
METRICS = f"{ANALYSIS}.metrics"
STEPS = f"{ROUTING}.canaryStrategy"
ASKED: Any = CUSTOM["customMetric"]
GOOD = {RATE: 99.9, TIME: 120.0}


def curve(at: Callable[[int], float | None], seconds: int = 1800, step: int = 15) -> Curve:
    return Curve(0, step, tuple(at(moment) for moment in range(0, seconds, step)))


def kept(end: float = 1800, **values: Any) -> Kept:
    """By the name of a check, written with `_` for the hyphen, its value at a moment; the others are good all along."""
    given = {name.replace("_", "-"): at for name, at in values.items()}
    found = {name: given.get(name, lambda _, name=name: GOOD[name]) for name in (*GOOD, *given)}
    return Kept(0, end, {name: Values(curve(at)) for name, at in found.items() if at is not None})


def judged(found: Kept, **changed: Any) -> Replay:
    made = replayed(read(policy(**changed)), found)
    assert made is not None
    return made


def test_a_good_release_is_promoted_after_a_good_check_more_than_it_has_iterations() -> None:
    """Interval 90 s, N = 3: nothing is checked at T1, then at T2 to T5 (flagger.md 5.4)."""
    assert judged(kept(end=360)) == Replay(Fate.PROMOTED, good=4)
    assert judged(kept(end=359)) == Replay(Fate.OPEN, good=3)


def test_a_bad_one_is_rolled_back_by_the_check_that_reaches_the_number_of_failed_ones() -> None:
    made = judged(kept(request_success_rate=lambda at: 93.1 if at >= 180 else 99.9))
    assert (made.fate, made.good, made.failed) == (Fate.ROLLED_BACK, 1, 3)
    assert made.failure is not None
    assert (made.failure.check.name, made.failure.at, made.failure.value) == (RATE, 360, 93.1)


def test_failed_checks_below_the_threshold_only_take_time() -> None:
    once = kept(request_duration=lambda at: 700.0 if at == 180 else 100.0)
    assert judged(once) == Replay(Fate.PROMOTED, good=4, failed=1)
    assert judged(once, **{f"{ANALYSIS}.checkFailedTimes": 1}).fate is Fate.ROLLED_BACK
    assert judged(once, **{f"{ANALYSIS}.checkFailedTimes": 0}).fate is Fate.ROLLED_BACK, "Flagger takes 0 for 1"


def test_other_limits_make_it_another_fate() -> None:
    found = kept(request_success_rate=lambda _: 98.5)
    assert judged(found).fate is Fate.ROLLED_BACK
    assert judged(found, **{f"{METRICS}.0.thresholdRange": {"min": 98}}).fate is Fate.PROMOTED


def test_another_interval_looks_at_other_moments() -> None:
    dip = kept(request_success_rate=lambda at: 90.0 if 100 <= at < 170 else 99.9)
    assert judged(dip) == Replay(Fate.PROMOTED, good=4)
    often = judged(dip, **{f"{ANALYSIS}.checkIntervalSeconds": 20})
    assert often.fate is Fate.PROMOTED, "80 s were enough for it"
    longer = judged(dip, **{f"{ANALYSIS}.checkIntervalSeconds": 20, f"{ROUTING}.analysisTimes": 10})
    assert (longer.fate, longer.good) == (Fate.ROLLED_BACK, 5)


def test_without_a_value_a_check_has_failed_as_flagger_takes_it() -> None:
    made = judged(kept(request_duration=lambda at: 100.0 if at < 90 else None))
    assert made.fate is Fate.ROLLED_BACK
    assert made.failure is not None
    assert made.failure.value is None


def test_what_was_judged_near_a_tick_counts_before_the_curve() -> None:
    values = Values(curve(lambda _: 99.9), judged=[(91.0, 50.0), (178.0, 50.0), (200.0, 50.0)])
    found = Kept(0, 1800, {RATE: values, TIME: Values(curve(lambda _: 120.0))})
    assert judged(found) == Replay(Fate.PROMOTED, good=4, failed=2)


def test_flagger_makes_its_own_checks_first() -> None:
    rollout = policy(**{METRICS: [CUSTOM, {"name": RATE, "intervalSeconds": 90, "thresholdRange": {"min": 99}}]})
    assert [check.name for check in checks_of(read(rollout))] == [RATE, "orders"]
    made = replayed(read(rollout), kept(request_success_rate=lambda _: 1.0, orders=lambda _: 0.0))
    assert made is not None
    assert made.failure is not None
    assert made.failure.check.name == RATE


@pytest.mark.parametrize("values", [None, lambda _: None])
def test_a_check_of_which_nothing_was_kept_leaves_it_open(values: Any) -> None:
    made = judged(kept(orders=values), **{f"{METRICS}.1": CUSTOM})
    assert made == Replay(Fate.UNKNOWN, unmeasured=("orders",))


def test_a_check_that_asks_something_else_now_has_no_values_either() -> None:
    rollout = policy(**{f"{METRICS}.1": CUSTOM})
    before = read(rollout)
    after = read(policy(**{f"{METRICS}.1": {**CUSTOM, "customMetric": {**ASKED, "query": "up"}}}))
    assert asked_anew(before, after) == {"orders"}
    assert asked_anew(before, before) == frozenset()
    limits = read(policy(**{f"{METRICS}.1": {**CUSTOM, "thresholdRange": {"max": 3}}}))
    assert asked_anew(before, limits) == frozenset(), "other limits are of the same values"
    found = kept(orders=lambda _: 5.0)
    made = replayed(after, found, asked_anew(before, after))
    assert made == Replay(Fate.UNKNOWN, unmeasured=("orders",))


@pytest.mark.parametrize(
    ("changed", "good"),
    [
        ({f"{ROUTING}.match": [{"headers": {"x": {"exact": "1"}}}]}, 3),
        ({f"{ROUTING}.analysisTimes": ABSENT, f"{STEPS}.stepWeight": 20, f"{STEPS}.maxWeight": 60}, 3),
        ({f"{ROUTING}.analysisTimes": ABSENT, f"{STEPS}.stepWeights": [5, 50]}, 2),
    ],
)
def test_other_strategies_want_other_numbers_of_good_checks(changed: dict[str, Any], good: int) -> None:
    assert judged(kept(), **changed) == Replay(Fate.PROMOTED, good=good)


@pytest.mark.parametrize(
    "changed",
    [{f"{ANALYSIS}.checkIntervalSeconds": ABSENT}, {ROUTING: ABSENT}, {"rolloutPolicy.skipTrafficAnalysis": True}],
)
def test_a_policy_that_says_not_how_it_goes_on_judges_nothing(changed: dict[str, Any]) -> None:
    assert replayed(read(policy(**changed)), kept()) is None


def test_a_policy_without_checks_promotes_everything() -> None:
    assert judged(kept(request_success_rate=lambda _: 0.0), **{METRICS: ABSENT}).fate is Fate.PROMOTED
