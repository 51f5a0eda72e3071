"""Pause, for a time or until somebody resumes, and resume, through a policy: for all of its clusters at once."""

from __future__ import annotations

from collections.abc import Iterable

from rollouts.domain.commands.act import Act, Plan, Refusal, Wanted
from rollouts.domain.commands.following import Followed
from rollouts.domain.commands.governed import Governed, listed, of_policy, warnings_of_clusters
from rollouts.domain.commands.pausing import for_a_time, until_words
from rollouts.domain.commands.policy_following import InCluster, Promised
from rollouts.domain.commands.reversal import Reversal
from rollouts.domain.observations import Phase
from rollouts.domain.ownership import undone_by
from rollouts.domain.phases import ANALYSING, RUNNING
from rollouts.domain.rollout import LiveSide

ON_GREEN = (LiveSide.GREEN, LiveSide.SPLIT)


def pause_policy(wanted: Wanted, governed: Governed) -> Plan | Refusal:
    if governed.policy.suspended:
        return Refusal(wanted.act, "The policy is suspended already.")
    reversal = for_a_time(wanted.choice)
    if isinstance(reversal, Refusal):
        return reversal
    on_green = [one.name for one in governed.members if one.state is not None and one.state.live.side in ON_GREEN]
    overwritten = [one.name for one, canary in governed.seen() if canary.phase is Phase.PROMOTING]
    running = [one.name for one, canary in governed.seen() if canary.phase in RUNNING]
    warnings = [
        f"Users are on green in {listed(on_green)} and stay there, unchecked: nothing rolls back while it is suspended."
        if on_green
        else "",
        f"Blue is being overwritten in {listed(overwritten)}; its pods go on changing." if overwritten else "",
        f"When the time is over releases go on in {listed(running)}, whether somebody looks or not."
        if running and reversal is not None and reversal.by_itself
        else "",
    ]
    stays = f"releases stay where they are ({listed(running)})" if running else "new versions are not noticed"
    return _plan(
        wanted.act,
        governed,
        True,
        f"From Flagger's next tick on {stays}, {until_words(reversal, 'the page of the application')}.",
        "Nothing.",
        warnings,
        reversal,
    )


def resume_policy(wanted: Wanted, governed: Governed) -> Plan | Refusal:
    if not governed.policy.suspended:
        return Refusal(wanted.act, "The policy is not suspended.")
    failing = [
        one.name
        for one, canary in governed.seen()
        if canary.phase in ANALYSING and canary.failed_checks >= canary.threshold
    ]
    warnings = [
        f"The first tick rolls back in {listed(failing)}, since too many checks have failed." if failing else "",
        "The analysis is switched off (skipTrafficAnalysis): the first tick promotes without checks."
        if governed.policy.skips
        else "",
    ]
    running = [one.name for one, canary in governed.seen() if canary.phase in RUNNING]
    goes_on = f"releases go on where they stood ({listed(running)})" if running else "new versions are noticed again"
    return _plan(wanted.act, governed, False, f"At Flagger's next tick {goes_on}.", "Nothing by itself.", warnings)


def paused_in(governed: Governed, _promised: Promised) -> list[InCluster]:
    done = Followed(True, "It is suspended.")
    return [InCluster(one.cluster, one.name, done if canary.suspended else None) for one, canary in governed.seen()]


def resumed_in(governed: Governed, _promised: Promised) -> list[InCluster]:
    done = Followed(True, "It is resumed.")
    return [InCluster(one.cluster, one.name, None if canary.suspended else done) for one, canary in governed.seen()]


def _plan(
    act: Act, governed: Governed, suspend: bool, effect: str, users: str, warnings: Iterable[str],
    reversal: Reversal | None = None,
) -> Plan:  # fmt: skip
    number = len(governed.members)
    where = governed.members[0].name if number == 1 else f"all {number} clusters"
    return Plan(
        act,
        (of_policy(governed, "suspend", suspend, f"suspend to {str(suspend).lower()}"),),
        f"Kurator brings it to {where} within 30 s, mostly at once. {effect}",
        None,
        users,
        undone_by=undone_by(governed.keeper),
        warnings=(*filter(None, warnings), *warnings_of_clusters(governed)),
        reversal=reversal,
    )
