"""Acts on a policy of a Kurator Application: asked for as those of a rollout are, carried out on the hub, and seen once
the Canary of every cluster of the policy shows it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Max

from rollouts.domain import kurator
from rollouts.domain.commands import (
    ALL_POLICY_ACTS,
    BESIDE_THE_ROLLOUT,
    IN_PARTS,
    Act,
    Governed,
    Plan,
    Refusal,
    Switch,
    Unsaid,
    Wanted,
    judge_policy,
    mistyped,
    said_from_outside,
    waited_for,
)
from rollouts.domain.commands.governed import bind_policy, unbound
from rollouts.domain.commands.policy_earlier import told_to_the_policy, with_parts
from rollouts.domain.commands.policy_new_version_following import FLUX_APPLIES_WITHIN
from rollouts.domain.errors import InvalidInput, KuratorUIError, NotFound
from rollouts.domain.observations import Kind
from rollouts.domain.ports import ChangeFeed, Enqueue
from rollouts.models import Application, Command, CommandState, PolicyDraft, Reversal, ReversalState
from rollouts.queries import policies
from rollouts.queries.policies import NOT_THERE
from rollouts.services.act import reversing
from rollouts.services.act.asking import HAS_CHANGED, TRIED_FOR, NotPossible, keep, made_before
from rollouts.services.act.batching import Part
from rollouts.services.act.drafts import draft_of_command, not_taken
from rollouts.services.act.going import Pass, Stop
from rollouts.services.act.parts import parts_of, preview_parts
from rollouts.services.act.reasons import missing, owing
from rollouts.services.act.record import Record


@dataclass(frozen=True, slots=True)
class PolicyPreview:
    """What a dialog shows; as `Preview` of a rollout."""

    judged: Plan | Refusal
    governed: Governed
    digest: str
    wanted: Wanted
    parts: tuple[Part, ...] = ()
    """What would happen in each cluster, where that has a command of its own."""


def preview_policy(*, application: Application, policy: str, wanted: Wanted, now: datetime) -> PolicyPreview | None:
    """From what is stored: no cluster is called. None when there is no such policy. Raises InvalidInput as `preview`
    of a rollout does.
    """
    if sentence := said_from_outside(wanted.act, wanted.choice):
        raise InvalidInput(sentence)
    governed = policies.governed(application, policy, now)
    return preview_governed(application, governed, wanted, now) if governed is not None else None


def preview_governed(application: Application, governed: Governed, wanted: Wanted, now: datetime) -> PolicyPreview:
    """Of a policy that was read just now."""
    if wanted.act in BESIDE_THE_ROLLOUT:
        governed = _with_targets_let_alone(application, governed)
    judged = judge_policy(wanted, governed, now)
    if wanted.act not in IN_PARTS:
        return PolicyPreview(judged, governed, digest_of(wanted, judged, governed), wanted)
    parts = preview_parts(application, governed, wanted, now)
    judged = with_parts(judged, {part.rollout.cluster.name: part.judged for part in parts})
    wanted = replace(wanted, choice=told_to_the_policy(wanted.choice))
    return PolicyPreview(judged, governed, digest_of(wanted, judged, governed, parts), wanted, parts)


def _with_targets_let_alone(application: Application, governed: Governed) -> Governed:
    """Those of which this program has told Flux so."""
    of_targets = Reversal.objects.filter(rollout__application=application, switch=Switch.RECONCILE)
    held = set(of_targets.filter(state=ReversalState.OPEN).values_list("rollout__cluster", flat=True))
    return replace(governed, members=tuple(replace(one, let_alone=one.cluster in held) for one in governed.members))


class PolicyChanged(KuratorUIError):
    """As `Changed` of a rollout."""

    def __init__(self, preview: PolicyPreview) -> None:
        super().__init__(HAS_CHANGED)
        self.preview = preview


class PolicyUnconfirmed(KuratorUIError):
    """As `Unconfirmed` of a rollout."""

    def __init__(self, field: str, sentence: str, preview: PolicyPreview) -> None:
        super().__init__(sentence)
        self.field = field
        self.preview = preview


def request_policy(
    *, application: Application, policy: str, wanted: Wanted, digest: str, person: Any, reason: str, now: datetime,
    enqueue: Enqueue, record: Record, feed: ChangeFeed, typed: str = "",
    draft: PolicyDraft | None = None,
) -> Command:  # fmt: skip
    """As `request` of a rollout; raises PolicyChanged, PolicyUnconfirmed, NotPossible or InvalidInput. `draft` is the
    row of what is applied.
    """
    if (made := made_before(wanted, person)) is not None:
        return made
    seen = preview_policy(application=application, policy=policy, wanted=wanted, now=now)
    if seen is None:
        raise NotPossible(NOT_THERE)
    check(seen, digest, draft)
    confirmed(seen, typed)
    if sentence := missing(person, [application], wanted.act, owing(wanted.act, reason)):
        raise PolicyUnconfirmed("reason", sentence, seen)
    command = command_of(seen, application, person, reason, now)
    parts = parts_of(command, seen.parts, person, reason, now)
    if draft is None:
        return keep(command, parts=parts, enqueue=enqueue, record=record, feed=feed)
    return keep(command, parts=parts, enqueue=enqueue, record=applied_by(draft, record), feed=feed)


def applied_by(draft: PolicyDraft, record: Record) -> Record:
    """Records a command that applies the draft, which one alone does."""

    def taken(made: Command) -> None:
        if not PolicyDraft.objects.filter(pk=draft.pk, command=None).update(command=made):
            raise NotPossible("This was applied already.")
        record(made)

    return taken


def command_of(seen: PolicyPreview, application: Application, person: Any, reason: str, now: datetime) -> Command:
    """Not saved yet. It holds for what was shown."""
    meant = seen.judged.meant if isinstance(seen.judged, Plan) else {}
    return Command(
        application=application, policy=seen.governed.policy.name, act=seen.wanted.act,
        choice={**seen.wanted.choice, **meant}, mark=seen.wanted.mark, person=person, person_name=person.get_username(),
        reason=reason, preview=seen.digest, uid=seen.governed.uid, bound=bind_policy(seen.governed), requested_at=now,
        expires_at=now + TRIED_FOR,
    )  # fmt: skip


def confirmed(seen: PolicyPreview, typed: str) -> None:
    to_type = seen.judged.typed if isinstance(seen.judged, Plan) else ""
    if sentence := mistyped(to_type, typed):
        raise PolicyUnconfirmed("typed", sentence, seen)


def check(seen: PolicyPreview, digest: str, draft: PolicyDraft | None) -> None:
    """Whether it can work, and is what the person saw."""
    if isinstance(seen.judged, Unsaid):
        raise PolicyUnconfirmed(seen.judged.field, str(seen.judged), seen)
    if isinstance(seen.judged, Refusal):
        raise NotPossible(str(seen.judged))
    if seen.digest != digest:
        raise PolicyChanged(seen)
    if draft is not None and (why_not := not_taken(draft)):
        raise NotPossible(why_not)


def plan_of_policy(going: Pass) -> Plan | None:
    """What to write, as the hub says now. None when it is done already."""
    row, now = going.command, going.now()
    known, found = stored(row, now), _read(going)
    governed = policies.as_read(known, found) if known is not None else None
    if governed is None or found.deleting or found.uid != row.uid:
        raise Stop(CommandState.REFUSED, NOT_THERE)
    wanted = Wanted(Act(row.act), row.mark, row.choice, draft=draft_of_command(row))
    if ALL_POLICY_ACTS[wanted.act].done(wanted, governed.policy) and not _by_others(row):
        return None
    if why := unbound(row.bound, governed):
        raise Stop(CommandState.REFUSED, f"{why} Look at it again.")
    judged = judge_policy(wanted, governed, now)
    if isinstance(judged, Refusal):
        raise Stop(CommandState.REFUSED, str(judged))
    return judged


def _by_others(row: Command) -> bool:
    """What parts are begun by has to be this command's, so that they are followed by the end of it."""
    return Act(row.act) in IN_PARTS and reversing.is_not_noted(row)


