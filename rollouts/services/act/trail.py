"""The audit trail of commands: an entry for each stage, and one for what was put back afterwards. Of batches: when one
begins, is stopped, and ends.
"""

from __future__ import annotations

from collections import Counter

from rollouts.domain.authors import PROGRAM, Author
from rollouts.domain.commands import Act as Asked
from rollouts.domain.commands import told_words
from rollouts.domain.trail import Act, Stage, Subject, SubjectKind
from rollouts.models import Batch, Command, CommandState, Reversal, ReversalState
from rollouts.services import audit


def to_trail(command: Command) -> None:
    """A stage that whoever acts now brought about: requested, cancelled."""
    _record(command, by=None)


def on_behalf(command: Command) -> None:
    """A stage that a worker brought about, of what a person had asked for."""
    _record(command, by=Author(command.person_name, command.person_id))


def put_back(reversal: Reversal) -> None:
    """By this program itself: nobody asked for it but the command that it belongs to."""
    command = reversal.command
    audit.record(
        act=Act.PUT_BACK,
        subject=_subject(command),
        outcome=Stage.DONE if reversal.state == ReversalState.DONE else Stage.CANCELLED,
        by=PROGRAM,
        reason=f"{command.act} of {command.person_name}: {reversal.switch}",
        answer=reversal.sentence,
    )


def of_the_reason(command: Command) -> None:
    """It was given after the act was asked for."""
    audit.record(
        act=Act.GIVE_REASON,
        subject=_subject(command),
        reason=command.reason,
        preview=command.preview,
        answer=f"For {command.act.replace('-', ' ')}, asked for at {command.requested_at:%Y-%m-%d %H:%M:%S} UTC.",
    )


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
    if command.rollout is None:
        return _policy(command)
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


def batch_to_trail(batch: Batch) -> None:
    """What whoever acts now brought about: requested, stopped."""
    _record_batch(batch, by=None)


def batch_on_behalf(batch: Batch) -> None:
    """What came of what a person had asked for."""
    _record_batch(batch, by=Author(batch.person_name, batch.person_id))


def _record_batch(batch: Batch, *, by: Author | None) -> None:
    outcome, answer = _of_batch(batch)
    audit.record(
        act=Act(batch.act),
        subject=_subject_of_batch(batch),
        outcome=outcome,
        by=by,
        reason=batch.reason,
        preview=batch.preview,
        answer=answer,
    )


def _of_batch(batch: Batch) -> tuple[Stage, str]:
    if batch.stopped_at is not None:
        return Stage.CANCELLED, batch.sentence
    if batch.ended_at is None:
        found = list(batch.commands.order_by("id").values_list("rollout__cluster__name", "policy", "choice"))
        told = next((told_words(Asked(batch.act), choice) for *_, choice in found), "")
        said = f"Told: {told}. " if told else ""
        return Stage.REQUESTED, f"{said}{_pace(batch)}: {', '.join(policy or cluster for cluster, policy, _ in found)}."
    counts = Counter(batch.commands.values_list("state", flat=True))
    told = ", ".join(f"{number} {state}" for state, number in sorted(counts.items()))
    good = set(counts) <= {CommandState.OBSERVED.value}
    return Stage.OBSERVED if good else Stage.FAILED, f"{told}."


def _pace(batch: Batch) -> str:
    if not batch.in_turn:
        return "All at once"
    after = "going on" if batch.goes_on else "stopping"
    return f"One after the other, {batch.pause} s between, {after} after a failure"


def _subject_of_batch(batch: Batch) -> Subject:
    one = batch.application
    hub = one.hub.name if one.hub is not None else ""
    return Subject(SubjectKind.APPLICATION, one.name, one.namespace, hub, f"{one.namespace}/{one.name}")


def _policy(command: Command) -> Subject:
    application = command.application
    name, namespace = (application.name, application.namespace) if application else ("", "")
    return Subject(SubjectKind.POLICY, command.policy, namespace, command.place.name, f"{namespace}/{name}")
