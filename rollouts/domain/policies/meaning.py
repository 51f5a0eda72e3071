"""What a policy means in time (flagger.md 5.4), if pods get ready within one interval."""

from __future__ import annotations

from collections.abc import Iterator

from rollouts.domain.observations import Canary, Strategy
from rollouts.domain.policies.fields import RolloutPolicy
from rollouts.domain.policies.strategies import strategy_of
from rollouts.domain.progress import interval_of, last_tick, switch_tick, weights_of

SHORTEST = 10
"""Seconds: Flagger takes no interval for shorter (kurator.md 6.2)."""
UNSAID = "What it means in time can be said once it has an interval, a number of failed checks and one strategy."


def meaning(policy: RolloutPolicy) -> tuple[str, ...]:
    canary = as_canary(policy)
    if policy.suspended:
        return ("It is suspended: nothing happens until it is resumed, wherever users are.", *_in_time(policy, canary))
    return tuple(_in_time(policy, canary))


def as_canary(policy: RolloutPolicy) -> Canary | None:
    """What Kurator makes of it (kurator.md 7), as far as time depends on it; None while that is not known."""
    strategy = strategy_of(policy)
    if strategy is None or policy.interval is None or policy.failures is None:
        return None
    return Canary(
        policy.namespace, policy.workload, "", "",
        provider=policy.provider,
        strategy=strategy,
        interval=max(policy.interval, SHORTEST),
        iterations_wanted=policy.times or 0,
        threshold=max(policy.failures, 1),
        max_weight=policy.most or 100,
        step_weights=_steps(policy),
    )  # fmt: skip


def _steps(policy: RolloutPolicy) -> tuple[int, ...]:
    """The weights that a progressive run goes through, as the adapter reads them from a Canary."""
    if policy.steps:
        return tuple(min(max(weight, 0), 100) for weight in policy.steps)
    step, highest = min(policy.step or 0, 100), min(policy.most or 100, 100)
    return tuple(min(step * number, 100) for number in range(1, -(-highest // step) + 1)) if step > 0 else ()


def _in_time(policy: RolloutPolicy, canary: Canary | None) -> Iterator[str]:
    if canary is None:
        yield UNSAID
        return
    seconds = int(interval_of(canary).total_seconds())
    yield f"A new version is noticed within {about(seconds)}."
    if policy.skips:
        yield (
            "The analysis is switched off: it is promoted unchecked at the next tick, mostly"
            f" {about(seconds)} later, and nothing rolls back."
        )
        return
    ticks, bad = last_tick(canary), canary.threshold + 2
    analysis = {Strategy.CANARY: len(weights_of(canary))}.get(canary.strategy, canary.iterations_wanted)
    yield f"A good release takes ({analysis} + {ticks - analysis}) × {seconds} s {equals(ticks * seconds)}."
    if canary.strategy is Strategy.BLUE_GREEN:
        yield f"The users move {about(switch_tick(canary) * seconds)} after it was noticed."
        yield f"They are on green for {about(2 * seconds)}, until blue has the new version."
        yield f"One that is bad from the start is rolled back after {about(bad * seconds)}, without users."
        yield (
            "One that is bad only with users on it is rolled back after"
            f" {about((canary.threshold + 1) * seconds)} with users."
        )
        return
    whom = f"{weights_of(canary)[0]} % of users" if canary.strategy is Strategy.CANARY else "the matched users"
    after = about(bad * seconds)
    yield f"One that is bad from the start is rolled back after {after}, and has {whom} from its first step on."


def equals(seconds: int) -> str:
    said = about(seconds)
    return said if said[0] == "≈" else f"= {said}"


def about(seconds: int) -> str:
    """`6 min`, and `≈ 10½ min` where that is not the whole truth; below two minutes in seconds."""
    if seconds < 120:
        return f"{seconds} s"
    if seconds < 7200:
        halves = round(seconds / 30)
        words = f"{halves // 2}{'½' if halves % 2 else ''} min"
        return words if halves * 30 == seconds else f"≈ {words}"
    halves = round(seconds / 1800)
    words = f"{halves // 2}{'½' if halves % 2 else ''} h"
    return words if halves * 1800 == seconds else f"≈ {words}"