def until_begun(command: Command) -> timedelta:
    """After Kurator has a new image, where one is set: Flux applies it, and Flagger sees it at a tick, the slowest one
    last. No time for all other commands.
    """
    if Act(command.act) not in BESIDE_THE_ROLLOUT or command.application is None:
        return timedelta()
    clusters = [int(one) for one in command.bound["members"]]
    slowest = command.application.rollouts.filter(cluster__in=clusters).aggregate(of=Max("interval"))["of"] or 0
    return FLUX_APPLIES_WITHIN + waited_for(Act(command.act), timedelta(seconds=slowest))


def stored(command: Command, now: datetime) -> Governed | None:
    """The policy of a command, as it was last seen; None when it is not there any more."""
    application = command.application
    if application is None:
        raise TypeError(f"{command} is of a rollout")
    application.refresh_from_db()
    return policies.governed(application, command.policy, now)


def _read(going: Pass) -> kurator.Application:
    application = going.command.application
    if application is None:
        raise TypeError(f"{going.command} is of a rollout")
    try:
        found = going.connection.get(Kind.APPLICATION, application.namespace, application.name)
    except NotFound:
        raise Stop(CommandState.REFUSED, NOT_THERE) from None
    if not isinstance(found, kurator.Application):
        raise Stop(CommandState.REFUSED, f"The Application cannot be read: {getattr(found, 'reason', found)}")
    return found


def digest_of(wanted: Wanted, judged: Plan | Refusal, governed: Governed, parts: Sequence[Part] = ()) -> str:
    """Of all that is shown but times: also the phases, by which a person decides."""
    phases = [[one.name, one.away, one.state.canary.phase if one.state else None] for one in governed.members]
    said: list[Any] = [wanted.act, str(judged)]
    if isinstance(judged, Plan):
        said = [wanted.act, judged.effect, judged.users, judged.undone_by, judged.warnings, judged.typed]
        said += [sorted(judged.meant.items()), sorted(judged.in_each.items())]
    choice = [sorted(wanted.choice.items()), wanted.draft.digest if wanted.draft is not None else ""]
    shown: list[Any] = [bind_policy(governed), phases, choice, said]
    shown += [[part.rollout.pk, part.digest or str(part.judged)] for part in parts]
    return hashlib.sha256(json.dumps(shown).encode()).hexdigest()
