"""What people ask for: to have a cluster look at what was entered, the click on what was shown, and its stop."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import uuid4

from django.db import IntegrityError, transaction

from rollouts.domain.commands import mistyped
from rollouts.domain.new_canaries.making import ACT, Target
from rollouts.domain.policies.drafts import Draft
from rollouts.domain.ports import Enqueue
from rollouts.models import ChangeState, Cluster, NewCanary
from rollouts.queries import reasons
from rollouts.services.act.asking import NotPossible
from rollouts.services.new_canaries import ending
from rollouts.services.new_canaries.entered import draft_of, kept
from rollouts.services.whole import Unconfirmed

TASK = "rollouts.tasks.go_on_with_new_canary"
UNDER_WAY = "Somebody has asked for a Canary of this name already, and it goes on."
CHANGED = "What was shown is not so any more. Look at it again."
STOPPED = "Stopped. The cluster was not asked to do anything."
STOPPED_SENT = "Stopped. The cluster was asked already, and may have accepted it; nobody follows it here any more."
STOPPED_WRITTEN = "Stopped. The Canary is there, and Flagger goes on by itself; nobody follows it here any more."


def begin(
    *, cluster: Cluster, target: Target, draft: Draft, person: Any, now: datetime, enqueue: Enqueue
) -> NewCanary:  # fmt: skip
    """Nothing is made yet: the cluster tries it out. Whoever calls this has judged it, and that the person may. Raises
    InvalidInput when it has to be kept encrypted, and there is no key.
    """
    row = NewCanary.objects.create(
        cluster=cluster, namespace=target.namespace, name=target.name, **kept(draft), mark=uuid4().hex, person=person,
        person_name=person.get_username(), made_at=now, next_at=now,
    )  # fmt: skip
    enqueue(TASK, {"canary": row.pk})
    return row


def look_again(*, row: NewCanary, now: datetime, enqueue: Enqueue) -> None:
    """At what nobody has asked for yet."""
    held = NewCanary.objects.filter(pk=row.pk, state=ChangeState.LOOKED)
    if held.update(state=ChangeState.LOOKING, sentence="", attempts=0, made_at=now, next_at=now):
        enqueue(TASK, {"canary": row.pk})


def confirm(*, row: NewCanary, digest: str, typed: str, reason: str, now: datetime, enqueue: Enqueue) -> None:
    """Sent twice it is asked for once. Raises Unconfirmed, or NotPossible when it cannot work or is under way."""
    if row.asked_at is not None:
        return
    if row.seen.get("refused") or row.state != ChangeState.LOOKED:
        raise NotPossible("It cannot be made now.")
    if row.digest != digest:
        raise NotPossible(CHANGED)
    if typed_name(row) and (sentence := mistyped(row.name, typed)):
        raise Unconfirmed("typed", sentence)
    if not reason and reason_wanted():
        raise Unconfirmed("reason", "Say why: a reason is required.")
    try:
        with transaction.atomic():
            held = NewCanary.objects.filter(pk=row.pk, state=ChangeState.LOOKED, digest=digest)
            asked = {"state": ChangeState.OPEN, "asked_at": now, "reason": reason, "next_at": now, "attempts": 0}
            if not held.update(**asked, sentence=""):
                return
            row.refresh_from_db()
            ending.requested(row)
    except IntegrityError:
        raise NotPossible(UNDER_WAY) from None
    enqueue(TASK, {"canary": row.pk})


def typed_name(row: NewCanary) -> str:
    """What has to be typed: the name, where every version would go live unchecked. Raises CredentialError."""
    return row.name if draft_of(row).edit.after.skips else ""


def reason_wanted() -> str:
    """As a form asks for it."""
    return reasons.REQUIRED if reasons.roles_asked(ACT) else ""


def stop(*, row: NewCanary, now: datetime) -> bool:
    """Whether it was still going on."""
    with transaction.atomic():
        held = NewCanary.objects.select_for_update().get(pk=row.pk)  # a worker may just have sent it
        said = STOPPED_WRITTEN if held.written_at else STOPPED_SENT if held.sent_at else STOPPED
        return ending.end(row, ChangeState.STOPPED, said, now, by_program=False)
