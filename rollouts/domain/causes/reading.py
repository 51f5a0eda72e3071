"""What is made of one failed check."""

from __future__ import annotations

from dataclasses import dataclass

from rollouts.domain.causes.cause import Evidence
from rollouts.domain.causes.kinds import CauseKind


@dataclass(frozen=True, slots=True)
class Reading:
    """`helps`: what helps in this very case; empty: what usually helps."""

    kind: CauseKind
    sentence: str
    evidence: tuple[Evidence, ...] = ()
    helps: str = ""
