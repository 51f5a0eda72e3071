"""One act for several clusters: the preview of all, the batch that a person requests with it, and its stop."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from rollouts.domain.commands import AT_ONCE, Act, Plan, Refusal, Wanted, for_each, mistyped, to_type, unsaid
from rollouts.domain.configs import Configs
from rollouts.domain.earlier import Versions
from rollouts.domain.errors import InvalidInput, KuratorUIError
from rollouts.domain.ports import ChangeFeed, Enqueue, Hint
from rollouts.models import Application, Batch, Command, CommandState, Rollout
from rollouts.models.clusters import ClusterState
from rollouts.models.commands import OPEN
from rollouts.services.act import configs
from rollouts.services.act.asking import TASK, NotPossible, Preview, bound, cancel, kept_versions_of, preview_with
from rollouts.services.act.reasons import missing, owing
from rollouts.services.act.record import Record, tell

NEVER_READ = "The Canary could not be read even once."
UNDER_WAY = "The same is under way already."
NONE_CHOSEN = "No cluster was chosen."
NEVER_IN_TURN = "A {} goes to all clusters at once, not in turn: users are on a version that somebody found wanting."

RecordBatch = Callable[[Batch], None]
"""Writes the batch as it is now into the audit trail."""


@dataclass(frozen=True, slots=True)
class Pace:
    """All at once; or in turn, with a pause of so many seconds, and after a failure either stopping or going on."""

    in_turn: bool = False
    pause: int = 0
    goes_on: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """One rollout of the preview. `digest` is empty where the act cannot work. `versions` and `configs` as in
    `Wanted`.
    """

    rollout: Rollout
    judged: Plan | Refusal
    digest: str = ""
    preview: Preview | None = None
    versions: Versions | None = None
    configs: Configs | None = None


@dataclass(frozen=True, slots=True)
class Chosen:
    """One rollout as the person saw it."""

    rollout: int
    digest: str


class ChangedSince(KuratorUIError):
    """At least one of the rollouts is not as the person saw it."""

    def __init__(self) -> None:
        super().__init__("Something has changed since this was shown. Look at it again.")


class BatchUnconfirmed(KuratorUIError):
    """The person has not given what these acts need. `field` names it, as forms do."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field


def preview_many(*, rollouts: Sequence[Rollout], wanted: Wanted, now: datetime) -> list[Part]:
    """Each by itself, from what is stored. `wanted` has the mark of the batch."""
    busy = set(
        Command.objects.filter(
            rollout__in=rollouts, act=wanted.act, state__in=(CommandState.WAITING, *OPEN)
        ).values_list("rollout_id", flat=True)
    )
    versions = kept_versions_of(rollouts) if wanted.act is Act.EARLIER_VERSION else {}
    values = configs.kept_of(rollouts) if wanted.act is Act.CONFIG_VALUE else {}
    return [_part(one, wanted, versions.get(one.pk), values.get(one.pk), now, busy=one.pk in busy) for one in rollouts]


def _part(
    rollout: Rollout, wanted: Wanted, versions: Versions | None, values: Configs | None, now: datetime, *, busy: bool
) -> Part:
    if busy or not rollout.state:
        return Part(rollout, Refusal(wanted.act, UNDER_WAY if busy else NEVER_READ))
    mark = str(uuid.uuid5(uuid.UUID(wanted.mark), str(rollout.pk)))
    own = Wanted(wanted.act, mark, for_each(wanted.act, wanted.choice), versions=versions, configs=values)
    seen = preview_with(rollout=rollout, wanted=own, now=now)
    if isinstance(seen.judged, Refusal):
        return Part(rollout, seen.judged, versions=versions, configs=values)
    return Part(rollout, seen.judged, seen.digest, seen, versions, values)


