"""What became of the last release, and what is odd about the version that runs: a failure, a revision that was lost, a
run without a change, sides that differ though nothing goes on.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from rollouts.domain.causes.cause import Cause, Evidence, Tone
from rollouts.domain.causes.checks import explain, quoted
from rollouts.domain.causes.kinds import CauseKind
from rollouts.domain.causes.situation import Situation, of_event
from rollouts.domain.metrics import Side
from rollouts.domain.observations import Phase, Workload
from rollouts.domain.phases import ANALYSING, PROMOTED
from rollouts.domain.progress import interval_of
from rollouts.domain.reasons import Explains
from rollouts.domain.rollout import LiveSide, Trigger


def promotion_failed(situation: Situation) -> Iterator[Cause]:
    """From Flagger 1.44 on: green keeps the users when blue does not become ready with the new version. A new version
    now would make Flagger roll back to the broken blue and scale green to zero.
    """
    canary = situation.canary
    if canary.phase is not Phase.FAILED or (canary.weight < 100 and situation.state.live.side is not LiveSide.GREEN):
        return
    evidence = [
        situation.status("phase", canary.phase.value, canary.phase_at),
        situation.status("canaryWeight", canary.weight, canary.phase_at),
    ]
    event = next((one for one in situation.events if one.message.startswith("Promotion of ")), None)
    yield Cause(
        CauseKind.PROMOTION_FAILED,
        "The promotion failed: blue did not become ready with the new version, and users are still on green.",
        (*evidence, *([of_event(event)] if event else [])),
        since=canary.phase_at,
        tone=Tone.BAD,
    )


def release_failed(situation: Situation) -> Iterator[Cause]:
    canary, failure = situation.canary, situation.failure
    if canary.phase is not Phase.FAILED or canary.weight >= 100 or situation.state.live.side is LiveSide.GREEN:
        return
    evidence = [situation.status("phase", canary.phase.value, canary.phase_at)]
    helps, why = "", ". Why is not known."
    if failure is not None and failure.why:
        found = explain(situation, failure.why)
        why = f". {found.sentence}" if found else f": {failure.why.rstrip('.')}."
        helps = found.helps if found else ""
        evidence += quoted(situation, failure)
    yield Cause(
        CauseKind.RELEASE_FAILED,
        f"The last release failed{why}",
        tuple(evidence),
        since=canary.phase_at,
        tone=Tone.BAD,
        usually_helps=helps,
    )


def revision_lost(situation: Situation) -> Iterator[Cause]:
    """In Failed every tick first writes the hash of the present template and then asks whether blue is ready. If it is
    not, the new version was written down as seen and is never noticed again.
    """
    canary, release = situation.canary, situation.state.release
    if canary.phase is not Phase.FAILED or release is None or not release.applied or not canary.last_applied:
        return
    if canary.last_applied in (release.applied, canary.last_promoted):
        return
    seen = canary.last_transition_at  # when this hash was first seen: later writes in Failed are not remembered
    if seen is None or situation.now - seen <= interval_of(canary):
        return  # the tick that notices a version writes it down before it begins a release
    yield Cause(
        CauseKind.REVISION_LOST,
        "A newer version was put on the target after the failure and got lost: Flagger has written it down as seen and"
        " will not begin a release of it.",
        (
            situation.status("lastAppliedSpec", f"{canary.last_applied}, the failed release had {release.applied}"),
            situation.status("lastPromotedSpec", canary.last_promoted),
        ),
        since=seen,
    )


def spurious_run(situation: Situation) -> Iterator[Cause]:
    """An update of Flagger may hash the same template differently, and takes that for a new version."""
    release = situation.state.release
    if release is None or not situation.state.running or release.trigger is not Trigger.NONE:
        return
    version = situation.cluster.flagger_version
    yield Cause(
        CauseKind.SPURIOUS_RUN,
        "This release brings nothing new: neither image nor template nor configuration changed. Flagger begins such"
        " runs after it was updated itself.",
        (
            Evidence(f"Release {release.number}", "trigger", "nothing that changed", release.started_at),
            *([Evidence("Flagger", "version", version, situation.cluster.probed_at)] if version else []),
        ),
        since=release.started_at,
    )


def sides_differ(situation: Situation) -> Iterator[Cause]:
    """Promoted, and yet the sides' images differ: either the target has a version that is not noticed yet, or blue was
    changed behind Flagger's back (it writes blue only at a promotion).
    """
    state, canary = situation.state, situation.canary
    blue, green = state.blue, state.green
    if canary.phase not in PROMOTED or blue is None or green is None or blue.images == green.images:
        return
    if canary.skip_analysis or not situation.workload_read(canary.phase_at):
        return
    evidence = (
        _images(blue, situation),
        _images(green, situation),
        situation.status("phase", canary.phase.value, canary.phase_at),
    )
    if state.applied_template not in ("", green.template):
        yield Cause(
            CauseKind.VERSION_UNNOTICED,
            "The target has a version that Flagger has not noticed yet; it looks at every tick.",
            evidence,
            since=situation.workloads_at,
            side=Side.GREEN,
            tone=Tone.PLAIN,
        )
        return
    drift = Cause(
        CauseKind.DRIFT,
        "The sides run different images though the last release succeeded: blue was changed by somebody other than"
        " Flagger, and users are on that.",
        evidence,
        since=situation.workloads_at,
        side=Side.BLUE,
    )
    either = (
        "The sides run different images though no release runs: either the target has a version that Flagger has not"
        " noticed, or blue was changed by hand."
    )
    yield drift if state.applied_certain else replace(drift, sentence=either, side=None)


def _images(workload: Workload, situation: Situation) -> Evidence:
    where = f"{workload.kind} {workload.namespace}/{workload.name}"
    return Evidence(where, "images", ", ".join(workload.images), situation.workloads_at)


def obstacle(situation: Situation) -> Iterator[Cause]:
    """Whatever else Flagger complains about at present: an object that is missing, a route it cannot write."""
    said = situation.obstacle
    if not said or situation.canary.suspended or " not ready" in said or "waits for approval" in said:
        return
    if "exceeded its progress" in said and situation.canary.phase not in ANALYSING:
        return
    event = situation.quote(said)
    others = next(situation.said(Explains.OBSTACLE, Explains.PERHAPS_A_CHECK), None)
    told = event or others
    yield Cause(
        CauseKind.OBSTACLE,
        f"Flagger cannot go on: {said.rstrip('.')}.",
        (of_event(told),) if told else (Evidence(situation.of_canary, "Event", said, situation.state.obstacle_at),),
        since=situation.state.changed_at,
    )
