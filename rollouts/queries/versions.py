"""How the version of a side is shown: the tag of the image that tells the two sides apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

DIGEST_SHOWN = 12
SAME_IMAGES = {"config": "new configuration", "template": "new pod template"}
"""By what started a release that leaves the images as they are."""


@dataclass(frozen=True, slots=True)
class Version:
    """`short` for a list, `name` for a headline, `full` (every image, one a line) for whoever wants to know exactly."""

    short: str
    name: str
    full: str


def tag_of(image: str) -> str:
    """The tag, else the beginning of the digest; an image without either is pulled as `latest`."""
    image, _, digest = image.partition("@")
    tag = image.rpartition("/")[2].partition(":")[2]
    if tag:
        return tag
    return digest.rpartition(":")[2][:DIGEST_SHOWN] if digest else "latest"


def name_of(image: str) -> str:
    """The last piece of the repository: `podinfo` of `ghcr.io/stefanprodan/podinfo:6.5.0`."""
    return image.partition("@")[0].rpartition("/")[2].partition(":")[0]


def versions(blue: Sequence[str], green: Sequence[str]) -> tuple[Version | None, Version | None]:
    """Of each side; None while its workload has not been read."""
    told_apart = next((i for i, (one, other) in enumerate(zip(blue, green, strict=False)) if one != other), 0)
    return _version(blue, green, told_apart), _version(green, blue, told_apart)


def released(before: Sequence[str], green: Sequence[str], trigger: str) -> tuple[Version | None, Version | None]:
    """Of each side during a release: the same images on both are told apart by what else is new."""
    blue, to = versions(before, green)
    if to and trigger in SAME_IMAGES and list(before) == list(green):
        to = replace(to, short=SAME_IMAGES[trigger])
    return blue, to


def told_apart(sides: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """The short version of each: by the first image in which any two of them differ."""
    places = range(min(map(len, sides), default=0))
    place = next((place for place in places if len({images[place] for images in sides}) > 1), 0)
    return tuple(tag_of(images[place]) if place < len(images) else "none" for images in sides)


def _version(images: Sequence[str], other: Sequence[str], index: int) -> Version | None:
    if not images:
        return None
    image = images[index]
    short = tag_of(image)
    against = other[index] if index < len(other) else image
    if name_of(against) != name_of(image):
        short = f"{name_of(image)}:{short}"
    return Version(short, f"{name_of(image)}:{tag_of(image)}", "\n".join(images))