def request_many(
    *, application: Application, rollouts: Sequence[Rollout], chosen: Sequence[Chosen], wanted: Wanted, pace: Pace,
    person: Any, reason: str, now: datetime, enqueue: Enqueue, record: Record, record_batch: RecordBatch,
    feed: ChangeFeed, typed: str = "",
) -> Batch:  # fmt: skip
    """The batch of this mark; asked for again it is the same one. `rollouts` are those of the application that the
    person may act on, as whoever calls this has judged; `chosen` are in the order of their turns.

    Raises ChangedSince when any of those chosen is not as it was seen, NotPossible when there is none,
    BatchUnconfirmed when `typed` is not what they want typed, a required reason is missing or the choice lacks
    something everywhere, InvalidInput for a pace that the act does not go.
    """
    made = Batch.objects.filter(mark=wanted.mark, person=person).first()
    if made is not None:
        return made
    if pace.in_turn and wanted.act in AT_ONCE:
        raise InvalidInput(NEVER_IN_TURN.format(wanted.act.replace("-", " ")))
    if not chosen:
        raise NotPossible(NONE_CHOSEN)
    seen = _as_seen(preview_many(rollouts=rollouts, wanted=wanted, now=now), chosen)
    owe = owing(wanted.act, reason)
    _confirm(application, seen, wanted, person, owe, typed)
    batch = Batch(
        application=application, act=wanted.act, mark=wanted.mark, person=person, person_name=person.get_username(),
        reason=reason, preview=_digest(chosen, pace), in_turn=pace.in_turn, pause=pace.pause, goes_on=pace.goes_on,
        requested_at=now,
    )  # fmt: skip
    commands = [bound(one, rollout, person, reason, owe, now) for rollout, one in seen]
    try:
        with transaction.atomic():
            _keep(batch, commands, enqueue, record, record_batch)
    except IntegrityError as error:
        twin = Batch.objects.filter(mark=wanted.mark, person=person).first()
        if twin is None:
            raise ChangedSince from error
        return twin
    for command in commands:
        tell(command, now, feed)
    return batch


def _as_seen(parts: Sequence[Part], chosen: Sequence[Chosen]) -> list[tuple[Rollout, Preview]]:
    if (missed := unsaid(part.judged for part in parts)) is not None:
        raise BatchUnconfirmed(missed.field, str(missed))
    known = {part.rollout.pk: part for part in parts}
    found: dict[int, tuple[Rollout, Preview]] = {}
    for one in chosen:
        part = known.get(one.rollout)
        if part is None or part.preview is None or part.digest != one.digest:
            raise ChangedSince
        found[one.rollout] = (part.rollout, part.preview)
    return list(found.values())


def _confirm(
    application: Application, seen: Sequence[tuple[Rollout, Preview]], wanted: Wanted, person: Any,
    owe: frozenset[str], typed: str,
) -> None:  # fmt: skip
    plans = [one.judged for _, one in seen if isinstance(one.judged, Plan)]
    if sentence := mistyped(to_type(plans, application.name), typed):
        raise BatchUnconfirmed("typed", sentence)
    if sentence := missing(person, [rollout for rollout, _ in seen], wanted.act, owe):
        raise BatchUnconfirmed("reason", sentence)


def _keep(
    batch: Batch, commands: Sequence[Command], enqueue: Enqueue, record: Record, record_batch: RecordBatch
) -> None:
    batch.save(force_insert=True)
    for place, command in enumerate(commands):
        command.batch = batch
        command.state = CommandState.WAITING if batch.in_turn and place else CommandState.REQUESTED
        command.save(force_insert=True)
    record_batch(batch)
    for command in commands:
        record(command)
    # A worker waits a while for a cluster that is away: it does so last.
    for command in sorted(commands, key=lambda one: one.place.state != ClusterState.REACHABLE):
        if command.state == CommandState.REQUESTED:
            enqueue(TASK, {"command": command.pk})


def stop(
    *, batch: Batch, sentence: str, now: datetime, record: Record, record_batch: RecordBatch, feed: ChangeFeed
) -> bool:
    """Whether it was running until now. Nothing of it is begun any more; what workers have begun goes on."""
    with transaction.atomic():
        running = Batch.objects.filter(pk=batch.pk, stopped_at=None, ended_at=None)
        if not running.update(stopped_at=now, sentence=sentence):
            return False
        batch.stopped_at, batch.sentence = now, sentence
        record_batch(batch)
    cancel_rest(batch=batch, now=now, record=record, feed=feed)
    tell_batch(batch, now, feed)
    return True


def cancel_rest(*, batch: Batch, now: datetime, record: Record, feed: ChangeFeed) -> None:
    for command in batch.commands.filter(state__in=(CommandState.WAITING, CommandState.REQUESTED)).order_by("-id"):
        cancel(command=command, now=now, record=record, feed=feed)


def tell_batch(batch: Batch, now: datetime, feed: ChangeFeed) -> None:
    feed.publish([Hint(f"batches-{batch.application_id}", int(now.timestamp() * 1000))])


def _digest(chosen: Sequence[Chosen], pace: Pace) -> str:
    said = [[[one.rollout, one.digest] for one in chosen], pace.in_turn, pace.pause, pace.goes_on]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()
