"""The audit trail of removals: when one is asked for, each thing that is written to a cluster, and how it ends."""

from __future__ import annotations

from typing import Any

from rollouts.domain.authors import Author
from rollouts.domain.commands import Patch
from rollouts.domain.trail import Act, Stage, Subject, SubjectKind
from rollouts.models import Removal, RemovalPart, RemovalState
from rollouts.services import audit

ENDS = {
    RemovalState.DONE: Stage.DONE,
    RemovalState.STOPPED: Stage.CANCELLED,
    RemovalState.FAILED: Stage.FAILED,
}


def requested(removal: Removal) -> None:
    audit.record(
        act=Act.REMOVE,
        subject=_policy(removal),
        outcome=Stage.REQUESTED,
        reason=removal.reason,
        preview=removal.preview,
    )


def patched(removal: Removal, patch: Patch, version: str) -> None:
    """On the hub, or of a plain Canary."""
    _written(removal, _policy(removal), patch=[_told(patch, version)])


def suspended(part: RemovalPart, patch: Patch, version: str) -> None:
    _written(part.removal, _canary(part), patch=[_told(patch, version)])


def deleted(part: RemovalPart) -> None:
    answer = "The Canary is marked for deletion; Flagger brings the target back first."
    _written(part.removal, _canary(part), answer=answer)


def _written(removal: Removal, subject: Subject, **what: Any) -> None:
    audit.record(
        act=Act.REMOVE,
        subject=subject,
        outcome=Stage.ACCEPTED,
        by=_asked_by(removal),
        reason=removal.reason,
        preview=removal.preview,
        **what,
    )


def _told(patch: Patch, version: str) -> dict[str, Any]:
    return {"says": patch.says, "body": patch.told, "resource_version": version}


def ended(removal: Removal, *, by_program: bool) -> None:
    """`by_program`: what came of it, not what whoever acts now has wanted."""
    audit.record(
        act=Act.REMOVE,
        subject=_policy(removal),
        outcome=ENDS[RemovalState(removal.state)],
        by=_asked_by(removal) if by_program else None,
        reason=removal.reason if by_program else "",
        answer=removal.sentence,
    )


def _asked_by(removal: Removal) -> Author:
    return Author(removal.person_name, removal.person_id)


def _canary(part: RemovalPart) -> Subject:
    _, namespace, canary, *_ = part.removal.bound["policy"]
    return Subject(SubjectKind.ROLLOUT, canary, namespace, part.name, _of(part.removal))


def _policy(removal: Removal) -> Subject:
    one = removal.application
    if removal.rollout is not None:
        rollout = removal.rollout
        return Subject(SubjectKind.ROLLOUT, rollout.name, rollout.namespace, rollout.cluster.name, _of(removal))
    hub = one.hub.name if one.hub is not None else ""
    return Subject(SubjectKind.POLICY, removal.policy, one.namespace, hub, _of(removal))


def _of(removal: Removal) -> str:
    return f"{removal.application.namespace}/{removal.application.name}"
