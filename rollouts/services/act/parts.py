"""What an act on a policy does in each cluster by itself: commands of their own, made with that of the policy, and each
begun once the Canary of its cluster shows what the policy says.

Each step is a conditional update of one row, so it is of no consequence who takes it, how often, and where a process
that took one was killed: the next pass sees how far it came.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import structlog
from django.db import IntegrityError

from rollouts.domain import memory
from rollouts.domain.commands import Binding, Followed, Governed, Refusal, Wanted
from rollouts.domain.commands.earlier_version import UNDER
from rollouts.domain.commands.policy_earlier import as_part, told_to_each
from rollouts.domain.commands.policy_following import WAITED_FOR_KURATOR, InCluster
from rollouts.domain.commands.reversal import has_ended
from rollouts.domain.ports import ChangeFeed, Enqueue
from rollouts.models import Application, Command, CommandState, Reversal, ReversalState
from rollouts.models.commands import OPEN
from rollouts.services.act.asking import TASK, TRIED_FOR, bound
from rollouts.services.act.batching import UNDER_WAY, Part, preview_many
from rollouts.services.act.record import Record, move

AT_ONCE = 500
WAITS_FOR_KURATOR = "Until its Canary shows that the policy switches the analysis off, nothing is put on the target."
NOT_SHOWN = (
    f"Its Canary did not show within {WAITED_FOR_KURATOR.seconds} s that the policy switches the analysis off, so"
    " nothing was put on its target."
)
NOT_OFF = "Nothing was put on its target, since the analysis of the policy is not switched off."
UNDER_WAY_OR_WAITING = frozenset({CommandState.WAITING, *OPEN})
log = structlog.get_logger(__name__)


def preview_parts(application: Application, governed: Governed, wanted: Wanted, now: datetime) -> tuple[Part, ...]:
    """What an earlier version would be in each cluster of the policy, in their order. `wanted` has the mark of the
    policy's command.
    """
    clusters = [member.cluster for member in governed.members]
    found = application.rollouts.filter(deleted_at=None, owner_name=governed.policy.name, cluster__in=clusters)
    rollouts = sorted(found.select_related("cluster", "application"), key=lambda one: clusters.index(one.cluster_id))
    each = Wanted(wanted.act, wanted.mark, told_to_each(wanted.choice))
    return tuple(_as_part(one) for one in preview_many(rollouts=rollouts, wanted=each, now=now))


def _as_part(part: Part) -> Part:
    if isinstance(part.judged, Refusal):
        return part
    judged = as_part(part.judged, memory.load(part.rollout.state))
    left_out = isinstance(judged, Refusal)
    return replace(part, judged=judged, digest="") if left_out else replace(part, judged=judged)


def parts_of(command: Command, seen: Sequence[Part], person: Any, reason: str, now: datetime) -> list[Command]:
    """One for each cluster where it would work, not saved yet: they are saved with the command of the policy."""
    found = []
    for part in seen:
        if part.digest and part.preview is not None:
            made = bound(part.preview, part.rollout, person, reason, frozenset(), now)
            made.state, made.sentence = CommandState.WAITING, WAITS_FOR_KURATOR
            made.choice = {**made.choice, UNDER: command.policy}
            found.append(made)
    return found


def begin_parts(*, now: datetime, feed: ChangeFeed, enqueue: Enqueue, record: Record) -> None:
    """One pass over those that wait; costs one query when none does."""
    waiting = Command.objects.filter(under__isnull=False, state=CommandState.WAITING)
    if not waiting.exists():
        return
    whole = waiting.select_related("under", "rollout__cluster", "rollout__application")
    for part in whole.order_by("id")[:AT_ONCE]:
        try:
            _step(part, now, feed, enqueue, record)
        except Exception:  # one that cannot go on must not hold up the others
            log.exception("a part of a command could not go on", command=part.pk)


def _step(part: Command, now: datetime, feed: ChangeFeed, enqueue: Enqueue, record: Record) -> None:
    whole = part.under
    if whole is None or whole.state == CommandState.REQUESTED:
        return
    if whole.state != CommandState.ACCEPTED or whole.accepted_at is None or not _is_off(whole):
        move(part, to=CommandState.CANCELLED, sentence=NOT_OFF, now=now, record=record, feed=feed)
    elif memory.load(part.of_rollout.state).canary.skip_analysis:
        _begin(part, now, feed, enqueue, record)
    elif whole.accepted_at + WAITED_FOR_KURATOR <= now:
        move(part, to=CommandState.EXPIRED, sentence=NOT_SHOWN, now=now, record=record, feed=feed)


def _is_off(whole: Command) -> bool:
    """As far as this program knows: not once it was switched on again."""
    return Reversal.objects.filter(command=whole, state=ReversalState.OPEN).exists()


def _begin(part: Command, now: datetime, feed: ChangeFeed, enqueue: Enqueue, record: Record) -> None:
    times = {"requested_at": now, "expires_at": now + TRIED_FOR}
    try:
        taken = move(part, to=CommandState.REQUESTED, sentence="", now=now, record=record, feed=feed, **times)
    except IntegrityError:
        # Somebody asked for the same of this rollout alone.
        move(part, to=CommandState.REFUSED, sentence=UNDER_WAY, now=now, record=record, feed=feed)
        return
    if taken:
        enqueue(TASK, {"command": part.pk})


def seen_in(parts: Iterable[Command]) -> list[InCluster]:
    """How far each has come."""
    return [_seen(one) for one in parts]


def _seen(part: Command) -> InCluster:
    cluster, ended = part.of_rollout.cluster, part.state not in UNDER_WAY_OR_WAITING
    followed = Followed(part.state == CommandState.OBSERVED, part.sentence) if ended else None
    return InCluster(cluster.pk, cluster.name, followed, part.sentence)


def have_parts_ended(command: Command) -> bool:
    """Every release that they have begun or may still begin; not those that had ended before."""
    return all(_has_ended(part) for part in command.parts.select_related("rollout"))


def _has_ended(part: Command) -> bool:
    if part.accepted_at is None:
        return part.state not in UNDER_WAY_OR_WAITING
    binding = Binding(part.uid, part.release, part.applied, part.configs)
    return has_ended(binding, memory.load(part.of_rollout.state), next_one=True)
