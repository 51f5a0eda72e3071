"""What the charts of an application show, as sentences: of one cluster, of two, of many."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from rollouts.domain.checks import in_words
from rollouts.domain.observations import Check
from rollouts.domain.rollout import Outcome
from rollouts.queries.application_charts import Compared, Run, ended
from rollouts.web import times

MOST_NAMED = 3


def of_lanes(several: Sequence[Run], now: datetime) -> str:
    if not several:
        return "No release has run since these clusters have been watched."
    slowest = max(several, key=lambda run: ended(run, now) - run.release.started_at)
    took = times.exact((ended(slowest, now) - slowest.release.started_at).total_seconds())
    if len(several) == 1:
        running = slowest.release.outcome == Outcome.RUNNING.value
        return f"In {slowest.name}: {slowest.release.outcome} {'for' if running else 'after'} {took}."
    counts = Counter(run.release.outcome for run in several)
    told = ", ".join(f"{number} {outcome}" for outcome, number in counts.items())
    return f"In {len(several)} clusters: {told}. The longest took {took}, in {slowest.name}."


def of_compared(order: Sequence[Compared], name: str) -> str:
    """`order` has the worst first."""
    valued = [one for one in order if one.low is not None and one.high is not None]
    if not valued:
        return _never(order, name)
    if valued[0].room == float("inf"):
        return f"{name} was measured in {_clusters(valued)}; it has no limit."
    beyond = [one for one in valued if one.beyond]
    if not beyond:
        nearest = f"it came nearest with {_worst(valued[0])}"
        if len(valued) > 1:
            nearest = f"{valued[0].run.name} came nearest with {_worst(valued[0])}"
        return f"Green stayed within its limit in {_clusters(valued)}; {nearest}."
    if len(valued) == 1:
        return f"Green was beyond its limit in {_named(beyond)}."
    where = _clusters(valued) if len(beyond) == len(valued) else f"{len(beyond)} of {len(valued)} clusters"
    return f"Green was beyond its limit in {where}: {_named(beyond)}."


def _never(order: Sequence[Compared], name: str) -> str:
    if judged := [one for one in order if one.judged]:
        return f"{name} had no value in {_clusters(judged)}."
    where = order[0].run.name if len(order) == 1 else f"any of the {len(order)} clusters"
    return f"{name} has not been measured in {where} yet."


def _clusters(several: Sequence[Compared]) -> str:
    """All of them: the only one by its name."""
    if len(several) == 1:
        return several[0].run.name
    return "both clusters" if len(several) == 2 else f"all {len(several)} clusters"


def _named(beyond: Sequence[Compared]) -> str:
    named = ", ".join(f"{one.run.name} ({_worst(one)})" for one in beyond[:MOST_NAMED])
    return named + (f" and {len(beyond) - MOST_NAMED} more" if len(beyond) > MOST_NAMED else "")


def _worst(one: Compared) -> str:
    check = one.check or Check("", 0)
    low, high = one.low or 0.0, one.high or 0.0
    if check.minimum is not None and (check.maximum is None or low - check.minimum <= check.maximum - high):
        return in_words(check, low)
    return in_words(check, high)


def outcome(one: Compared) -> str:
    """Of one cluster, with how often the check failed. A value that is missing fails too, and tells less."""
    if not one.failed:
        return one.run.release.outcome
    told = f"{one.run.release.outcome}, failed {_often(one.failed)}"
    if not one.without_value:
        return told
    apart = f", {_often(one.without_value)}" if one.without_value < one.failed else ""
    return f"{told}{apart} for want of a value"


def _often(number: int) -> str:
    return "once" if number == 1 else f"{number} times"


def drawn(number: int, which: str) -> str:
    """Where a table has more than the picture."""
    return f"The {which} {'one is' if number == 1 else f'{number} are'} drawn, the table has all."
