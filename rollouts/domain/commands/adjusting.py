"""What an act may be told and need not be: fields beside its plan, which shows what comes of another choice."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta

from rollouts.domain.commands import forcing
from rollouts.domain.commands.act import Act
from rollouts.domain.commands.choosing import Field, Option
from rollouts.domain.commands.choosing_for_several import NAMES_IN_SEVERAL, chosen_version
from rollouts.domain.commands.forcing import AT_ONCE, TICK
from rollouts.domain.commands.pausing import FOR, REMIND, RESUME, THEN
from rollouts.domain.commands.reversal import time_words, whole_minutes
from rollouts.domain.observations import Canary

ADJUSTED: Mapping[Act, tuple[str, ...]] = {Act.PAUSE: (FOR, THEN), Act.ROLL_BACK: (TICK,)}
MINUTES = (15, 30, 60, 240, 1440)
TICKS = (Option("", "at its usual time"), Option(AT_ONCE, "at once, forced"))
THENS = (Option(REMIND, "remind of it"), Option(RESUME, "resume by itself"))


def tellable(act: Act) -> tuple[str, ...]:
    """All names that a choice for this act in several clusters may have."""
    return (*NAMES_IN_SEVERAL.get(act, ()), *ADJUSTED.get(act, ()))


def adjusted(act: Act, given: Mapping[str, str]) -> dict[str, str]:
    """What was chosen in the fields of this act. What follows after a time follows no pause without end."""
    found = {name: given[name] for name in ADJUSTED.get(act, ()) if given.get(name)}
    return found if FOR in found or THEN not in found else {}


def adjustable(act: Act, choice: Mapping[str, str], canaries: Iterable[Canary] = ()) -> tuple[Field, ...]:
    """`canaries`: those that are acted on, where it matters to them."""
    if act is Act.ROLL_BACK and not all(forcing.why_not(canary) for canary in canaries):
        return (Field(TICK, "Flagger’s next tick comes", TICKS, choice.get(TICK, "")),)
    if act is not Act.PAUSE:
        return ()
    minutes = choice.get(FOR, "")
    times = {"": "until somebody resumes it"} | {str(one): f"for {_time(one)}" for one in MINUTES}
    times.setdefault(minutes, f"for {minutes} minutes")  # of a link
    until = Field(FOR, "Paused", tuple(Option(value, words) for value, words in times.items()), minutes)
    then = Field(THEN, "When the time is over", THENS, choice.get(THEN, REMIND))
    return (until, then) if minutes else (until,)


def told_words(act: Act, choice: Mapping[str, str]) -> str:
    """What an act in several clusters was told, in all of them alike; empty where that is nothing."""
    found = adjusted(act, choice)
    if FOR in found:
        after = "resumed by itself" if found.get(THEN) == RESUME else "somebody is reminded"
        return f"for {_time(whole_minutes(found[FOR]))}, then {after}"
    return "with the next tick forced" if found.get(TICK) == AT_ONCE else chosen_version(choice)


def _time(minutes: int) -> str:
    return time_words(timedelta(minutes=minutes))
