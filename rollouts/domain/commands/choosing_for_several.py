"""What an act in several clusters has to be told: the same for all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rollouts.domain.commands.act import Act
from rollouts.domain.commands.by_images import IMAGES, told_apart
from rollouts.domain.commands.choosing import COUNTED_AS_ONE, HOLDS, NAMES, Field, Option, of_images, of_settings
from rollouts.domain.commands.config_value import SETTING
from rollouts.domain.commands.earlier_version import offered
from rollouts.domain.commands.flux_hold import FLUX
from rollouts.domain.commands.new_version import IMAGE
from rollouts.domain.configs import Configs
from rollouts.domain.earlier import LONG_AGO, MOST, Version, Versions
from rollouts.domain.rollout import RolloutState

Seen = tuple[RolloutState, Versions | None]
"""One of the rollouts; of versions as in `Wanted`."""
NAMES_IN_SEVERAL: Mapping[Act, tuple[str, ...]] = {**NAMES, Act.EARLIER_VERSION: (IMAGES, FLUX)}
"""Of the fields that an act may have there."""


def for_each(act: Act, choice: Mapping[str, str]) -> Mapping[str, str]:
    """What each of several rollouts is told of a choice that was made for all of them."""
    return {IMAGES: "", **choice} if act is Act.EARLIER_VERSION else choice


def chosen_version(choice: Mapping[str, str]) -> str:
    """By its images, or what of a ConfigMap is given another value; empty for an act that brings none."""
    return choice.get(IMAGE) or choice.get(IMAGES) or choice.get(SETTING, "")


def fields_in(act: Act, seen: Sequence[Seen], configs: Sequence[Configs] = ()) -> tuple[Field, ...]:
    """As `fields` of one rollout; `configs` are those that are read."""
    match act:
        case Act.CONFIG_VALUE:
            return _of_a_config(configs)
        case Act.NEW_VERSION:
            return _of_an_image(seen)
        case Act.EARLIER_VERSION:
            return _of_an_earlier_version(seen)
        case _:
            return ()


def _of_an_image(seen: Sequence[Seen]) -> tuple[Field, ...]:
    images: dict[str, list[str]] = {}
    for target in (state.green for state, _ in seen if state.green is not None):
        for name, image in zip(target.containers, target.images, strict=False):
            known = images.setdefault(name, [])
            known.extend({image}.difference(known))
    return of_images(images) if images else ()


def _of_a_config(configs: Sequence[Configs]) -> tuple[Field, ...]:
    """What can be changed anywhere; and what nowhere, with the reason."""
    values: dict[str, list[str]] = {}
    why_not: dict[str, str] = {}
    for one in (one for found in configs for one in found.found):
        if one.why_not:
            why_not.setdefault(one.name, one.why_not)
        elif one.value not in values.setdefault(one.name, []):
            values[one.name].append(one.value)
    left_out = "; ".join(f"{name}: {why}" for name, why in sorted(why_not.items()) if name not in values)
    note = f"Not offered: {left_out}." if left_out else ""
    return of_settings({name: values[name] for name in sorted(values)}, note) if values else ()


def _of_an_earlier_version(seen: Sequence[Seen]) -> tuple[Field, ...]:
    """Chosen beforehand is the newest one that was promoted in more than half of the clusters; else none."""
    known: dict[str, list[Version]] = {}
    for state, versions in seen:
        if versions is not None and state.green is not None:
            for key, one in told_apart(offered(versions, state), state.green).items():
                known.setdefault(key, []).append(one)
    if not known:
        return ()
    newest = sorted(known, key=lambda key: max(one.at or LONG_AGO for one in known[key]), reverse=True)[:MOST]
    options = tuple(_option(key, known[key], len(seen)) for key in newest)
    first = next((key for key in newest if 2 * _promoted(known[key]) > len(seen)), "")
    asked = [Field(IMAGES, "Version", options, first, COUNTED_AS_ONE)]
    if any(one is not None and one.kustomized and not one.let_alone for _, one in seen):
        asked.append(Field(FLUX, "Flux", HOLDS))
    return tuple(asked)


def _option(key: str, found: Sequence[Version], clusters: int) -> Option:
    """`found` is the version in each cluster that knows it, of so many."""
    said = f"promoted in {_promoted(found) or 'none'}, known in {len(found)} of {clusters} clusters"
    newest = max(found, key=lambda one: one.at or LONG_AGO)
    return Option(key, ", ".join(newest.images), said, newest.at, newest.made)


def _promoted(found: Sequence[Version]) -> int:
    return sum(one.promoted for one in found)
