"""One change of several policies, confirmed once: a command for each, carried out and followed as any other."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from rollouts.domain.commands import Act, Governed, Plan, Wanted, mistyped, to_type
from rollouts.domain.policies.drafts import Draft
from rollouts.domain.ports import ChangeFeed, Enqueue
from rollouts.models import Application, Batch, Command, CommandState, PolicyDraft
from rollouts.models.commands import OPEN
from rollouts.services.act.asking import TASK, NotPossible
from rollouts.services.act.batching import BatchUnconfirmed, ChangedSince, Pace, RecordBatch
from rollouts.services.act.drafts import draft_of
from rollouts.services.act.policies import (
    PolicyChanged,
    PolicyPreview,
    check,
    command_of,
    preview_governed,
    preview_policy,
)
from rollouts.services.act.reasons import missing, owing
from rollouts.services.act.record import Record, tell

MOST = 20
"""Policies of one change. Each is judged, tried out in each of its clusters, and shown with all that it means."""
MOST_TRIALS = 400
"""Policies times clusters of one change: each of them is a question to a cluster, and a line on the page."""
TOO_MANY_CLUSTERS = (
    "A change is tried out for each policy in each of its clusters. For these policies that would be {} times, and at"
    f" most {MOST_TRIALS} are possible at once. {{}}"
)
FEWER, BY_ITSELF = (
    "Choose fewer of them, and make the change to the others after it.",
    "Make the change to each of them by itself.",
)
ONE_REACHES_MORE = (
    "Policy {} alone is tried out in {} clusters, and at most"
    f" {MOST_TRIALS} are possible for several policies together. Change it by itself: that has no such limit."
)
NONE_CHOSEN = "No policy was chosen."
TOO_MANY = f"At most {MOST} policies are changed at once."


@dataclass(frozen=True, slots=True)
class ChosenPolicy:
    """One that was reviewed. `digest` is of what the person saw; `may_not`: why the person may not change it now."""

    row: PolicyDraft
    digest: str
    may_not: str = ""


def preview_of_many(
    *, application: Application, governed: Governed, draft: Draft, mark: str, now: datetime
) -> PolicyPreview:
    """As `preview_policy`, of one of several that have the `mark` together; it was read just now."""
    return preview_governed(application, governed, _wanted(application, governed.policy.name, draft, mark), now)


def _wanted(application: Application, policy: str, draft: Draft, mark: str) -> Wanted:
    own = str(uuid.uuid5(uuid.UUID(mark), f"{application.pk} {policy}"))
    return Wanted(Act.EDIT_POLICY, own, draft=draft)


def too_many_clusters(those: Iterable[Governed]) -> str:
    """Why these policies cannot be reviewed together; empty where they can, and of a single one. Raised nowhere: it is
    said before anything is kept or asked.
    """
    those = list(those)
    tried = sum(len(one.members) for one in those)
    if tried <= MOST_TRIALS or len(those) < 2:
        return ""
    widest = max(those, key=lambda one: len(one.members))
    if len(widest.members) >= MOST_TRIALS:
        return ONE_REACHES_MORE.format(widest.policy.name, len(widest.members))
    return TOO_MANY_CLUSTERS.format(tried, FEWER if len(those) > 2 else BY_ITSELF)


def under_way(applications: Sequence[Application]) -> frozenset[tuple[int | None, str]]:
    """Application and name of those of their policies that are being edited."""
    open_ = Command.objects.filter(act=Act.EDIT_POLICY, state__in=(CommandState.WAITING, *OPEN))
    return frozenset(open_.filter(application__in=applications).values_list("application_id", "policy"))


def request_policies(
    *, application: Application, chosen: Sequence[ChosenPolicy], mark: str, pace: Pace, person: Any, reason: str,
    now: datetime, enqueue: Enqueue, record: Record, record_batch: RecordBatch, feed: ChangeFeed, typed: str = "",
) -> Batch:  # fmt: skip
    """The batch of this mark; asked for again it is the same one. `application` is that of the policy that the change
    was begun with. What the person may not change any more is refused, and the others go on.

    Raises ChangedSince when one of those that may be changed is not as it was seen, NotPossible when none is chosen or
    too many are, BatchUnconfirmed for what is to be typed and for a required reason.
    """
    if (made := Batch.objects.filter(mark=mark, person=person).first()) is not None:
        return made
    if not chosen or len(chosen) > MOST + 1:
        raise NotPossible(TOO_MANY if chosen else NONE_CHOSEN)
    seen = [(one, _as_seen(one, mark, now)) for one in chosen]
    if sentence := too_many_clusters(preview.governed for _, preview in seen):
        raise NotPossible(sentence)
    _confirm(application, seen, person, reason, typed)
    batch = Batch(
        application=application, act=Act.EDIT_POLICY, mark=mark, person=person, person_name=person.get_username(),
        reason=reason, preview=_digest(chosen, pace), in_turn=pace.in_turn, pause=pace.pause, goes_on=pace.goes_on,
        requested_at=now,
    )  # fmt: skip
    commands = [_command(one, preview, person, reason, now) for one, preview in seen]
    try:
        with transaction.atomic():
            _keep(batch, commands, chosen, enqueue, record, record_batch)
    except IntegrityError as error:
        twin = Batch.objects.filter(mark=mark, person=person).first()
        if twin is None:
            raise ChangedSince from error
        return twin
    for command in commands:
        tell(command, now, feed)
    return batch


def _as_seen(one: ChosenPolicy, mark: str, now: datetime) -> PolicyPreview:
    of, policy = one.row.application, one.row.policy
    wanted = _wanted(of, policy, draft_of(one.row), mark)
    seen = preview_policy(application=of, policy=policy, wanted=wanted, now=now)
    if seen is None:
        raise ChangedSince
    if one.may_not:
        return seen
    try:
        check(seen, one.digest, one.row)
    except (PolicyChanged, NotPossible) as error:
        raise ChangedSince from error
    return seen


def _confirm(
    application: Application, seen: Sequence[tuple[ChosenPolicy, PolicyPreview]], person: Any, reason: str, typed: str
) -> None:
    plans = [preview.judged for one, preview in seen if not one.may_not and isinstance(preview.judged, Plan)]
    if sentence := mistyped(to_type(plans, application.name), typed):
        raise BatchUnconfirmed("typed", sentence)
    applications = [one.row.application for one, _ in seen]
    if sentence := missing(person, applications, Act.EDIT_POLICY, owing(Act.EDIT_POLICY, reason)):
        raise BatchUnconfirmed("reason", sentence)


def _command(one: ChosenPolicy, seen: PolicyPreview, person: Any, reason: str, now: datetime) -> Command:
    made = command_of(replace(seen, digest=one.digest[:64]), one.row.application, person, reason, now)
    if one.may_not:
        made.state, made.sentence, made.ended_at = CommandState.REFUSED, one.may_not, now
    return made


def _keep(
    batch: Batch, commands: Sequence[Command], chosen: Sequence[ChosenPolicy], enqueue: Enqueue, record: Record,
    record_batch: RecordBatch,
) -> None:  # fmt: skip
    batch.save(force_insert=True)
    first = True
    for command, one in zip(commands, chosen, strict=True):
        command.batch = batch
        if command.state != CommandState.REFUSED:
            command.state = CommandState.REQUESTED if first or not batch.in_turn else CommandState.WAITING
            first = False
        command.save(force_insert=True)
        if not PolicyDraft.objects.filter(pk=one.row.pk, command=None).update(command=command):
            raise ChangedSince
    record_batch(batch)
    for command in commands:
        record(command)
        if command.state == CommandState.REQUESTED:
            enqueue(TASK, {"command": command.pk})


def _digest(chosen: Sequence[ChosenPolicy], pace: Pace) -> str:
    said = [[[one.row.pk, one.digest] for one in chosen], pace.in_turn, pace.pause, pace.goes_on]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()
