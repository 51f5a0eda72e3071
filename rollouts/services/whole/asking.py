"""What people ask for: to look at an Application that is to be deleted, the click on what was shown, and its stop."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from django.db import IntegrityError, transaction

from rollouts.domain.commands import mistyped
from rollouts.domain.errors import KuratorUIError
from rollouts.domain.ports import Enqueue
from rollouts.domain.whole.making import ACT, NewApplication, manifest, shown
from rollouts.models import Application, ApplicationChange, ChangeKind, ChangeState, Cluster
from rollouts.queries import reasons, whole
from rollouts.services.act.asking import NotPossible
from rollouts.services.whole import ending

TASK = "rollouts.tasks.go_on_with_application"
UNDER_WAY = "Somebody has asked for this already, and it goes on."
CHANGED = "What was shown is not so any more. Look at it again."
KEPT_FOR = timedelta(days=1)
"""What was looked at, and never asked for."""
STOPPED = "Stopped. The hub was not asked to do anything."
STOPPED_SENT = "Stopped. The hub was asked already, and may have accepted it; nobody follows it here any more."
STOPPED_WRITTEN = "Stopped. The hub had accepted it already, and goes on by itself; nobody follows it here any more."


class Unconfirmed(KuratorUIError):
    """The person has not given what it needs; `field` names it, as forms do."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field


def begin_deletion(*, application: Application, person: Any, now: datetime, enqueue: Enqueue) -> ApplicationChange:
    """Nothing is asked for yet: a worker looks what would go. Whoever calls this has judged that the person may."""
    if application.hub is None:
        raise NotPossible("It is no Application of Kurator.")
    change = ApplicationChange.objects.create(
        kind=ChangeKind.DELETE, hub=application.hub, namespace=application.namespace, name=application.name,
        parts=whole.parts_of(application), person=person, person_name=person.get_username(), made_at=now, next_at=now,
    )  # fmt: skip
    enqueue(TASK, {"change": change.pk})
    return change


def begin_creation(
    *, hub: Cluster, application: NewApplication, clusters: Sequence[int], person: Any, now: datetime, enqueue: Enqueue
) -> ApplicationChange:
    """Nothing is made yet: the hub tries it out. Whoever calls this has judged it, and that the person may."""
    change = ApplicationChange.objects.create(
        kind=ChangeKind.CREATE, hub=hub, namespace=application.namespace, name=application.name,
        entered=shown(application), manifest=manifest(application, uuid4().hex), parts=[(0, list(clusters))],
        person=person, person_name=person.get_username(), made_at=now, next_at=now,
    )  # fmt: skip
    enqueue(TASK, {"change": change.pk})
    return change


def look_again(*, change: ApplicationChange, now: datetime, enqueue: Enqueue) -> None:
    """At what nobody has asked for yet."""
    held = ApplicationChange.objects.filter(pk=change.pk, state=ChangeState.LOOKED)
    if held.update(state=ChangeState.LOOKING, sentence="", attempts=0, made_at=now, next_at=now):
        enqueue(TASK, {"change": change.pk})


def confirm(
    *, change: ApplicationChange, digest: str, typed: str, reason: str, now: datetime, enqueue: Enqueue
) -> None:  # fmt: skip
    """Sent twice it is asked for once. Raises Unconfirmed, or NotPossible when it cannot work or is under way."""
    if change.asked_at is not None:
        return
    if change.seen.get("traps") or change.seen.get("refused") or change.state != ChangeState.LOOKED:
        raise NotPossible("It cannot be done now.")
    if change.digest != digest:
        raise NotPossible(CHANGED)
    deletes = change.kind == ChangeKind.DELETE
    if deletes and (sentence := mistyped(change.name, typed)):
        raise Unconfirmed("typed", sentence)
    if not reason and (deletes or reason_wanted(change)):
        raise Unconfirmed("reason", "Say why: a reason is required.")
    try:
        with transaction.atomic():
            held = ApplicationChange.objects.filter(pk=change.pk, state=ChangeState.LOOKED, digest=digest)
            asked = {"state": ChangeState.OPEN, "asked_at": now, "reason": reason, "next_at": now, "attempts": 0}
            if not held.update(**asked, sentence=""):
                return
            change.refresh_from_db()
            ending.requested(change)
    except IntegrityError:
        raise NotPossible(UNDER_WAY) from None
    enqueue(TASK, {"change": change.pk})


def reason_wanted(change: ApplicationChange) -> str:
    """As a form asks for it: whoever deletes something always says why."""
    if change.kind == ChangeKind.DELETE:
        return reasons.REQUIRED
    return reasons.REQUIRED if reasons.roles_asked(ACT) else ""


def stop(*, change: ApplicationChange, now: datetime) -> bool:
    """Whether it was still going on."""
    with transaction.atomic():
        held = ApplicationChange.objects.select_for_update().get(pk=change.pk)  # a worker may just have sent it
        said = STOPPED_WRITTEN if held.written_at else STOPPED_SENT if held.sent_at else STOPPED
        return ending.end(change, ChangeState.STOPPED, said, now, by_program=False)


def forget(now: datetime) -> None:
    """What was looked at and never asked for."""
    ApplicationChange.objects.filter(asked_at=None, made_at__lt=now - KEPT_FOR).delete()
