"""A check that fails: its value and limit, the hook that refuses, or why there are no values at all.

Flagger counts whatever fails as one failed check a tick, and says in an Event which it was.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from rollouts.domain.causes.cause import Cause, Evidence, Tone
from rollouts.domain.causes.kinds import CauseKind
from rollouts.domain.causes.novalues import no_values
from rollouts.domain.causes.reading import Reading
from rollouts.domain.causes.situation import ONE_TICK, Failure, Measured, Situation, of_event, plural
from rollouts.domain.checks import ASKED_BY, Unit, Verdict, check_of, in_words, said, unit_of
from rollouts.domain.observations import Check, Phase
from rollouts.domain.progress import rolls_back, waits_for_pods
from rollouts.domain.rollout import LiveSide

HOOK = re.compile(r"(?P<which>external|pre-rollout) check (?P<hook>.+?) failed ?(?P<error>.*)", re.DOTALL)
QUERY = re.compile(r"(?P<what>Prometheus|Metric) query failed(?: for (?P<check>[^:]+))?:? ?(?P<error>.*)", re.DOTALL)
TEMPLATE = re.compile(r"Metric template (?P<name>\S+) (?P<error>.*)", re.DOTALL)
CLIENT = re.compile(r"Error building Prometheus client for (?P<address>\S*) ?(?P<error>.*)", re.DOTALL)
NOT_BY_FLAGGER = re.compile(r"failedChecks set to \d+(, not by Flagger| by hand)")
"""As timelines keep it; the last words are of older ones."""
OTHERS_RAISED = "Somebody other than Flagger raised the number of failed checks."
NO_ANSWER = re.compile(
    r"dial tcp|connection refused|connection reset|no such host|deadline exceeded|timeout|i/o|EOF|no route to host"
    r"|\b50[234]\b|Bad Gateway|Service Unavailable",
    re.IGNORECASE,
)


def is_about_a_check(why: str) -> bool:
    """Whether this reason of a transition is that a check failed."""
    return said(why) is not None or any(one.fullmatch(why) for one in (HOOK, QUERY, TEMPLATE, CLIENT))


def failing(situation: Situation) -> Iterator[Cause]:
    """While green is judged, the check that failed at the last tick; one that has passed since is no reason now."""
    canary, failure = situation.canary, situation.failure
    if not situation.analysing or not canary.failed_checks or not _holds(situation, failure):
        return
    why = failure.why if failure else ""
    other = f"A check failed: {why}." if why else "Which check failed is not known."
    found = explain(situation, why) or Reading(CauseKind.CHECK_FAILING, other)
    yield Cause(
        found.kind,
        f"{found.sentence} {_left(situation)}",
        (
            *(quoted(situation, failure) if failure else ()),
            *found.evidence,
            situation.status("failedChecks", f"{canary.failed_checks} of {canary.threshold}"),
        ),
        since=failure.at if failure else None,
        tone=_tone(situation),
        usually_helps=found.helps,
    )


def quoted(situation: Situation, failure: Failure) -> Iterator[Evidence]:
    """What Flagger said of it: the Event itself while it is known, else as the timeline has it."""
    if not failure.why:
        return
    event = situation.quote(failure.why)
    if event is not None:
        yield of_event(event)
    else:
        yield Evidence(situation.of_canary, "timeline", failure.why, failure.at)


def _holds(situation: Situation, failure: Failure | None) -> bool:
    if failure is None or rolls_back(situation.canary):
        return rolls_back(situation.canary)
    changed = situation.state.changed_at
    return failure.at is None or changed is None or failure.at >= changed - ONE_TICK


def _left(situation: Situation) -> str:
    canary = situation.canary
    left = canary.threshold - canary.failed_checks
    if left <= 0 and waits_for_pods(situation.state, situation.now):
        return "The limit of failed checks is reached, but Flagger asks first whether green is ready."
    if left <= 0:
        return "The limit of failed checks is reached: the next check rolls back."
    users = " with the users on green" if situation.state.live.side is LiveSide.GREEN else ""
    if left == 1:
        return f"One more failed check{users} rolls back."
    return f"{plural(left, 'more failed check')}{users} roll back."


def _tone(situation: Situation) -> Tone:
    users = situation.state.live.side is LiveSide.GREEN
    return Tone.BAD if rolls_back(situation.canary) or users else Tone.WARN


def explain(situation: Situation, why: str) -> Reading | None:
    """What a failed check says, of a release that runs or has failed of it. None when it is of no known form."""
    if NOT_BY_FLAGGER.search(why):
        return Reading(CauseKind.CHECK_FAILING, OTHERS_RAISED)
    if found := HOOK.fullmatch(why):
        which = "" if found["which"] == "external" else " before the analysis"
        answer = found["error"].strip() or "it did not accept"
        return Reading(
            CauseKind.HOOK_FAILING, f"Hook {found['hook']}{which} fails: {answer}.", (_hook(situation, found["hook"]),)
        )
    if found := CLIENT.fullmatch(why):
        return Reading(
            CauseKind.METRICS_UNREACHABLE,
            f"Flagger cannot use the address {found['address']} for metrics: {found['error']}.",
        )
    if found := TEMPLATE.fullmatch(why):
        return Reading(CauseKind.QUERY_ERROR, f"MetricTemplate {found['name']} cannot be used: {found['error']}.")
    if found := QUERY.fullmatch(why):
        check = check_of(found["check"] or "", ASKED_BY[found["what"]], situation.canary.checks)
        return _query_failed(check.name if check else found["check"] or "", found["error"])
    told = said(why)
    if told is None:
        return None
    check = check_of(told.name, told.asks, situation.canary.checks)
    if told.value is None:
        return no_values(situation, check.name if check else told.name)
    return None if check is None else _value(situation, check, told.value, told.text)


def _query_failed(check: str, error: str) -> Reading:
    of = f" of {check}" if check else ""
    if NO_ANSWER.search(error):
        return Reading(
            CauseKind.METRICS_UNREACHABLE, f"Flagger gets no answer from Prometheus to the query{of}: {error}."
        )
    return Reading(CauseKind.QUERY_ERROR, f"Prometheus does not accept the query{of}: {error}.")


def _hook(situation: Situation, name: str) -> Evidence:
    hook = next((one for one in situation.canary.hooks if one.name == name), None)
    type = (hook.type or "rollout") if hook else "not in the policy any more"
    return situation.spec(f"analysis.webhooks[{name}].type", type)


def _value(situation: Situation, check: Check, value: float, text: str) -> Reading:
    """`text` is the value as Flagger wrote it."""
    unit = "%" if unit_of(check) is Unit.PERCENT else ""
    return Reading(
        CauseKind.CHECK_FAILING,
        f"{check.name} on green was {text}{unit}, {_beyond(check, value)}.",
        (
            situation.spec(f"analysis.metrics[{check.name}]", _limits(check)),
            *_ours(situation.latest(check.name), check),
        ),
    )


def _beyond(check: Check, value: float) -> str:
    if check.minimum is not None and value < check.minimum:
        return f"below its limit of {in_words(check, check.minimum)}"
    if check.maximum is not None and value > check.maximum:
        return f"above its limit of {in_words(check, check.maximum)}"
    return "outside of the limits that it had then"


def _limits(check: Check) -> str:
    low = f"at least {in_words(check, check.minimum)}" if check.minimum is not None else ""
    high = f"at most {in_words(check, check.maximum)}" if check.maximum is not None else ""
    return ", ".join(word for word in (low, high) if word) or "no limits"


def _ours(measured: Measured | None, check: Check) -> Iterator[Evidence]:
    """What we measured ourselves, which may be newer than what Flagger said."""
    if measured is None:
        return
    for side, value in (("green", measured.green), ("blue", measured.blue)):
        if value is not None:
            yield Evidence(f"Measurement of {check.name}", side, in_words(check, value), measured.at)


def going_to_fail(situation: Situation) -> Iterator[Cause]:
    """What we measure is beyond a limit, and Flagger has not said so yet: its next check would fail."""
    if (
        situation.canary.phase is not Phase.PROGRESSING
        or situation.canary.iterations == 0
        or situation.canary.suspended
    ):
        return
    if situation.failure is not None and _holds(situation, situation.failure):
        return
    for measured in situation.measured:
        check = situation.check(measured.check)
        if check is None or measured.verdict is not Verdict.FAILED or measured.green is None:
            continue
        yield Cause(
            CauseKind.CHECK_FAILING,
            f"{check.name} on green is {in_words(check, measured.green)}, {_beyond(check, measured.green)}:"
            " the next check would fail.",
            (situation.spec(f"analysis.metrics[{check.name}]", _limits(check)), *_ours(measured, check)),
            since=measured.at,
        )
