"""What an act has to be told, as fields of a form: the dialog asks for them, `judge` says what is wrong with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from rollouts.domain.commands.act import Act
from rollouts.domain.commands.config_value import SETTING, VALUE, not_offered
from rollouts.domain.commands.earlier_version import CAREFUL, FAST, HOW, VERSION, offered
from rollouts.domain.commands.flux_hold import FLUX
from rollouts.domain.commands.gating import GATE
from rollouts.domain.commands.keepers import of_the_policy
from rollouts.domain.commands.reversal import time_words
from rollouts.domain.configs import MAPS, SETTINGS, Configs
from rollouts.domain.earlier import Versions
from rollouts.domain.gates import gates_of
from rollouts.domain.observations import Workload
from rollouts.domain.rollout import RolloutState

GATES = frozenset({Act.OPEN_GATE, Act.CLOSE_GATE})
NAMES: Mapping[Act, tuple[str, ...]] = {
    Act.NEW_VERSION: ("container", "image"),
    Act.CONFIG_VALUE: (SETTING, VALUE),
    Act.EARLIER_VERSION: (VERSION, HOW, FLUX),
    Act.OPEN_GATE: (GATE,),
    Act.CLOSE_GATE: (GATE,),
}
"""Of the fields that an act may have."""
LONGEST_SHOWN = 60
"""Characters of a value in a list of values."""
MOST_SAID = 2
"""Of the images, or values, of several clusters."""
MOST_SETTINGS = MAPS * SETTINGS


@dataclass(frozen=True, slots=True)
class Option:
    """`note` says more of it, `at` when that came about, or when it was `made`."""

    value: str
    words: str
    note: str = ""
    at: datetime | None = None
    made: bool = False


@dataclass(frozen=True, slots=True)
class Field:
    """Of `Wanted.choice`. With options one of them is chosen, else text is written. `value` stands there at first;
    `note` says what holds for all options.
    """

    name: str
    label: str
    options: tuple[Option, ...] = ()
    value: str = ""
    note: str = ""


COUNTED_AS_ONE = "Versions that differ in hidden values alone count as one: the newest of them is taken."
HOWS = (
    Option(CAREFUL, "careful: the whole analysis"),
    Option(FAST, "fast: no analysis, blue takes it over at once"),
)
HOLDS = (
    Option("", "puts the version of Git back at its next round"),
    *(Option(str(one), f"leaves the target alone for {time_words(timedelta(minutes=one))}") for one in (60, 240, 1440)),
)


def fields(
    act: Act, state: RolloutState, versions: Versions | None = None, configs: Configs | None = None
) -> tuple[Field, ...]:
    """None for acts that need nothing, and where nothing can be chosen. `versions` and `configs` as in `Wanted`."""
    if act in GATES:
        return _gates(state)
    if act is Act.CONFIG_VALUE:
        return _of_a_config(configs) if configs is not None and configs.offered else ()
    target = state.green
    if target is None or len(target.containers) != len(target.images):
        return ()
    match act:
        case Act.NEW_VERSION:
            return _of_an_image(target)
        case Act.EARLIER_VERSION if versions is not None:
            return _of_an_earlier_version(state, versions)
        case _:
            return ()


def _of_an_image(target: Workload) -> tuple[Field, ...]:
    return of_images({name: [image] for name, image in zip(target.containers, target.images, strict=True)})


def of_images(images: Mapping[str, Sequence[str]]) -> tuple[Field, ...]:
    """`images`: what runs now, by the name of the container."""
    options = tuple(Option(name, f"{name}, now {_either(found)}") for name, found in images.items())
    first = next((found[0] for found in images.values() if found), "")
    return (Field("container", "Container", options), Field("image", "New image", value=first))


def _of_a_config(configs: Configs) -> tuple[Field, ...]:
    return of_settings({one.name: [one.value] for one in configs.offered}, not_offered(configs))


def of_settings(values: Mapping[str, Sequence[str]], note: str) -> tuple[Field, ...]:
    """`values`: what they are now, by the name of the setting."""
    options = tuple(
        Option(name, f"{name}, now {_either([_in_short(one) for one in found])}")
        for name, found in list(values.items())[:MOST_SETTINGS]
    )
    if more := len(values) - len(options):
        note = f"{note} Not shown: {more} others.".strip()
    return (Field(SETTING, "Value of a ConfigMap", options, options[0].value, note), Field(VALUE, "New value"))


def _in_short(value: str) -> str:
    if len(value) > LONGEST_SHOWN:
        return f"{value[:LONGEST_SHOWN]}…"
    return value or "empty"


def _either(found: Sequence[str]) -> str:
    more = max(0, len(found) - MOST_SAID)
    return f"{' or '.join(found[:MOST_SAID])}{_more(more)}"


def _more(number: int) -> str:
    return f" or {number} others" if number > 1 else " or another" if number else ""


def _of_an_earlier_version(state: RolloutState, versions: Versions) -> tuple[Field, ...]:
    """The newest one that was promoted is what most look for; no other one is chosen for anybody."""
    canary, found = state.canary, offered(versions, state)
    if not found:
        return ()
    first = next((one.key for one in found if one.promoted), "")
    options = tuple(Option(one.key, ", ".join(one.images), one.said, one.at, one.made) for one in found)
    asked = [Field(VERSION, "Version", options, first, COUNTED_AS_ONE)]
    if of_the_policy(Act.EARLIER_VERSION, canary) is None and not canary.skip_analysis:
        asked.append(Field(HOW, "How", HOWS, CAREFUL))
    if versions.kustomized and not versions.let_alone:
        asked.append(Field(FLUX, "Flux", HOLDS))
    return tuple(asked)


def _gates(state: RolloutState) -> tuple[Field, ...]:
    """With the one first that the release waits at. One alone needs no choice."""
    gates = gates_of(state.canary)
    if len(gates) < 2:
        return ()
    first = next((gate for gate in gates if gate.holds(state.canary)), gates[0])
    return (Field(GATE, "Gate", tuple(Option(gate.id, f"Asked {gate.asked}: {gate.id}") for gate in gates), first.id),)
