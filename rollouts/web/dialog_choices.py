"""What some acts have to be told, as fields of their dialog."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from django.http import HttpRequest

from rollouts.domain.commands import Act
from rollouts.domain.commands.forcing import AT_ONCE, TICK, why_not
from rollouts.domain.commands.pausing import FOR, REMIND, RESUME, THEN
from rollouts.domain.commands.reversal import time_words
from rollouts.domain.observations import Canary

MINUTES = (15, 30, 60, 240, 1440)
LONGEST = 40
NAMES = {Act.PAUSE: (FOR, THEN), Act.ROLL_BACK: (TICK,)}


@dataclass(frozen=True, slots=True)
class Option:
    value: str
    text: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Field:
    name: str
    label: str
    options: tuple[Option, ...]


def chosen(act: Act, given: Mapping[str, str]) -> dict[str, str]:
    """Only what this act can be told, and what was told."""
    found = {name: given.get(name, "").replace("\0", "").strip()[:LONGEST] for name in NAMES.get(act, ())}
    return {name: value for name, value in found.items() if value}


def fields(act: Act, choice: Mapping[str, str], canary: Canary | None = None) -> tuple[Field, ...]:
    """`canary` is the one that is acted on, where it is one."""
    if act is Act.ROLL_BACK and canary is not None and not why_not(canary):
        texts = {"": "at its usual time", AT_ONCE: "at once, forced"}
        return (Field(TICK, "Flagger’s next tick comes", _options(texts, choice.get(TICK, ""))),)
    if act is not Act.PAUSE:
        return ()
    minutes = choice.get(FOR, "")
    texts = {"": "until somebody resumes it"} | {str(one): f"for {_words(one)}" for one in MINUTES}
    if minutes not in texts:  # of a link
        texts[minutes] = f"for {minutes} minutes"
    until = Field(FOR, "Paused", _options(texts, minutes))
    if not minutes:
        return (until,)
    then = {REMIND: "remind of it", RESUME: "resume by itself"}
    return (until, Field(THEN, "When the time is over", _options(then, choice.get(THEN, REMIND))))


def changed(request: HttpRequest) -> str:
    """The field whose change this answers: there the person is, and stays."""
    return request.headers.get("HX-Trigger-Name", "")


def _options(texts: Mapping[str, str], chosen: str) -> tuple[Option, ...]:
    return tuple(Option(value, text, value == chosen) for value, text in texts.items())


def _words(minutes: int) -> str:
    return time_words(timedelta(minutes=minutes))
