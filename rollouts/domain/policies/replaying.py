"""What the checks of a policy would have made of a release, by the values that were kept of it: Flagger's ticks again
(flagger.md 5.2 and 5.4), at this policy's interval and with its limits.

It begins where the analysis of the release began and goes as far as green was measured with its pods running. Times are
Unix seconds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from rollouts.domain.checks import Verdict, judge
from rollouts.domain.curves import Curve
from rollouts.domain.observations import Canary, Check
from rollouts.domain.policies.fields import Metric, RolloutPolicy
from rollouts.domain.policies.meaning import as_canary
from rollouts.domain.progress import switch_tick

MOST_TICKS = 5000
NEAR = 15
"""Seconds, and at most a quarter of an interval: a value that was judged this near a tick is the tick's."""


class Fate(StrEnum):
    PROMOTED = "promoted"
    ROLLED_BACK = "rolled-back"
    OPEN = "open"
    """Neither, as long as it was measured."""
    UNKNOWN = "unknown"
    """A check has no values."""


@dataclass(frozen=True, slots=True)
class Values:
    """Of green in one check: the curve, and what was judged at single moments."""

    curve: Curve | None = None
    judged: Sequence[tuple[float, float | None]] = ()

    @property
    def measured(self) -> bool:
        known = self.curve is not None and self.curve.known > 0
        return known or any(value is not None for _, value in self.judged)

    def at(self, moment: float, near: float) -> float | None:
        nearest = min(self.judged, key=lambda one: abs(one[0] - moment), default=None)
        if nearest is not None and abs(nearest[0] - moment) <= near:
            return nearest[1]
        return self.curve.at(moment) if self.curve is not None else None


@dataclass(frozen=True, slots=True)
class Kept:
    """`begin` is the tick of its first iteration or step, `end` the last moment at which green was measured running."""

    begin: float
    end: float
    values: Mapping[str, Values]


@dataclass(frozen=True, slots=True)
class Failure:
    """A check that failed. Without a value Flagger found none."""

    check: Check
    at: float
    value: float | None


@dataclass(frozen=True, slots=True)
class Replay:
    """`failure` is the one that ended it; of an unknown fate `unmeasured` names the checks without values."""

    fate: Fate
    good: int = 0
    failed: int = 0
    failure: Failure | None = None
    unmeasured: tuple[str, ...] = ()


def checks_of(policy: RolloutPolicy) -> tuple[Check, ...]:
    """In the order in which Flagger makes them: its own first."""
    made = [
        Check(one.name, one.interval or 0, one.minimum, one.maximum, template="" if one.built_in else one.name)
        for one in policy.metrics
    ]
    return tuple(sorted(made, key=lambda check: bool(check.template)))


def asked_anew(before: RolloutPolicy, after: RolloutPolicy) -> frozenset[str]:
    """Names of metrics whose query or source is another: what was kept of them answers another question."""
    known = {one.at: one for one in before.metrics}
    return frozenset(
        one.name for one in after.metrics if one.at in known and _question(one) != _question(known[one.at])
    )


def replayed(policy: RolloutPolicy, kept: Kept, anew: frozenset[str] = frozenset()) -> Replay | None:
    """None where the policy does not say how it goes on."""
    canary = as_canary(policy)
    if canary is None or policy.skips:
        return None
    checks = checks_of(policy)
    unmeasured = [one.name for one in checks if one.name in anew or not kept.values.get(one.name, Values()).measured]
    if unmeasured:
        return Replay(Fate.UNKNOWN, unmeasured=tuple(dict.fromkeys(unmeasured)))
    good = failed = 0
    for at in _ticks(canary, kept):
        failure = _failure(checks, kept, at, canary.interval)
        if failure is None:
            good += 1
        else:
            failed += 1
        if failed >= canary.threshold:
            return Replay(Fate.ROLLED_BACK, good, failed, failure)
        if good == switch_tick(canary):
            return Replay(Fate.PROMOTED, good, failed)
    return Replay(Fate.OPEN, good, failed)


def _ticks(canary: Canary, kept: Kept) -> Iterator[float]:
    """At that of the first iteration nothing is checked. After it every good one counts, until users have been on
    green for one, or have matched, or have had all steps.
    """
    for number in range(1, MOST_TICKS):
        at = kept.begin + number * canary.interval
        if at > kept.end:
            return
        yield at


def _failure(checks: Sequence[Check], kept: Kept, at: float, interval: float) -> Failure | None:
    """The first one: Flagger makes no other after it."""
    for check in checks:
        value = kept.values[check.name].at(at, min(NEAR, interval / 4))
        if judge(check, value) is not Verdict.PASSED:
            return Failure(check, at, value)
    return None


def _question(one: Metric) -> tuple[object, ...]:
    return one.name, one.source, one.address, one.region, one.query, one.template, one.template_namespace
