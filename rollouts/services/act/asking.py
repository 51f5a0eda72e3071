"""Before the click and at the click: the preview, and the command that a person requests with it."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction

from rollouts.domain import memory
from rollouts.domain.commands import (
    Act,
    Binding,
    Plan,
    Refusal,
    Unsaid,
    Wanted,
    bind,
    judge,
    mistyped,
    said_from_outside,
)
from rollouts.domain.earlier import Versions
from rollouts.domain.errors import InvalidInput, KuratorUIError
from rollouts.domain.observations import Kind
from rollouts.domain.ports import ChangeFeed, Enqueue
from rollouts.models import Command, CommandState, ObjectCopy, Rollout
from rollouts.queries import kept_by, reasons
from rollouts.services.act import configs
from rollouts.services.act.reasons import missing, owing
from rollouts.services.act.record import Record, move, tell

TASK = "rollouts.tasks.carry_out"
TRIED_FOR = timedelta(seconds=60)
HAS_CHANGED = "Something has changed since this was shown. Look at it again."


@dataclass(frozen=True, slots=True)
class Preview:
    """What a dialog shows. `digest` stands for all of it but times and resource versions, which change with every tick
    without changing what the act means.
    """

    judged: Plan | Refusal
    binding: Binding
    digest: str
    wanted: Wanted


class Changed(KuratorUIError):
    """The world is not as the person saw it; `preview` is as it is now."""

    def __init__(self, preview: Preview) -> None:
        super().__init__(HAS_CHANGED)
        self.preview = preview


class NotPossible(KuratorUIError):
    """The act cannot work now, or is under way already."""


class Unconfirmed(KuratorUIError):
    """The person has not given what the act needs. `field` names it, as forms do."""

    def __init__(self, field: str, sentence: str, preview: Preview) -> None:
        super().__init__(sentence)
        self.field = field
        self.preview = preview


def want(act: Act, choice: Mapping[str, str] | None = None) -> Wanted:
    """With a mark of its own."""
    return Wanted(act, str(uuid.uuid4()), choice or {})


def preview(*, rollout: Rollout, wanted: Wanted, now: datetime) -> Preview:
    """From what is stored: no cluster is called. Raises InvalidInput for what this program keeps in a choice itself:
    all that is asked for comes through here.
    """
    versions = kept_versions(rollout) if wanted.act is Act.EARLIER_VERSION else None
    found = configs.kept(rollout) if wanted.act is Act.CONFIG_VALUE else None
    return preview_with(rollout=rollout, wanted=replace(wanted, versions=versions, configs=found), now=now)


def preview_with(*, rollout: Rollout, wanted: Wanted, now: datetime) -> Preview:
    """As `preview`, for whoever has read the versions."""
    if sentence := said_from_outside(wanted.act, wanted.choice):
        raise InvalidInput(sentence)
    state = kept_by.known(rollout)
    name = rollout.application.name if rollout.application else ""
    wanted = replace(wanted, application=name, left_by=kept_by.left_by(rollout))
    judged = judge(wanted, state, now)
    binding = bind(state)
    return Preview(judged, binding, _digest(wanted, judged, binding), wanted)


def kept_versions(rollout: Rollout) -> Versions | None:
    """Earlier ones of its target, as a task has read them last; None before any has."""
    return kept_versions_of([rollout]).get(rollout.pk)


def kept_versions_of(rollouts: Sequence[Rollout]) -> dict[int, Versions]:
    """The same of several, by their keys."""
    targets = {(one.pk, one.target_name) for one in rollouts}
    read = ObjectCopy.objects.filter(rollout__in=rollouts, kind=Kind.REPLICA_SET, fetched_at__isnull=False)
    found = read.values_list("rollout_id", "name", "text")
    return {id: memory.load_versions(json.loads(text)) for id, name, text in found if text and (id, name) in targets}


def request(
    *, rollout: Rollout, wanted: Wanted, digest: str, person: Any, reason: str, now: datetime,
    enqueue: Enqueue, record: Record, feed: ChangeFeed, typed: str = "",
) -> Command:  # fmt: skip
    """The command of this mark; asked for again it is the same one. Whoever calls this has judged that the person may.

    Raises Changed when `digest` is not of what would be shown now, Unconfirmed when `typed` is not what the plan wants
    typed, a required reason is missing or the choice lacks something, NotPossible when the act cannot work or an equal
    one is under way, InvalidInput as `preview` does.
    """
    if (made := made_before(wanted, person)) is not None:
        return made
    seen = preview(rollout=rollout, wanted=wanted, now=now)
    if isinstance(seen.judged, Unsaid):
        raise Unconfirmed(seen.judged.field, str(seen.judged), seen)
    if isinstance(seen.judged, Refusal):
        raise NotPossible(str(seen.judged))
    if seen.digest != digest:
        raise Changed(seen)
    if sentence := mistyped(seen.judged.typed, typed):
        raise Unconfirmed("typed", sentence, seen)
    owe = owing(wanted.act, reason)
    if sentence := missing(person, [rollout], wanted.act, owe):
        raise Unconfirmed("reason", sentence, seen)
    command = bound(seen, rollout, person, reason, owe, now)
    return keep(command, enqueue=enqueue, record=record, feed=feed)


def made_before(wanted: Wanted, person: Any) -> Command | None:
    """By an earlier click with the same mark."""
    return Command.objects.filter(mark=wanted.mark, person=person).first()


def keep(
    command: Command, *, parts: Sequence[Command] = (), enqueue: Enqueue, record: Record, feed: ChangeFeed
) -> Command:
    """Stores a new one with its parts, and asks a worker for it. Raises NotPossible while an equal one is under way."""
    try:
        with transaction.atomic():
            command.save(force_insert=True)
            record(command)
            for part in parts:
                part.under = command
                part.save(force_insert=True)
                record(part)
            enqueue(TASK, {"command": command.pk})
    except IntegrityError:
        twin = Command.objects.filter(mark=command.mark, person=command.person).first()
        if twin is not None:
            return twin
    else:
        for one in (command, *parts):
            tell(one, one.requested_at, feed)
        return command
    raise NotPossible("The same is under way already.")


def bound(seen: Preview, rollout: Rollout, person: Any, reason: str, owe: frozenset[str], now: datetime) -> Command:
    """Not saved yet. It holds for the release that the person saw. `owe` are the roles that still owe a reason."""
    binding, meant = seen.binding, seen.judged.meant if isinstance(seen.judged, Plan) else {}
    return Command(
        rollout=rollout, act=seen.wanted.act, choice={**seen.wanted.choice, **meant}, mark=seen.wanted.mark,
        person=person, person_name=person.get_username(), reason=reason, preview=seen.digest, uid=binding.uid,
        owes_reason=reasons.is_asked(person, rollout, owe),
        release=binding.release, applied=binding.applied, configs=binding.configs, requested_at=now,
        expires_at=now + TRIED_FOR,
    )  # fmt: skip


def cancel(*, command: Command, now: datetime, record: Record, feed: ChangeFeed) -> bool:
    """Whether it was still time: nobody has begun to carry it out. Of what is carried out in parts, those that wait."""
    if command.state == CommandState.ACCEPTED:
        waiting = command.parts.filter(state=CommandState.WAITING).order_by("id")
        cancelled = [cancel(command=one, now=now, record=record, feed=feed) for one in waiting]
        return any(cancelled)
    if command.state not in (CommandState.WAITING, CommandState.REQUESTED) or command.claimed_until is not None:
        return False
    return move(command, to=CommandState.CANCELLED, sentence="Cancelled.", now=now, record=record, feed=feed)


def _digest(wanted: Wanted, judged: Plan | Refusal, binding: Binding) -> str:
    if isinstance(judged, Refusal):
        said: list[Any] = [judged.act, str(judged)]
    else:
        patches = [[one.kind, one.namespace, one.name, one.subresource, one.says] for one in judged.written]
        patches += [[one.service.namespace, one.service.reference, one.path, one.says] for one in judged.calls]
        said = [judged.act, patches, judged.effect, judged.users, judged.undone_by, judged.warnings, judged.typed]
        said.append(sorted(judged.meant.items()))
    binding_said = [binding.uid, binding.release, binding.applied, binding.configs]
    return hashlib.sha256(json.dumps([binding_said, sorted(wanted.choice.items()), said]).encode()).hexdigest()
