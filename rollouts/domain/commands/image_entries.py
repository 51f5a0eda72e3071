"""Entries of `kustomization.images` of a policy: which one is for an image, and how it is made to say another.

Kustomize takes an entry for every image whose whole name, without tag and digest, is the entry's `name`, one entry
after the other. Flux lets the last of several with the same name hold.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from rollouts.domain import images
from rollouts.domain.kurator import ImageEntry, Kustomization, Policy

AT = "/kustomization/images"
NO_VERSION = "Give a tag or a digest: without one the tag that Git has would stay."


def trouble(image: str) -> str:
    """As `images.trouble`; an entry also has to say which version."""
    if sentence := images.trouble(image):
        return sentence
    _, tag, digest = images.parts(image)
    return NO_VERSION if tag is None and digest is None else ""


def comes_to(image: str) -> str:
    """What a target has by an entry for it: with a digest no tag is kept."""
    name, tag, digest = images.parts(image)
    return f"{name}@{digest}" if digest else f"{name}:{tag}"


def name_for(present: Collection[str], kustomization: Kustomization) -> tuple[str, str]:
    """The `name` of the entry for a container, which has these images in the clusters, and the sentence why there is
    none. Manifests have the present name, unless an entry has given it: then they have the name of that.
    """
    if kustomization.unread:
        return "", "The entries of kustomization.images cannot be read here."
    names = sorted({images.parts(one)[0] for one in present})
    found = [one for one in kustomization.images or () if one.name in names or one.gives in names]
    if len(found) > 1:
        said = ", ".join(f"{one.name} to {one.gives}" if one.new_name else one.name for one in found)
        return "", f"Several entries of kustomization.images may be for {' or '.join(names)}: {said}."
    if found and all(name in (found[0].name, found[0].gives) for name in names):
        return found[0].name, ""
    if found or len(names) != 1:
        return (
            "",
            f"The clusters have images of several names, and which of them Git has is not known: {listed(names)}.",
        )
    return names[0], ""


def listed(names: Collection[str]) -> str:
    return ", ".join(names)


def entry(name: str, image: str) -> ImageEntry:
    """What the entry of this name says of this image. A digest drops the tag, and the other way round."""
    wanted, tag, digest = images.parts(image)
    new_name = wanted if wanted != name else ""
    return ImageEntry(name, new_name, "" if digest else tag or "", digest or "")


def says(policy: Policy, name: str, image: str) -> bool:
    kustomization = policy.kustomization
    return kustomization is not None and entry(name, image) in (kustomization.images or ())


def operations(kustomization: Kustomization, name: str, image: str) -> tuple[Mapping[str, Any], ...]:
    """For a JSON patch, from the policy on. Only this entry is touched; it has to stand where it was seen."""
    wanted = entry(name, image)
    if kustomization.images is None:
        return ({"op": "add", "path": AT, "value": [written(wanted)]},)
    for place, one in enumerate(kustomization.images):
        if one.name == name:
            at = f"{AT}/{place}"
            return ({"op": "test", "path": f"{at}/name", "value": name}, *_changed(at, one, wanted))
    return ({"op": "add", "path": f"{AT}/-", "value": written(wanted)},)


def written(one: ImageEntry) -> dict[str, str]:
    """As it stands in the policy."""
    return {"name": one.name, **{field: value for field, value in _said(one).items() if value}}


def _said(one: ImageEntry) -> dict[str, str]:
    return {"newName": one.new_name, "newTag": one.new_tag, "digest": one.digest}


def _changed(at: str, one: ImageEntry, wanted: ImageEntry) -> list[Mapping[str, Any]]:
    before = _said(one)
    made: list[Mapping[str, Any]] = []
    for field, value in _said(wanted).items():
        if value and value != before[field]:
            made.append({"op": "add", "path": f"{at}/{field}", "value": value})
        elif before[field] and not value:
            made.append({"op": "remove", "path": f"{at}/{field}"})
    return made
