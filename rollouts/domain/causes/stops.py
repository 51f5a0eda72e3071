"""What somebody stopped on purpose: a closed gate, a suspension, an analysis that is switched off."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rollouts.domain.causes.cause import Cause, Evidence, Tone
from rollouts.domain.causes.kinds import CauseKind
from rollouts.domain.causes.situation import Situation, of_event
from rollouts.domain.observations import Phase
from rollouts.domain.ownership import OwnerKind, owner_of
from rollouts.domain.reasons import Explains

TRAFFIC_GATE = re.compile(r"traffic increase waits for approval by (?P<hook>.*)", re.DOTALL)
PEOPLE = {"kubectl-patch", "kubectl-edit", "kubectl", "kubectl-client-side-apply", "kubectl-replace"}
KEEPERS = {
    OwnerKind.KURATOR: "Kurator, from the Application",
    OwnerKind.FLUX: "Flux, from Git",
    OwnerKind.ARGO_CD: "Argo CD, from Git",
    OwnerKind.HELM: "Helm",
}


def suspended(situation: Situation) -> Iterator[Cause]:
    canary = situation.canary
    if not canary.suspended:
        return
    frozen = "The release is frozen" if situation.state.running else "New versions are not noticed"
    evidence = [situation.spec("suspend", "true")]
    if canary.suspended_by:
        evidence.append(
            Evidence(situation.of_canary, "field manager of spec.suspend", canary.suspended_by, canary.suspended_at)
        )
    yield Cause(
        CauseKind.SUSPENDED,
        f"Suspended{_by(situation)}. {frozen} until it is resumed.",
        tuple(evidence),
        since=situation.suspended_at or canary.suspended_at,
    )


def _by(situation: Situation) -> str:
    """The field manager is only a program's name; whose hand it was, the cluster does not say."""
    manager, keeper = situation.canary.suspended_by, KEEPERS.get(owner_of(situation.canary).kind, "")
    if not manager:
        return ""
    if manager in PEOPLE:
        return " by hand, with kubectl"
    return f" by {keeper} ({manager})" if keeper else f" by {manager}"


def gates(situation: Situation) -> Iterator[Cause]:
    canary = situation.canary
    if canary.suspended:
        return
    if canary.phase is Phase.WAITING:
        yield _closed(
            situation, "confirm-rollout", "The new version waits for approval to start{by}.", Explains.APPROVAL
        )
    elif canary.phase is Phase.WAITING_PROMOTION:
        live = canary.iterations > canary.iterations_wanted > 0
        sentence = (
            "Users are on green, and the promotion waits for approval once more{by}."
            if live
            else "The promotion waits for approval{by}. Green is checked on meanwhile."
        )
        yield _closed(situation, "confirm-promotion", sentence, Explains.PROMOTION_APPROVAL)
    elif found := TRAFFIC_GATE.fullmatch(situation.obstacle):
        event = situation.quote(situation.obstacle)
        yield Cause(
            CauseKind.GATE_CLOSED,
            f"More users for green wait for approval by {found['hook']}.",
            (of_event(event),) if event else (situation.spec(*_hook("confirm-traffic-increase", found["hook"])),),
            since=situation.state.changed_at,
        )


def _closed(situation: Situation, type: str, sentence: str, said: Explains) -> Cause:
    """Flagger names the hook only when the gate is first found closed; the policy names it always."""
    canary = situation.canary
    names = [hook.name for hook in canary.hooks if hook.type == type and hook.name]
    evidence = [situation.status("phase", canary.phase.value, canary.phase_at)]
    evidence += [situation.spec(*_hook(type, name)) for name in names]
    event = next(situation.said(said), None)
    return Cause(
        CauseKind.GATE_CLOSED,
        sentence.format(by=f" by {' and '.join(names)}" if names else ""),
        (*evidence, *([of_event(event)] if event else [])),
        since=canary.phase_at,
    )


def _hook(type: str, name: str) -> tuple[str, str]:
    return f"analysis.webhooks[{name}].type", type


def analysis_skipped(situation: Situation) -> Iterator[Cause]:
    """`skipAnalysis` forgotten from the last time ships every later version without a single check."""
    if not situation.canary.skip_analysis or situation.canary.phase is Phase.TERMINATING:
        return
    now = "this version goes" if situation.analysing else "new versions go"
    yield Cause(
        CauseKind.ANALYSIS_SKIPPED,
        f"The analysis is switched off: {now} live unchecked.",
        (situation.spec("skipAnalysis", "true, or no analysis is described"),),
        tone=Tone.WARN,
    )
