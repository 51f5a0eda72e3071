"""What an act has to be told, as fields of a form: the dialog asks for them, `judge` says what is wrong with them."""

from __future__ import annotations

from dataclasses import dataclass

from rollouts.domain.commands.act import Act
from rollouts.domain.rollout import RolloutState


@dataclass(frozen=True, slots=True)
class Option:
    value: str
    words: str


@dataclass(frozen=True, slots=True)
class Field:
    """Of `Wanted.choice`. With options one of them is chosen, else text is written. `value` stands there at first."""

    name: str
    label: str
    options: tuple[Option, ...] = ()
    value: str = ""


def fields(act: Act, state: RolloutState) -> tuple[Field, ...]:
    """None for acts that need nothing, and where nothing can be chosen."""
    target = state.green
    if act is not Act.NEW_VERSION or target is None or len(target.containers) != len(target.images):
        return ()
    options = tuple(
        Option(name, f"{name}, now {image}") for name, image in zip(target.containers, target.images, strict=True)
    )
    first = target.images[0] if target.images else ""
    return (Field("container", "Container", options), Field("image", "New image", value=first))
