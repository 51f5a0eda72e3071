"""What Flagger says in its Events: which change each message explains, and the same as a short sentence.

Flagger gives every Event the reason `Synced`, so only the message tells them apart. Values stay as Flagger wrote them.
The result is text for people, never markup.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from re import Match

from rollouts.domain.observations import Event


class Explains(IntEnum):
    """What a message is about. Of several that fit one transition, the higher explains it."""

    NOTHING = 0
    OBSTACLE = 1
    """Not ready, not found, …: the tick stopped early and wrote nothing."""
    PERHAPS_A_CHECK = 2
    """A warning we do not know: it explains a failed check of the same tick, else it is an obstacle."""
    SCALED_DOWN = 3
    """Said at every rollback, after the real reason."""
    DEADLINE = 4
    """Not ready for too long: an obstacle that also ends the run."""
    ROLLBACK = 5
    CHECK = 6
    INITIALIZED = 7
    STARTED = 8
    RESTARTED = 9
    ITERATION = 10
    WEIGHT = 11
    BLUE_WEIGHT = 12
    TO_GREEN = 13
    TO_BLUE = 14
    COPYING = 15
    PROMOTED = 16
    SKIPPED = 17
    APPROVAL = 18
    PROMOTION_APPROVAL = 19
    TERMINATING = 20


@dataclass(frozen=True, slots=True)
class Reason:
    explains: Explains
    text: str
    number: int = 0
    """The iteration, or the weight in percent."""


Make = Callable[[Match[str]], Reason]
WHO = r"[^ ]+"


def _plain(explains: Explains, text: str) -> Make:
    return lambda found: Reason(explains, text.format(**found.groupdict()))


def _number(explains: Explains, text: str) -> Make:
    return lambda found: Reason(explains, text.format(**found.groupdict()), int(found["i"]))


RULES: tuple[tuple[re.Pattern[str], Make], ...] = tuple(
    (re.compile(pattern, re.DOTALL), make)
    for pattern, make in (
        (rf"Advance {WHO} canary iteration (?P<i>\d+)/(?P<n>\d+)", _number(Explains.ITERATION, "iteration {i} of {n}")),
        (rf"Advance {WHO} canary weight (?P<i>\d+)", _number(Explains.WEIGHT, "{i}% of the traffic to green")),
        (rf"Advance {WHO} primary weight (?P<i>\d+)", _number(Explains.BLUE_WEIGHT, "{i}% of the traffic to blue")),
        (r"New revision detected! Scaling up .+", _plain(Explains.STARTED, "new revision detected, green scaled up")),
        (
            r"New revision detected! Restarting analysis for .+",
            _plain(Explains.RESTARTED, "newer revision, analysis restarted"),
        ),
        (r"Routing all traffic to canary", _plain(Explains.TO_GREEN, "all traffic routed to green")),
        (
            r"Stop traffic mirroring and route all traffic to canary",
            _plain(Explains.TO_GREEN, "mirroring stopped, all traffic routed to green"),
        ),
        (r"Routing all traffic to primary", _plain(Explains.TO_BLUE, "all traffic routed to blue")),
        (r"Copying .+ template spec to .+", _plain(Explains.COPYING, "green's version copied to blue")),
        (
            r"Promotion completed! Canary analysis was skipped for .+",
            _plain(Explains.SKIPPED, "promotion completed, analysis skipped"),
        ),
        (r"Promotion completed! Scaling down .+", _plain(Explains.PROMOTED, "promotion completed, green scaled down")),
        (
            rf"Halt {WHO} advancement waiting for promotion approval (?P<what>.*)",
            _plain(Explains.PROMOTION_APPROVAL, "promotion waits for approval by {what}"),
        ),
        (
            rf"Halt {WHO} advancement waiting for traffic increase approval (?P<what>.*)",
            _plain(Explains.OBSTACLE, "traffic increase waits for approval by {what}"),
        ),
        (
            rf"Halt {WHO} advancement waiting for approval (?P<what>.*)",
            _plain(Explains.APPROVAL, "waits for approval by {what}"),
        ),
        (r"Halt advancement (?P<what>no values found for .+)", _plain(Explains.CHECK, "{what}")),
        (rf"Halt {WHO} advancement (?P<what>.+)", _plain(Explains.CHECK, "{what}")),
        (r"(?P<what>(Prometheus|Metric) query failed.*)", _plain(Explains.CHECK, "{what}")),
        (r"(?P<what>(Metric template|Error building Prometheus client for) .+)", _plain(Explains.CHECK, "{what}")),
        (rf"Rolling back {WHO} (?P<what>.+)", _plain(Explains.ROLLBACK, "rolled back: {what}")),
        (
            r"Promotion of .+ failed, primary not ready: (?P<what>.*)",
            _plain(Explains.ROLLBACK, "promotion failed, blue not ready: {what}"),
        ),
        (r"Canary failed! Scaling down .+", _plain(Explains.SCALED_DOWN, "failed, green scaled down")),
        (r"(?P<what>.*exceeded its progress ?[dD]eadline.*)", _plain(Explains.DEADLINE, "{what}")),
        (r"(?P<what>.* not ready(:| ).*)", _plain(Explains.OBSTACLE, "{what}")),
        (r"Initialization done! .+", _plain(Explains.INITIALIZED, "initialization done")),
        (r"Terminating canary .+", _plain(Explains.TERMINATING, "termination began")),
    )
)

SAYS_NOTHING = re.compile(
    r"(Error checking metric providers|Post-rollout hook|Rollback check .+ passed|A/B testing is not supported"
    r"|Progressive traffic is not supported|Setting canaryAnalysis\.iterations)"
)
"""Warnings that neither stop a tick nor count as a failed check."""


def reason_of(event: Event) -> Reason:
    """A message we do not know is kept as it is, and explains something only when it is a warning."""
    for pattern, make in RULES:
        found = pattern.fullmatch(event.message)
        if found:
            return make(found)
    unknown = event.type == "Warning" and not SAYS_NOTHING.match(event.message)
    return Reason(Explains.PERHAPS_A_CHECK if unknown else Explains.NOTHING, event.message)
