"""Carries a command out: claims it, reads what is there now, judges again, patches.

A worker may die at any line. What it had claimed is claimed again when its time is over, and judged on the cluster as
it is then: a patch that was made already is recognised by what the object says.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, Q

from rollouts.domain import changes, memory
from rollouts.domain.commands import (
    GATES,
    OF_EDITORS,
    Act,
    Binding,
    Followed,
    Patch,
    Plan,
    Refusal,
    Wanted,
    follow,
    is_done,
    judge,
    skips_analysis,
    still_bound,
    waited_for,
)
from rollouts.domain.commands.earlier_version import STANDS_FOR
from rollouts.domain.commands.following import BLUE_ROLLS_FOR
from rollouts.domain.commands.gating import WAITS
from rollouts.domain.commands.patches import RESTARTED, kind_of
from rollouts.domain.commands.policy_following import WAITED_FOR_KURATOR
from rollouts.domain.errors import ClusterError, Conflict, Unreachable
from rollouts.domain.live import routing_of
from rollouts.domain.observations import Canary, Kind, Phase, Workload
from rollouts.domain.pod_templates import RETRIED
from rollouts.domain.ports import ChangeFeed, ClusterConnection
from rollouts.domain.redaction import hide, hide_in_text
from rollouts.domain.rollout import RolloutState
from rollouts.models import Cluster, Command, CommandState
from rollouts.queries import kept_by
from rollouts.services import clusters
from rollouts.services.act import calling, configs, earlier, reversing
from rollouts.services.act.canary_edits import plan_of_edit
from rollouts.services.act.drafts import until_blue_is_made
from rollouts.services.act.going import Accepted, Pass, Stop, taken, with_what_was_done
from rollouts.services.act.policies import plan_of_policy, until_begun
from rollouts.services.act.record import Record, move, tell
from rollouts.services.act.reversing import RecordReversal
from rollouts.services.act.trail import put_back

CLAIM = timedelta(seconds=30)
ATTEMPTS = 3
PATIENT_ATTEMPTS = 12
"""Once one of two patches is accepted the other has to follow."""
SEEN_AT_A_WORKLOAD = frozenset({Act.RETRY, Act.NEW_VERSION, Act.EARLIER_VERSION, Act.RESTART_PODS})
SEEN_WHERE_WRITTEN = SEEN_AT_A_WORKLOAD | {Act.CONFIG_VALUE}
"""That a run has begun, or pods are new, does not say by whom: whether it is done is seen where it was written."""
READ_A_WORKLOAD = (SEEN_AT_A_WORKLOAD - {Act.RETRY}) | {Act.GREEN_TO_ZERO, Act.OPEN_GATE}

Connect = Callable[[Cluster], ClusterConnection]
May = Callable[[Command], bool]


def carry_out(
    *, command: int, connect: Connect, may: May, record: Record, feed: ChangeFeed, now: Callable[[], datetime],
    record_reversal: RecordReversal = put_back,
) -> None:  # fmt: skip
    """Safe to repeat and to run twice at once. A cluster that gives no answer is tried again until the command expires
    (`settle` asks for it).
    """
    row = _claimed(command, now())
    if row is None:
        return
    tell(row, now(), feed)
    accepted: Accepted = {}
    try:
        state, sentence = CommandState.ACCEPTED, _carried_out(row, connect, may, accepted, now)
    except Stop as stop:
        state, sentence = stop.state, with_what_was_done(str(stop), row, accepted)
    except Unreachable as error:
        held = Command.objects.filter(pk=row.pk, state=row.state, claim=row.claim)
        sentence = with_what_was_done(_said(error), row, accepted)
        held.update(claimed_until=None, sentence=sentence, patches=taken(row, accepted))
        tell(row, now(), feed)
        return
    except ClusterError as error:
        state, sentence = CommandState.REFUSED, with_what_was_done(_said(error), row, accepted)
    fields: dict[str, Any] = {"patches": taken(row, accepted)}
    if state == CommandState.ACCEPTED:
        fields |= {"accepted_at": now(), "expires_at": now() + _waited_for(row, now())}

    def record_both(moved: Command) -> None:
        if state == CommandState.ACCEPTED:
            reversing.take_over(moved, now(), record_reversal)
        record(moved)

    move(row, to=state, sentence=sentence, now=now(), record=record_both, feed=feed, **fields)


def _waited_for(row: Command, now: datetime) -> timedelta:
    if row.rollout is None:
        rolls = BLUE_ROLLS_FOR if skips_analysis(Act(row.act), row.choice) else timedelta()
        return reversing.on_for(row, now) + rolls + WAITED_FOR_KURATOR + until_blue_is_made(row) + until_begun(row)
    return waited_for(Act(row.act), timedelta(seconds=row.rollout.interval), row.choice)


def _claimed(pk: int, now: datetime) -> Command | None:
    free = Q(claimed_until=None) | Q(claimed_until__lt=now)
    waiting = Command.objects.filter(free, pk=pk, state=CommandState.REQUESTED)
    if not waiting.update(claimed_until=now + CLAIM, claim=F("claim") + 1):
        return None
    return Command.objects.select_related("rollout__cluster__hub", "application__hub", "person").get(pk=pk)


def _carried_out(row: Command, connect: Connect, may: May, accepted: Accepted, now: Callable[[], datetime]) -> str:
    if row.expires_at <= now():
        raise Stop(CommandState.EXPIRED, row.sentence or "Nobody came to carry it out in time.")
    if not may(row):
        raise Stop(CommandState.REFUSED, f"{row.person_name} may not do this any more.")
    connection = connect(row.place)
    try:
        # A kubeconfig that suddenly leads elsewhere must not change another cluster.
        clusters.identify(cluster=row.place, uid=connection.uid())
        return _patched(Pass(row, connection, now, accepted))
    finally:
        connection.close()


def _patched(going: Pass) -> str:
    """Reads, judges and patches until everything is accepted; gives the sentence to show then."""
    attempt = 0
    while True:
        attempt += 1
        plan = _plan(going) if going.command.rollout_id else plan_of_policy(going)
        if plan is None:
            return _done_already(going.command)
        plan = reversing.unless_changed(going.command, plan)
        if not reversing.note(going.command, plan, going.now()):
            raise Stop(CommandState.FAILED, "Somebody else carries it out.")
        conflict = _send(going, plan.patches, in_order=plan.in_order)
        sentence = plan.effect
        if conflict is None:
            try:
                conflict = _send(going, plan.then)
            except ClusterError as error:  # what it is for is accepted, and holds without
                how = "Perhaps not done" if isinstance(error, Unreachable) else "Not done"
                sentence = f"{sentence} {how}: {', '.join(one.says for one in plan.then)}. {_said(error)}"
        if conflict is None:
            return f"{sentence} {calling.call(going, plan)}".strip()
        if attempt >= (PATIENT_ATTEMPTS if going.accepted else ATTEMPTS):
            raise Stop(CommandState.FAILED, f"Somebody else kept changing it meanwhile. {_said(conflict)}")


def _said(error: ClusterError) -> str:
    """An API server quotes what it was sent, and that may be a secret that somebody has entered."""
    return hide_in_text(str(error))


def _done_already(row: Command) -> str:
    """By an earlier attempt, which has noted what is to be put back, or by somebody else."""
    by_others = " Not by this command, so nothing is put back." if reversing.is_not_noted(row) else ""
    return f"It had been done already.{by_others}"


def _plan(going: Pass) -> Plan | None:
    """As things are in the cluster now. None when the act is done already."""
    row, act = going.command, Act(going.command.act)
    if act in OF_EDITORS:
        return plan_of_edit(going)
    state = _present(going)
    binding = Binding(row.uid, row.release, row.applied, row.configs)
    if _marked(going, act, state.canary):
        return None
    done = _followed(row, binding, state)
    same = state.canary.uid == row.uid if act in GATES else still_bound(binding, state.canary)
    bound = state.releases == row.release and same
    if (done is not None and done.observed) or (bound and is_done(act, state.canary)):
        return None
    if done is not None or not bound:
        why = done.sentence if done is not None else "The next release has begun."
        raise Stop(CommandState.REFUSED, f"{why} The command was for release {row.release}.")
    versions = found = None
    if act is Act.EARLIER_VERSION:
        versions = earlier.read(going.connection, row.of_rollout, state, going.now())
    if act is Act.CONFIG_VALUE:
        found = configs.read(going.connection, state.canary, going.now())
    left_by = kept_by.left_by(row.of_rollout)
    wanted = Wanted(act, row.mark, row.choice, versions=versions, configs=found, left_by=left_by)
    judged = judge(wanted, state, going.now())
    if isinstance(judged, Refusal):
        raise Stop(CommandState.REFUSED, str(judged))
    return judged


def _followed(row: Command, binding: Binding, state: RolloutState) -> Followed | None:
    """Where the release itself shows whether it is done. Of an approval that it waited for to begin it does: by then
    Flagger has written another `lastAppliedSpec`, as it would for the next release.
    """
    act = Act(row.act)
    if act is Act.OPEN_GATE and row.choice.get(WAITS) == Phase.WAITING:
        return follow(act, binding, state, choice=row.choice)
    return None if act in SEEN_WHERE_WRITTEN | GATES else follow(act, binding, state)


def _present(going: Pass) -> RolloutState:
    """What is stored, with the Canary and its way as they were read just now, by the rules of observation."""
    rollout, now = going.command.of_rollout, going.now()
    rollout.refresh_from_db(fields=("state", "uid", "owner_kind", "owner_name", "application"))
    state = memory.load(rollout.state)
    for kind, namespace, name in _objects(Act(going.command.act), state.canary):
        seen = going.connection.get(kind, namespace, name)
        step = changes.observe(state, seen, seen_at=now, listed=False)
        state = state if step is None else step.state
    return kept_by.as_kept(state, claimed=kept_by.is_claimed(rollout))


def _objects(act: Act, canary: Canary) -> list[tuple[Kind, str, str]]:
    way, workload = routing_of(canary), (kind_of(canary), canary.namespace, _written(act, canary))
    read = [(Kind.CANARY, canary.namespace, canary.name), *([way] if way is not None else [])]
    return [*read, workload] if act in READ_A_WORKLOAD and canary.target_name else read


def _written(act: Act, canary: Canary) -> str:
    """The workload whose template the act writes."""
    return f"{canary.target_name}-primary" if act is Act.RESTART_PODS else canary.target_name


def _marked(going: Pass, act: Act, canary: Canary) -> bool:
    """Whether an earlier attempt has been written: its release may have begun, which is no reason to refuse."""
    if act is Act.CONFIG_VALUE:
        return configs.is_set(going.connection, canary, going.command.choice)
    if act not in SEEN_AT_A_WORKLOAD:
        return False
    if act is Act.EARLIER_VERSION:
        target = going.connection.get(kind_of(canary), canary.namespace, canary.target_name)
        stands_for = going.command.choice[STANDS_FOR]
        return isinstance(target, Workload) and stands_for in (target.template, " ".join(target.images))
    found = going.connection.raw(kind_of(canary), canary.namespace, _written(act, canary))
    template = (found.get("spec") or {}).get("template") or {}
    if act is Act.NEW_VERSION:
        choice = going.command.choice
        containers = (template.get("spec") or {}).get("containers") or ()
        return any((one.get("name"), one.get("image")) == (choice["container"], choice["image"]) for one in containers)
    annotations = (template.get("metadata") or {}).get("annotations") or {}
    return bool(annotations.get(RESTARTED if act is Act.RESTART_PODS else RETRIED) == going.command.mark)


def _send(going: Pass, patches: tuple[Patch, ...], *, in_order: bool = False) -> Conflict | None:
    """Each that was not accepted before. A conflict, when there was one; anything else is raised."""
    left = [one for one in patches if _key(one) not in going.accepted]
    if not left:
        return None
    if in_order:
        return next((conflict for one in left if (conflict := _send_one(going, one)) is not None), None)
    first, others = left[:1], left[1:]
    with ThreadPoolExecutor(max_workers=len(left)) as threads:
        sent = [threads.submit(_send_one, going, patch) for patch in others]
        conflicts = [_send_one(going, patch) for patch in first]
    conflicts += [one.result() for one in sent]
    return next((one for one in conflicts if one is not None), None)


def _key(patch: Patch) -> tuple[str, str]:
    return f"{patch.kind.value}/{patch.subresource}", patch.name


def _send_one(going: Pass, patch: Patch) -> Conflict | None:
    try:
        version = "" if patch.done else going.connection.patch(patch)
    except Conflict as conflict:
        return conflict
    going.accepted[_key(patch)] = {
        "kind": patch.kind.value, "namespace": patch.namespace, "name": patch.name,
        "subresource": patch.subresource, "says": patch.says, "body": hide(patch.told), "resource_version": version,
    }  # fmt: skip
    return None
