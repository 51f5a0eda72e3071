"""Acts as the command line asks for them: told first, then requested, then waited for."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from rollouts import wiring
from rollouts.domain.commands import Act, Plan, Refusal, Wanted
from rollouts.management import finding, telling
from rollouts.management.waiting import Exit, Pause, Tell, until_ended, until_settled
from rollouts.models import Application, Command, Rollout
from rollouts.queries import batches, commands, policies
from rollouts.services import act as acts

SECONDS_TO_READ = 15


@dataclass(frozen=True, slots=True)
class Asked:
    """What stands on the command line beside the thing that is acted on. `wait`: None when nobody waits."""

    act: Act
    reason: str
    confirm: str
    choice: dict[str, str]
    dry_run: bool
    wait: timedelta | None
    pause: Pause
    tell: Tell


def of_one(person: Any, one: Rollout, asked: Asked) -> None:
    now = timezone.now()
    if sentence := commands.may_not(person, one) or ("" if one.state else commands.NEVER_READ):
        raise _not_done(sentence)
    seen = _seen(one, asked, now)
    if not _told(seen.judged, asked):
        return
    command = acts.request(
        rollout=one, wanted=seen.wanted, digest=seen.digest, person=person, reason=asked.reason,
        typed=asked.confirm, now=now, enqueue=wiring.enqueue, record=acts.to_trail, feed=wiring.change_feed(),
    )  # fmt: skip
    _requested(command, asked)


def _seen(one: Rollout, asked: Asked, now: datetime) -> acts.Preview:
    """What an earlier version, or a value, can be chosen from is read by a worker first."""
    for _ in range(SECONDS_TO_READ):
        seen = acts.preview_exactly(rollout=one, act=asked.act, choice=asked.choice, now=now)
        if not acts.being_read(rollout=one, seen=seen, enqueue=wiring.enqueue, now=now, anew=True):
            return seen
        asked.pause()
    return acts.until_read(seen)


def of_policy(person: Any, one: Application, policy: str, asked: Asked) -> None:
    now = timezone.now()
    governed = finding.policy(one, policy, now)
    if sentence := policies.may_not(person, one, governed, asked.act):
        raise _not_done(sentence)
    seen = _seen_of_policy(one, policy, asked, now)
    if seen is None:
        return
    for part in seen.parts if isinstance(seen.judged, Plan) else ():
        _is_possible(person, part, asked, must=False)
    in_each = seen.judged.in_each if isinstance(seen.judged, Plan) else {}
    for member in seen.governed.members:
        if member.cluster in in_each:
            asked.tell(f"{member.name}: {in_each[member.cluster]}")
    if not _told(seen.judged, asked):
        return
    command = acts.request_policy(
        application=one, policy=policy, wanted=seen.wanted, digest=seen.digest, person=person, reason=asked.reason,
        typed=asked.confirm, now=now, enqueue=wiring.enqueue, record=acts.to_trail, feed=wiring.change_feed(),
    )  # fmt: skip
    _requested(command, asked)


def _seen_of_policy(one: Application, policy: str, asked: Asked, now: datetime) -> acts.PolicyPreview | None:
    """As `_seen`."""
    for _ in range(SECONDS_TO_READ):
        seen = acts.preview_policy_exactly(application=one, policy=policy, act=asked.act, choice=asked.choice, now=now)
        if seen is None or not acts.being_read_in(parts=seen.parts, enqueue=wiring.enqueue, now=now):
            break
        asked.pause()
    return seen


def of_several(person: Any, one: Application, clusters: Sequence[str], pace: acts.Pace, asked: Asked) -> None:
    """`clusters`: by name, in the order of their turns; none means all where it is possible. One that is named and
    where it is not possible is an error: then nothing is requested anywhere.
    """
    now, operable = timezone.now(), batches.operable_of(person, one)
    refused = "" if operable else batches.may_not()
    if refused := refused or batches.not_offered(one, asked.act) or batches.cannot_be_told(asked.act, asked.choice):
        raise _not_done(refused)
    rollouts = list(batches.rollouts_of(person, one))
    _all_known(clusters, rollouts, one)
    wanted = acts.want(asked.act, asked.choice)
    meant = [each for each in rollouts if not clusters or each.cluster.name in clusters]
    parts = _parts(meant, wanted, operable, asked, now)
    chosen = [part for part in parts if _is_possible(person, part, asked, must=bool(clusters))]
    if not chosen:
        raise _not_done(batches.NOWHERE)
    if asked.dry_run:
        return
    turns = {name: place for place, name in enumerate(clusters)}
    chosen.sort(key=lambda part: turns.get(part.rollout.cluster.name, 0))
    batch = acts.request_many(
        application=one, rollouts=[each for each in rollouts if each.pk in operable],
        chosen=[acts.Chosen(part.rollout.pk, part.digest) for part in chosen], wanted=wanted,
        pace=pace, person=person, reason=asked.reason, typed=asked.confirm,
        now=now, enqueue=wiring.enqueue, record=acts.to_trail, record_batch=acts.batch_to_trail,
        feed=wiring.change_feed(),
    )  # fmt: skip
    asked.tell(f"Requested as batch {batch.pk}, in {', '.join(part.rollout.cluster.name for part in chosen)}.")
    _owed(batch.commands.order_by("pk"), asked)
    if asked.wait is not None:
        until_ended(batch, timeout=asked.wait, pause=asked.pause, tell=asked.tell)


def _parts(
    meant: Sequence[Rollout], wanted: Wanted, operable: Collection[int], asked: Asked, now: datetime
) -> list[acts.Part]:
    """As `_seen`, of several: whoever has not answered by then is left out."""
    for _ in range(SECONDS_TO_READ):
        parts = acts.preview_many(rollouts=meant, wanted=wanted, now=now)
        may = [part for part in parts if part.rollout.pk in operable]
        waits = acts.being_read_in(parts=may, enqueue=wiring.enqueue, now=now, anew=True)
        if not waits:
            return parts
        asked.pause()
    return acts.until_read_in(parts, waits)


def _all_known(clusters: Iterable[str], rollouts: Iterable[Rollout], one: Application) -> None:
    known = sorted({each.cluster.name for each in rollouts})
    if unknown := [name for name in clusters if name not in known]:
        raise _not_done(f"{one.namespace}/{one.name} is in no cluster {unknown[0]!r}. It is in {', '.join(known)}.")


def _is_possible(person: Any, part: acts.Part, asked: Asked, *, must: bool) -> bool:
    """Tells what would happen there, or why not. `must`: then the latter is an error."""
    name, may_not = part.rollout.cluster.name, commands.may_not(person, part.rollout)
    if isinstance(part.judged, Plan) and not may_not:
        for line in telling.planned(part.judged):
            asked.tell(f"{name}: {line}")
        return True
    why_not = may_not or str(part.judged)
    if must:
        raise _not_done(f"{name}: {why_not}")
    asked.tell(f"{name} is left out: {why_not}")
    return False


def _told(judged: Plan | Refusal, asked: Asked) -> bool:
    """Whether it is to be requested, too."""
    if isinstance(judged, Refusal):
        raise _not_done(str(judged))
    for line in telling.planned(judged):
        asked.tell(line)
    return not asked.dry_run


def _requested(command: Command, asked: Asked) -> None:
    asked.tell(f"Requested as command {command.pk}.")
    _owed([command], asked)
    if asked.wait is not None:
        until_settled(command, timeout=asked.wait, pause=asked.pause, tell=asked.tell)


def _owed(made: Iterable[Command], asked: Asked) -> None:
    """What a roll back went ahead without."""
    if owing := [str(one.pk) for one in made if one.owes_reason]:
        asked.tell(f"A reason is still required, of command {', '.join(owing)}: rollout reason COMMAND TEXT")


def _not_done(sentence: str) -> CommandError:
    return CommandError(sentence, returncode=Exit.NOT_DONE)
