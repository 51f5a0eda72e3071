"""The spec of a plain Canary, edited: asked for as any act on its rollout, guarded by what was read, and seen once the
Canary was read again.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from rollouts.domain import memory
from rollouts.domain.commands import Act, Followed, Governed, Plan, Refusal, Wanted, bind, edit_canary
from rollouts.domain.errors import NotFound
from rollouts.domain.observations import Kind
from rollouts.domain.policies.drafts import is_in
from rollouts.domain.ports import ChangeFeed, Enqueue
from rollouts.domain.rollout import RolloutState
from rollouts.models import Command, CommandState, DraftTrial, PolicyDraft, Rollout
from rollouts.queries import canary_specs
from rollouts.services.act.asking import TRIED_FOR, NotPossible, keep, made_before
from rollouts.services.act.drafts import draft_of_command
from rollouts.services.act.going import Pass, Stop
from rollouts.services.act.policies import PolicyPreview, PolicyUnconfirmed, applied_by, check, confirmed, digest_of
from rollouts.services.act.reasons import missing, owing
from rollouts.services.act.record import Record


def preview_edit(*, governed: Governed, wanted: Wanted) -> PolicyPreview:
    """From what was read last: no cluster is called."""
    judged = edit_canary(wanted, governed)
    return PolicyPreview(judged, governed, digest_of(wanted, judged, governed), wanted)


def request_edit(
    *, rollout: Rollout, governed: Governed, wanted: Wanted, digest: str, person: Any, reason: str, now: datetime,
    enqueue: Enqueue, record: Record, feed: ChangeFeed, draft: PolicyDraft, typed: str = "",
) -> Command:  # fmt: skip
    """As `request_policy`, of the Canary of this rollout. Raises what that does."""
    if (made := made_before(wanted, person)) is not None:
        return made
    seen = preview_edit(governed=governed, wanted=wanted)
    check(seen, digest, draft)
    confirmed(seen, typed)
    owe = owing(wanted.act, reason)
    if sentence := missing(person, [rollout], wanted.act, owe):
        raise PolicyUnconfirmed("reason", sentence, seen)
    binding = bind(memory.load(rollout.state))
    if binding.uid != governed.uid:
        raise NotPossible("The Canary was deleted and made anew since it was read. Look at it again.")
    command = Command(
        rollout=rollout, act=wanted.act, mark=wanted.mark, person=person, person_name=person.get_username(),
        reason=reason, preview=digest, uid=binding.uid, release=binding.release, applied=binding.applied,
        configs=binding.configs, requested_at=now, expires_at=now + TRIED_FOR,
    )  # fmt: skip
    return keep(command, enqueue=enqueue, record=applied_by(draft, record), feed=feed)


def plan_of_edit(going: Pass) -> Plan | None:
    """What to write, as the Canary says now. None when it says all of it already."""
    row, rollout = going.command, going.command.of_rollout
    rollout.refresh_from_db(fields=("state", "owner_kind", "owner_name", "application"))
    try:
        found = going.connection.raw(Kind.CANARY, rollout.namespace, rollout.name)
    except NotFound:
        raise Stop(CommandState.REFUSED, canary_specs.NOT_THERE) from None
    governed, draft = canary_specs.as_read(rollout, found, going.now()), draft_of_command(row)
    if governed is None:
        raise Stop(CommandState.REFUSED, canary_specs.CANNOT_BE_READ)
    if governed.uid != row.uid or found["metadata"].get("deletionTimestamp"):
        raise Stop(CommandState.REFUSED, canary_specs.NOT_THERE)
    if draft is not None and governed.policy.rollout is not None and is_in(draft, governed.policy.rollout):
        return None
    if memory.load(rollout.state).releases != row.release:
        raise Stop(
            CommandState.REFUSED, f"The next release has begun. The command was for release {row.release}. Look again."
        )
    judged = edit_canary(Wanted(Act.EDIT_POLICY, row.mark, draft=draft), governed)
    if isinstance(judged, Refusal):
        raise Stop(CommandState.REFUSED, str(judged))
    return judged


def seen_of_edit(command: Command, state: RolloutState) -> tuple[Followed | None, str]:
    """How far it has come: the Canary is read again by a task. And what it lacks, as long as it does."""
    if state.deleted_at is not None or state.canary.uid != command.uid:
        return Followed(False, canary_specs.NOT_THERE), ""
    looked = DraftTrial.objects.filter(draft__command=command, looked_at__isnull=False).first()
    if looked is not None and not looked.lacks:
        return Followed(True, "The Canary says it."), ""
    return None, looked.lacks if looked is not None else ""
