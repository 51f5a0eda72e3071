"""What is said of a Canary that is to be made."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from rollouts.domain.errors import CredentialError
from rollouts.domain.new_canaries.judging import consequences, warnings
from rollouts.domain.new_canaries.making import Target, manifest, spec_of
from rollouts.domain.policies.meaning import meaning
from rollouts.domain.redaction import hide
from rollouts.models import ChangeState, NewCanary
from rollouts.queries import new_canaries as queries
from rollouts.queries.change_steps import in_order
from rollouts.services import new_canaries
from rollouts.web.policy_change import as_yaml
from rollouts.web.policy_labels import label_of
from rollouts.web.step_lines import StepLine, line_of

TITLES = (
    "The cluster has taken the Canary",
    "The Canary says what was entered, and is observed here",
    "Flagger has made blue",
)


@dataclass(frozen=True, slots=True)
class Review:
    """`lost`: why what was entered cannot be shown any more, nor made."""

    target: Target
    refused: str
    pods: int | None
    consequences: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    read_at: datetime | None = None
    """When what the warnings are about was read."""
    meaning: tuple[str, ...] = ()
    hints: tuple[tuple[str, str], ...] = ()
    yaml: str = ""
    typed: str = ""
    lost: str = ""


def review(row: NewCanary) -> Review:
    """From what was read last: no cluster is called."""
    target = queries.target_of(row)
    near = queries.near(row.cluster, target)
    refused, pods = row.seen.get("refused", ""), row.seen.get("pods")
    try:
        draft = new_canaries.draft_of(row)
    except CredentialError as error:
        return Review(target, refused, pods, lost=str(error))
    edit = draft.edit
    return Review(
        target=target,
        refused=refused,
        pods=pods,
        consequences=consequences(edit.after, target.namespace),
        warnings=warnings(edit.after, near, pods),
        read_at=near.read_at,
        meaning=meaning(edit.after),
        hints=tuple((label_of(one.field), one.said) for one in edit.findings),
        yaml=as_yaml(hide(manifest(target, spec_of(draft), row.mark))),
        typed=row.name if edit.after.skips else "",
    )


def steps(row: NewCanary) -> list[StepLine]:
    """Of what was asked for."""
    done = [row.written_at is not None, row.arrived_at is not None, row.state == ChangeState.DONE]
    going_on = row.state == ChangeState.OPEN
    seen = in_order(TITLES, done, going_on=going_on, sentence=row.sentence, troubled=bool(row.attempts))
    return [line_of(one) for one in seen]
