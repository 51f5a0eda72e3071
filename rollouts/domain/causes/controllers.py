"""The programs that should act and do not: Flagger, Kurator, and the cluster that cannot be seen."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from rollouts.domain.causes.cause import Cause, Evidence, Tone
from rollouts.domain.causes.kinds import CauseKind
from rollouts.domain.causes.situation import Situation, of_event
from rollouts.domain.changes import unready
from rollouts.domain.kurator import Trouble, TroubleKind
from rollouts.domain.observations import Phase
from rollouts.domain.phases import PROMOTING
from rollouts.domain.progress import interval_of, waits_for_pods

SLACK = timedelta(seconds=10)
"""A tick takes a moment, and its write another one to arrive."""


def cluster_unseen(situation: Situation) -> Iterator[Cause]:
    cluster = situation.cluster
    if cluster.unseen_since is None:
        return
    yield Cause(
        CauseKind.CLUSTER_UNSEEN,
        f"Cluster {cluster.name} cannot be seen from here: the release may have gone on since.",
        (Evidence(f"Cluster {cluster.name}", "last seen", cluster.unseen_why or "no answer", cluster.unseen_since),),
        since=cluster.unseen_since,
    )


def flagger_down(situation: Situation) -> Iterator[Cause]:
    """Signs of life that are newer than the look at its Deployment say otherwise."""
    cluster, alive = situation.cluster, last_sign(situation)
    if cluster.flagger_ready is not False or not situation.seen:
        return
    if alive is not None and cluster.probed_at is not None and alive[0] > cluster.probed_at:
        return
    yield Cause(
        CauseKind.FLAGGER_DOWN,
        "Flagger has no ready pod in this cluster: nothing moves until it has.",
        (
            Evidence("Deployment of Flagger", "ready pods", "0", cluster.probed_at),
            *([alive[1]] if alive is not None else []),
        ),
        since=cluster.probed_at,
        tone=Tone.BAD,
    )


def last_sign(situation: Situation) -> tuple[datetime, Evidence] | None:
    """The last thing that Flagger is known to have done: a write of the status, or an Event."""
    canary, signs = situation.canary, list[tuple[datetime, Evidence]]()
    if canary.last_transition_at is not None:
        signs.append((canary.last_transition_at, situation.status("lastTransitionTime", "Flagger's last write")))
    signs += [(event.last_at, of_event(event)) for event in situation.events if event.last_at is not None]
    return max(signs, key=lambda sign: sign[0], default=None)


def flagger_silent(situation: Situation) -> Iterator[Cause]:
    """In these phases every tick writes the status, unless a side is not ready: then it only says so in an Event, and
    Events are rationed.
    """
    canary, state = situation.canary, situation.state
    if not situation.seen or canary.suspended or not (situation.analysing or canary.phase in PROMOTING):
        return
    blue, green = state.blue, state.green
    pods = waits_for_pods(state, situation.now) or unready(blue) or unready(green)
    unread = blue is None or green is None
    if (
        situation.cluster.flagger_ready is False
        or pods
        or (unread and canary.phase is not Phase.FINALISING)
        or situation.obstacle
    ):
        return
    sign, changed = last_sign(situation), state.changed_at
    if sign is None or situation.now - max(sign[0], changed or sign[0]) <= 2 * interval_of(canary) + SLACK:
        return
    yield Cause(
        CauseKind.FLAGGER_SILENT,
        "Flagger does not tick: it has neither written the status nor said anything for more than two intervals.",
        (sign[1], situation.spec("analysis.interval", f"{canary.interval}s")),
        since=sign[0],
    )


def not_processed(situation: Situation) -> Iterator[Cause]:
    """Flagger notices a new Canary within ten seconds."""
    canary, created = situation.canary, situation.canary.created_at
    if canary.phase is not Phase.UNSET or not situation.seen or canary.deleting:
        return
    late = created is not None and situation.now - created > timedelta(seconds=60)
    yield Cause(
        CauseKind.NOT_PROCESSED,
        "Flagger has not taken this Canary up yet." if late else "Flagger is about to take this Canary up.",
        (Evidence(situation.of_canary, "status.phase", "empty", created),),
        since=created,
        tone=Tone.WARN if late else Tone.PLAIN,
    )


SENTENCES = {
    TroubleKind.NAMES_DIFFER: (
        CauseKind.NAMES_DIFFER,
        "Kurator cannot update this Canary: the policy's serviceName differs from the name of its workload ({said}).",
    ),
    TroubleKind.INCOMPLETE: (
        CauseKind.POLICY_INCOMPLETE,
        "Kurator cannot render this policy and tries again for ever: {field} is missing.",
    ),
    TroubleKind.SYNC_FAILED: (CauseKind.SYNC_FAILED, "What the Application describes is not applied: {said}."),
}


def kurator_failing(situation: Situation) -> Iterator[Cause]:
    """None of these stops Flagger; they keep new versions and changed policies from arriving here."""
    kurator = situation.kurator
    if kurator is None:
        return
    seen = set[TroubleKind]()
    for trouble in kurator.troubles:
        if trouble.kind in seen:
            continue
        seen.add(trouble.kind)
        same = [one for one in kurator.troubles if one.kind is trouble.kind]
        kind, sentence = SENTENCES[trouble.kind]
        yield Cause(
            kind,
            sentence.format(said=trouble.said.rstrip("."), field=trouble.field.rpartition(".")[2]),
            tuple(_of(kurator.application, one) for one in same[:3]),
            since=trouble.at,
        )
    if kurator.unreachable and situation.state.running:
        names = ", ".join(kurator.unreachable[:3]) + (" and more" if len(kurator.unreachable) > 3 else "")
        yield Cause(
            CauseKind.SIBLING_UNREACHABLE,
            f"Kurator may be held up: it does all clusters of an Application one after the other and stops at the first"
            f" that does not answer, and {names} cannot be reached from here.",
            (Evidence(f"Application {kurator.application}", "unreachable clusters", names),),
        )


def _of(application: str, trouble: Trouble) -> Evidence:
    return Evidence(f"Application {application}", trouble.field, trouble.said, trouble.at)
