"""What the dialog of several clusters sends."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.http import QueryDict

from rollouts.domain.commands import AT_ONCE, Act
from rollouts.domain.errors import KuratorUIError
from rollouts.services.act import Chosen, Pace

LONGEST_TEXT = 1000
LONGEST_PAUSE = 3600
USUAL_PAUSE = "60"


class WrongPause(KuratorUIError):
    """What was given is no pause."""

    def __init__(self) -> None:
        super().__init__(f"Give the pause in whole seconds, from 0 to {LONGEST_PAUSE}.")


@dataclass(frozen=True, slots=True)
class BatchForm:
    """As it was sent, or as it is before anybody has."""

    mark: str
    digests: Mapping[int, str]
    """Of the rollouts that were chosen, by their ids."""
    turns: Mapping[int, str]
    at_once: bool
    pause: str
    stops: bool
    reason: str
    typed: str
    longest: int = LONGEST_TEXT
    longest_pause: int = LONGEST_PAUSE

    @classmethod
    def of(cls, sent: QueryDict) -> BatchForm:
        chosen = (text.partition(":") for text in sent.getlist("chosen"))
        digests = {int(id): digest for id, _, digest in chosen if _is_number(id)}
        return cls(
            mark=_mark(sent.get("mark", "")),
            digests=digests,
            turns={id: sent.get(f"turn-{id}", "")[:4] for id in digests if f"turn-{id}" in sent},
            at_once=sent.get("pace") == "at-once",
            pause=sent.get("pause", USUAL_PAUSE)[:8],
            stops="stops" in sent or not sent,
            reason=_text(sent, "reason"),
            typed=_text(sent, "typed"),
        )

    @property
    def ids(self) -> frozenset[int]:
        return frozenset(self.digests)

    def in_order(self, shown: Sequence[int]) -> list[Chosen]:
        """By the turns that were given, then as they are shown. What is not shown to the person stays among them: it
        is for the service to refuse it.
        """
        places = {id: place for place, id in enumerate(shown)}
        order = sorted(self.digests, key=lambda id: (self._turn(id), places.get(id, len(places)), id))
        return [Chosen(id, self.digests[id]) for id in order]

    def _turn(self, id: int) -> int:
        turn = self.turns.get(id, "")
        return int(turn) if _is_number(turn) else LONGEST_PAUSE

    def pace(self, act: Act) -> Pace:
        if act in AT_ONCE or self.at_once:
            return Pace()
        if not _is_number(self.pause) or int(self.pause) > LONGEST_PAUSE:
            raise WrongPause
        return Pace(in_turn=True, pause=int(self.pause), goes_on=not self.stops)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 10


def _mark(text: str) -> str:
    """Whoever sends none, or none of ours, gets a new one."""
    try:
        return str(uuid.UUID(text))
    except ValueError:
        return str(uuid.uuid4())


def _text(sent: QueryDict, name: str) -> str:
    return sent.get(name, "").replace("\0", "").strip()[:LONGEST_TEXT]
