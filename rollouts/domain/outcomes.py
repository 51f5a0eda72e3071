"""How a release ended, in one sentence, and the reason that was seen for it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Protocol

from rollouts.domain.observations import Canary, Phase, Strategy
from rollouts.domain.phases import ANALYSING
from rollouts.domain.rollout import Analysis, Outcome, Release, Transition

REPLACED = "Superseded: a newer version came before Flagger had decided."
VANISHED = "Ended without a decision: the Canary was deleted, or its status was wiped."
SAYS_LITTLE = re.compile(r"failed checks threshold reached|^failed, green scaled down$")
"""Reasons of a failure that leave open which check it was."""
BY_HAND = "somebody other than Flagger raised the number of failed checks"


class Tells(Protocol):
    """What a transition tells of the end."""

    @property
    def phase(self) -> str: ...
    @property
    def failed_checks(self) -> int: ...
    @property
    def why(self) -> str | None: ...


def why_ended(transitions: Iterable[Tells]) -> str:
    """Of a failed release, in order: the failed check that was one too many, else what Flagger said of the failure.
    Empty when nobody knows.
    """
    check = end = ""
    counted = 0
    for one in transitions:
        if one.phase == Phase.FAILED:
            end = one.why or end
        elif one.failed_checks > counted:
            check = one.why or check
        counted = max(counted, one.failed_checks)
    return end if end and not SAYS_LITTLE.search(end) else check or end


def sentence(release: Release, canary: Canary | None, transitions: Sequence[Transition], *, told: str = "") -> str:
    """`canary`: what governed the release; None when that is not known. `told`: the reason of a failure, kept from
    transitions that are gone.
    """
    match release.outcome:
        case Outcome.SUCCEEDED:
            return _succeeded(release, canary, transitions)
        case Outcome.FAILED:
            return _failed(release, canary, transitions, told)
        case Outcome.SUPERSEDED:
            return REPLACED
        case Outcome.DELETED:
            return VANISHED
    return "Not decided yet: the release is running."


def _succeeded(release: Release, canary: Canary | None, transitions: Sequence[Transition]) -> str:
    if release.analysis is Analysis.SKIPPED:
        return "Succeeded without an analysis: it was switched off (skipAnalysis)."
    if canary is not None and skipped_iterations(transitions):
        wanted = canary.iterations_wanted
        return f"Succeeded, though not all {wanted} iterations were checked: somebody other than Flagger skipped some."
    failures = most_failures(transitions)
    held = "green passed its analysis" if not failures else f"green passed its analysis with {_failures(failures)}"
    if canary is not None and canary.strategy is not Strategy.CANARY and canary.iterations_wanted > 0:
        wanted = canary.iterations_wanted
        held = held.replace("its analysis", "its one iteration" if wanted == 1 else f"all {wanted} iterations")
    allowed = f" ({canary.threshold} would have rolled back)" if failures and canary is not None else ""
    return f"Succeeded: {held}{allowed}."


def _failed(release: Release, canary: Canary | None, transitions: Sequence[Transition], told: str) -> str:
    if release.analysis is Analysis.ABORTED:
        return f"Failed: {BY_HAND}, so Flagger rolled back."
    why = (why_ended(transitions) or told).rstrip(".")
    if not why:
        return "Failed. Why is not known: none of Flagger's Events about it was seen."
    failures = most_failures(transitions)
    counted = f" ({_failures(failures)} of {canary.threshold})" if failures and canary is not None else ""
    return f"Failed: {why}{counted}."


def skipped_iterations(transitions: Sequence[Transition]) -> bool:
    """Flagger counts them one by one."""
    return any(
        after.iterations > before.iterations + 1 and after.phase in ANALYSING and not after.gap
        for before, after in pairwise(transitions)
    )


def most_failures(transitions: Iterable[Transition]) -> int:
    return max((one.failed_checks for one in transitions), default=0)


def _failures(number: int) -> str:
    return f"{number} failed check{'' if number == 1 else 's'}"
