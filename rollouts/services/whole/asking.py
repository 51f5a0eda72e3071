"""What people ask for: to look at an Application that is to be deleted, the click on what was shown, and its stop."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import uuid4

from rollouts.domain.ports import Enqueue
from rollouts.domain.whole.making import ACT, NewApplication, manifest, shown
from rollouts.models import Application, ApplicationChange, ChangeKind, Cluster
from rollouts.queries import reasons, whole
from rollouts.services.act.asking import NotPossible
from rollouts.services.one_offs import asking

TASK = "rollouts.tasks.go_on_with_application"
UNDER_WAY = "Somebody has asked for this already, and it goes on."
GOES_ON = "The hub had accepted it already, and goes on by itself"


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
    if asking.look_again(change, now):
        enqueue(TASK, {"change": change.pk})


def confirm(
    *, change: ApplicationChange, digest: str, typed: str, reason: str, now: datetime, enqueue: Enqueue
) -> None:  # fmt: skip
    """Sent twice it is asked for once. Raises Unconfirmed, or NotPossible when it cannot work or is under way."""
    if change.asked_at is not None:
        return
    against = bool(change.seen.get("traps") or change.seen.get("refused"))
    asking.judge(change, digest, against=against, otherwise="It cannot be done now.")
    name = change.name if change.kind == ChangeKind.DELETE else ""
    asking.require(name=name, typed=typed, reason=reason, reason_wanted=bool(reason_wanted(change)))
    if asking.ask(change, reason=reason, patch=change.manifest or None, under_way=UNDER_WAY, now=now):
        enqueue(TASK, {"change": change.pk})


def reason_wanted(change: ApplicationChange) -> str:
    """As a form asks for it: whoever deletes something always says why."""
    if change.kind == ChangeKind.DELETE:
        return reasons.REQUIRED
    return reasons.REQUIRED if reasons.roles_asked(ACT) else ""


def stop(*, change: ApplicationChange, now: datetime) -> bool:
    """Whether it was still going on."""
    return asking.stop(change, now, goes_on=GOES_ON)


def forget(now: datetime) -> None:
    """What was looked at and never asked for."""
    asking.forget(ApplicationChange, now)
