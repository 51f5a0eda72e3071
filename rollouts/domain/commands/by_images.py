"""An earlier version for several clusters. Each has ReplicaSets of its own, so it is known by its images everywhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rollouts.domain.earlier import Version, Versions
from rollouts.domain.observations import Workload
from rollouts.domain.rollout import Images

IMAGES = "images"
"""The name in a choice; its value are all images of the version, with a space between."""


def key_of(images: Images) -> str:
    return " ".join(images)


def is_chosen(choice: Mapping[str, str]) -> bool:
    return IMAGES in choice


def told_apart(found: Sequence[Version], target: Workload) -> dict[str, Version]:
    """Those of `found` that can be meant by their images: no other one has these, nor has the target."""
    keys = [key_of(one.images) for one in found]
    return {
        key: one for key, one in zip(keys, found, strict=True) if keys.count(key) == 1 and key != key_of(target.images)
    }


def meant(choice: Mapping[str, str], versions: Versions, target: Workload, offered: Sequence[Version]) -> Version | str:
    """The one that is chosen. Text is the sentence why it cannot be had here; `offered` are those that it names."""
    key = " ".join(choice[IMAGES].split())
    if not key:
        return f"Choose a version by its images. Known are {'; '.join(told_apart(offered, target)) or 'none'}."
    if key == key_of(target.images):
        return "The target has these images already."
    alike = [one for one in versions.found if key_of(one.images) == key]
    if not alike:
        return f"No earlier version with these images is known here. {versions.note}".strip()
    if len(alike) > 1:
        return f"{len(alike)} earlier versions with these images are known here: choose one of them on its own page."
    return alike[0]
