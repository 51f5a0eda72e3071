"""What a cause is: one sentence, what it was drawn from, since when it holds, and what usually helps."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from rollouts.domain.causes.kinds import CauseKind
from rollouts.domain.metrics import Side


class Tone(StrEnum):
    """How much a cause matters to a person."""

    BAD = "bad"
    WARN = "warn"
    PLAIN = "plain"
    """All is as it should be."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """One fact: the object it was read from, its field (or what it is), its value as it was written there."""

    object: str
    field: str
    said: str
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Cause:
    """`since`: the latest moment at which it is known to have held already; None when nobody knows."""

    kind: CauseKind
    sentence: str
    evidence: tuple[Evidence, ...] = ()
    since: datetime | None = None
    side: Side | None = None
    tone: Tone = Tone.WARN
    usually_helps: str = ""

    @property
    def docs(self) -> str:
        """Its place on the page that lists all causes."""
        return self.kind.value
