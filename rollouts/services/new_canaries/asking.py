"""What people ask for: to have a cluster look at what was entered, the click on what was shown, and its stop."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import uuid4

from rollouts.domain.new_canaries.making import ACT, Target
from rollouts.domain.policies.drafts import Draft
from rollouts.domain.ports import Enqueue
from rollouts.models import Cluster, NewCanary
from rollouts.queries import reasons
from rollouts.services.new_canaries.entered import draft_of, kept, manifest_of
from rollouts.services.one_offs import asking

TASK = "rollouts.tasks.go_on_with_new_canary"
UNDER_WAY = "Somebody has asked for a Canary of this name already, and it goes on."
GOES_ON = "The Canary is there, and Flagger goes on by itself"


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
    if asking.look_again(row, now):
        enqueue(TASK, {"canary": row.pk})


def confirm(*, row: NewCanary, digest: str, typed: str, reason: str, now: datetime, enqueue: Enqueue) -> None:
    """Sent twice it is asked for once. Raises Unconfirmed, or NotPossible when it cannot work or is under way."""
    if row.asked_at is not None:
        return
    asking.judge(row, digest, against=bool(row.seen.get("refused")), otherwise="It cannot be made now.")
    asking.require(name=typed_name(row), typed=typed, reason=reason, reason_wanted=bool(reason_wanted()))
    if asking.ask(row, reason=reason, patch=manifest_of(row), under_way=UNDER_WAY, now=now):
        enqueue(TASK, {"canary": row.pk})


def typed_name(row: NewCanary) -> str:
    """What has to be typed: the name, where every version would go live unchecked. Raises CredentialError."""
    return row.name if draft_of(row).edit.after.skips else ""


def reason_wanted() -> str:
    """As a form asks for it."""
    return reasons.REQUIRED if reasons.roles_asked(ACT) else ""


def stop(*, row: NewCanary, now: datetime) -> bool:
    """Whether it was still going on."""
    return asking.stop(row, now, goes_on=GOES_ON)
