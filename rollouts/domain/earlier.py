"""Earlier versions of a target: what ReplicaSets and the releases kept here still know of them (flagger.md 10.5).

A ReplicaSet of the target keeps a whole pod template, also of versions that failed. One of blue keeps a promoted
version, but changed by Flagger: of it, and of a release whose ReplicaSets are gone, the images are taken.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from rollouts.domain.observations import Workload
from rollouts.domain.ownership import Owner, OwnerKind
from rollouts.domain.pod_templates import PodTemplate, same
from rollouts.domain.redaction import hide
from rollouts.domain.rollout import Images, Outcome

MOST = 20
LONGEST_VALUE = 200
NOT_WHETHER = "not known whether it was ever promoted"
NOT_WHICH = "not known which of the versions with these images it was"
LONG_AGO = datetime.fromtimestamp(0, UTC)


@dataclass(frozen=True, slots=True)
class PastRelease:
    """Of a release kept here what tells which versions there were. Images are empty while unknown."""

    number: int
    outcome: Outcome
    from_images: Images
    to_images: Images
    at: datetime


@dataclass(frozen=True, slots=True)
class Version:
    """`key` names it in a choice: its ReplicaSet, or `release-12`. With `template` (a digest as `Workload.template`)
    the whole `body` is put on the target, else its images are. `at` is when `said` came about, or where nobody knows,
    when its ReplicaSet was `made`.
    """

    key: str
    images: Images
    promoted: bool
    said: str
    """What became of it, in a few words."""
    at: datetime | None = None
    made: bool = False
    template: str = ""
    body: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def identity(self) -> str:
        """The same for the same content, whatever it is called."""
        return self.template or " ".join(self.images)


@dataclass(frozen=True, slots=True)
class Versions:
    """As they were read at one time, the newest first. `note` is why ReplicaSets are left out; mostly nothing."""

    read_at: datetime
    found: tuple[Version, ...] = ()
    present: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """The target's pod template."""
    keeper: Owner = field(default_factory=lambda: Owner(OwnerKind.NOBODY))
    """Of the target."""
    kustomized: bool = False
    """A Kustomization of Flux applies it."""
    let_alone: bool = False
    """Flux is told already to leave it alone."""
    note: str = ""

    def named(self, key: str) -> Version | None:
        return next((one for one in self.found if one.key == key), None)


@dataclass(frozen=True, slots=True)
class Difference:
    """One place of a pod template that becomes another; an empty text is nothing."""

    place: str
    now: str
    then: str


def earlier(
    sets: Sequence[PodTemplate], releases: Sequence[PastRelease], target: Workload, present: Mapping[str, Any]
) -> tuple[Version, ...]:
    """`releases` with the newest first. What the target has now is left out, and so are images for other containers."""
    blue = [one for one in sets if one.owner == f"{target.name}-primary"]
    whole: list[PodTemplate] = []
    bodies = [present]  # with what is secret hidden, as it was read
    for one in sorted((each for each in sets if each.owner == target.name), key=lambda each: -each.revision):
        body = hide(dict(one.body))
        if one.digest != target.template and not any(same(body, other) for other in bodies):
            bodies.append(body)
            whole.append(one)
    with_images = Counter([target.images, *(one.images for one in whole)])
    known = [_of_set(one, releases, blue, alone=with_images[one.images] == 1) for one in whole]
    for each in (*_of_releases(releases), *(_of_blue(one, releases) for one in sorted(blue, key=_newest_first))):
        taken = each.images == target.images or any(each.images == one.images for one in known)
        if not taken and len(each.images) == len(target.containers):
            known.append(each)
    return tuple(sorted(known, key=lambda one: one.at or LONG_AGO, reverse=True)[:MOST])


def _newest_first(one: PodTemplate) -> int:
    return -one.revision


def _of_set(one: PodTemplate, releases: Sequence[PastRelease], blue: Iterable[PodTemplate], *, alone: bool) -> Version:
    """Releases and blue are known by their images: they tell of a version only where it is `alone` with its own."""
    promoted, said, at = _fate(one.images, releases)
    known = bool(said)
    if not known:
        promoted = any(each.images == one.images for each in blue)
        said, at = ("promoted before" if promoted else NOT_WHETHER), one.created_at
    if not alone:
        promoted, known, at = False, False, one.created_at
        said = said if said == NOT_WHETHER else f"{said}: {NOT_WHICH}"
    return Version(one.name, one.images, promoted, said, at, not known, one.digest, one.body)


def _of_blue(one: PodTemplate, releases: Sequence[PastRelease]) -> Version:
    _, said, at = _fate(one.images, releases)
    return Version(one.name, one.images, True, said or "promoted before", at or one.created_at, not said)


def _of_releases(releases: Sequence[PastRelease]) -> Iterable[Version]:
    for one in releases:
        if one.to_images and one.outcome is Outcome.SUCCEEDED:
            yield Version(f"release-{one.number}", one.to_images, True, f"release {one.number} succeeded", one.at)
        if one.from_images:
            said = f"on blue before release {one.number}"
            yield Version(f"before-release-{one.number}", one.from_images, True, said, one.at)


def _fate(images: Images, releases: Sequence[PastRelease]) -> tuple[bool, str, datetime | None]:
    """Whether it was promoted, in words and when, by the newest release that says so; no words where none does."""
    for one in releases:
        if one.to_images == images and one.outcome in (Outcome.SUCCEEDED, Outcome.FAILED):
            return one.outcome is Outcome.SUCCEEDED, f"release {one.number} {one.outcome}", one.at
        if one.from_images == images:
            return True, f"on blue before release {one.number}", one.at
    return False, "", None


def differences(now: Any, then: Any, place: str = "") -> tuple[Difference, ...]:
    """Of two pod templates, place by place; containers and variables are compared by their names."""
    if isinstance(now, Mapping) and isinstance(then, Mapping):
        names = sorted({*now, *then})
        parts = ((f"{place}.{name}" if place else name, now.get(name), then.get(name)) for name in names)
        return tuple(found for at, one, other in parts for found in differences(one, other, at))
    if _named(now) and _named(then):
        one, other = ({each["name"]: each for each in side} for side in (now, then))
        return tuple(
            found
            for name in {**one, **other}
            for found in differences(one.get(name), other.get(name), f"{place}[{name}]")
        )
    return () if now == then else (Difference(place, _text(now), _text(then)),)


def of_images(target: Workload, images: Images) -> tuple[Difference, ...]:
    """As `differences`, where nothing else is known."""
    return tuple(
        Difference(f"spec.containers[{name}].image", now, then)
        for name, now, then in zip(target.containers, target.images, images, strict=True)
        if now != then
    )


def _named(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(one, Mapping) and "name" in one for one in value)


def _text(value: Any) -> str:
    if value is None:
        return ""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}…"
