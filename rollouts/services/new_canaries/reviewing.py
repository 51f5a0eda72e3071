"""What is shown of a new Canary before anybody asks for it. From what was read last: no cluster is called."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rollouts.domain.errors import CredentialError
from rollouts.domain.new_canaries.judging import consequences, warnings
from rollouts.domain.new_canaries.making import Target, manifest, spec_of
from rollouts.domain.policies.findings import Finding
from rollouts.domain.policies.meaning import meaning
from rollouts.domain.redaction import hide
from rollouts.models import NewCanary
from rollouts.queries.new_canaries import near, target_of
from rollouts.services.new_canaries.entered import draft_of


@dataclass(frozen=True, slots=True)
class Review:
    """`manifest`: the whole object, with hidden whatever may be secret. `typed`: what has to be typed, where every
    version would go live unchecked. `lost`: why what was entered cannot be shown any more, nor made.
    """

    target: Target
    refused: str
    pods: int | None
    consequences: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    read_at: datetime | None = None
    """When what the warnings are about was read."""
    meaning: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    manifest: Mapping[str, Any] | None = None
    typed: str = ""
    lost: str = ""


def review(row: NewCanary) -> Review:
    target = target_of(row)
    there = near(row.cluster, target)
    refused, pods = row.seen.get("refused", ""), row.seen.get("pods")
    try:
        draft = draft_of(row)
    except CredentialError as error:
        return Review(target, refused, pods, lost=str(error))
    edit = draft.edit
    return Review(
        target=target,
        refused=refused,
        pods=pods,
        consequences=consequences(edit.after, target.namespace),
        warnings=warnings(edit.after, there, pods),
        read_at=there.read_at,
        meaning=meaning(edit.after),
        findings=edit.findings,
        manifest=hide(manifest(target, spec_of(draft), row.mark)),
        typed=row.name if edit.after.skips else "",
    )
