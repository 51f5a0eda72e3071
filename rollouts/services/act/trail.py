"""The audit trail of commands: an entry for each stage."""

from __future__ import annotations

from rollouts.domain.authors import Author
from rollouts.domain.trail import Act, Stage, Subject, SubjectKind
from rollouts.models import Command
from rollouts.services import audit


def to_trail(command: Command) -> None:
    """A stage that whoever acts now brought about: requested, cancelled."""
    _record(command, by=None)


def on_behalf(command: Command) -> None:
    """A stage that a worker brought about, of what a person had asked for."""
    _record(command, by=Author(command.person_name, command.person_id))


def _record(command: Command, *, by: Author | None) -> None:
    audit.record(
        act=Act(command.act),
        subject=_subject(command),
        outcome=Stage(command.state),
        by=by,
        reason=command.reason,
        preview=command.preview,
        patch=command.patches or None,
        answer=command.sentence,
    )


def _subject(command: Command) -> Subject:
    rollout = command.rollout
    application = rollout.application
    return Subject(
        SubjectKind.ROLLOUT,
        rollout.name,
        rollout.namespace,
        rollout.cluster.name,
        f"{application.namespace}/{application.name}" if application else "",
        command.release,
    )
