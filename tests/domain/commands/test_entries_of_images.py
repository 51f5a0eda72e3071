"""Entries of `kustomization.images`: which is for an image, and what is written to make it say another one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from rollouts.domain.commands.image_entries import comes_to, entry, name_for, operations, says, trouble, written
from rollouts.domain.kurator import ImageEntry, Kustomization, Policy

APP, NEWER = "registry.test/shop/app", "mirror.test/shop/app"
DIGEST = f"sha256:{'ab' * 32}"
OTHER = ImageEntry("registry.test/shop/sidecar", new_tag="3")


def kustomization(*entries: ImageEntry) -> Kustomization:
    return Kustomization(images=entries)


class TestTheNameOfTheEntry:
    @pytest.mark.parametrize(
        ("present", "entries", "name"),
        [
            ({f"{APP}:1"}, None, APP),
            ({f"{APP}:1"}, (), APP),
            ({f"{APP}:1"}, (OTHER,), APP),
            ({f"{APP}:1", f"{APP}:2"}, (OTHER,), APP),
            ({f"{APP}@{DIGEST}"}, (OTHER,), APP),
            ({"registry.test:5000/app:1"}, (), "registry.test:5000/app"),
            ({f"{APP}:1"}, (OTHER, ImageEntry(APP, new_tag="1")), APP),
            # The entry has given the present name: Git has the one that it is for.
            ({f"{NEWER}:1"}, (ImageEntry(APP, NEWER, "1"), OTHER), APP),
            # Not applied yet, or not everywhere.
            ({f"{APP}:1"}, (ImageEntry(APP, NEWER, "1"),), APP),
            ({f"{APP}:1", f"{NEWER}:1"}, (ImageEntry(APP, NEWER, "1"),), APP),
        ],
    )
    def test_is_that_which_git_has(self, present: set[str], entries: tuple[ImageEntry, ...] | None, name: str) -> None:
        assert name_for(present, Kustomization(images=entries)) == (name, "")

    @pytest.mark.parametrize(
        ("present", "found", "said"),
        [
            ({f"{APP}:1", f"{NEWER}:1"}, kustomization(OTHER), "which of them Git has is not known"),
            ({f"{APP}:1", f"{NEWER}:1"}, kustomization(ImageEntry(APP, new_tag="1")), "which of them Git has is not"),
            ({f"{APP}:1"}, kustomization(ImageEntry(APP), ImageEntry(APP, new_tag="2")), "Several entries"),
            ({f"{APP}:1"}, kustomization(ImageEntry(NEWER, APP), ImageEntry(APP, new_tag="2")), f"{NEWER} to {APP}"),
            ({f"{APP}:1"}, Kustomization(unread=True), "cannot be read"),
        ],
    )
    def test_is_none_where_it_cannot_be_told(self, present: set[str], found: Kustomization, said: str) -> None:
        name, why_not = name_for(present, found)
        assert (name, said in why_not) == ("", True), why_not


@pytest.mark.parametrize(
    ("name", "image", "said", "comes"),
    [
        (APP, f"{APP}:2", {"name": APP, "newTag": "2"}, f"{APP}:2"),
        (APP, f"{NEWER}:2", {"name": APP, "newName": NEWER, "newTag": "2"}, f"{NEWER}:2"),
        (APP, f"{APP}@{DIGEST}", {"name": APP, "digest": DIGEST}, f"{APP}@{DIGEST}"),
        (APP, f"{APP}:2@{DIGEST}", {"name": APP, "digest": DIGEST}, f"{APP}@{DIGEST}"),
        ("app", "registry.test:5000/app:2", {"name": "app", "newName": "registry.test:5000/app", "newTag": "2"}, None),
    ],
)
def test_an_entry_has_what_the_image_says_and_no_more(
    name: str, image: str, said: dict[str, str], comes: str | None
) -> None:
    assert written(entry(name, image)) == said
    assert comes_to(image) == (comes or image)


AT = "/kustomization/images"


@pytest.mark.parametrize(
    ("before", "image", "written_ops"),
    [
        (None, f"{APP}:2", [("add", AT, [{"name": APP, "newTag": "2"}])]),
        ((), f"{APP}:2", [("add", f"{AT}/-", {"name": APP, "newTag": "2"})]),
        ((OTHER,), f"{APP}:2", [("add", f"{AT}/-", {"name": APP, "newTag": "2"})]),
        (
            (OTHER, ImageEntry(APP, new_tag="1")),
            f"{APP}:2",
            [("test", f"{AT}/1/name", APP), ("add", f"{AT}/1/newTag", "2")],
        ),
        (
            (ImageEntry(APP, new_tag="1"),),
            f"{APP}@{DIGEST}",
            [("test", f"{AT}/0/name", APP), ("remove", f"{AT}/0/newTag", None), ("add", f"{AT}/0/digest", DIGEST)],
        ),
        (
            (ImageEntry(APP, digest=DIGEST),),
            f"{NEWER}:2",
            [
                ("test", f"{AT}/0/name", APP),
                ("add", f"{AT}/0/newName", NEWER),
                ("add", f"{AT}/0/newTag", "2"),
                ("remove", f"{AT}/0/digest", None),
            ],
        ),
        (
            (ImageEntry(APP, NEWER, "1"),),
            f"{APP}:1",
            [("test", f"{AT}/0/name", APP), ("remove", f"{AT}/0/newName", None)],
        ),
    ],
)
def test_only_what_becomes_another_is_written(
    before: tuple[ImageEntry, ...] | None, image: str, written_ops: list[tuple[str, str, Any]]
) -> None:
    made: list[Mapping[str, Any]] = list(operations(Kustomization(images=before), APP, image))
    assert [(one["op"], one["path"], one.get("value")) for one in made] == written_ops


def test_what_the_policy_says_already_is_known() -> None:
    policy = Policy(0, "p", "shop", "app", "app", "f", kustomization=kustomization(OTHER, ImageEntry(APP, new_tag="2")))
    assert says(policy, APP, f"{APP}:2")
    assert not says(policy, APP, f"{APP}:3")
    assert not says(Policy(0, "p", "shop", "app", "app", "f"), APP, f"{APP}:2")


@pytest.mark.parametrize(
    ("image", "said"),
    [
        (f"{APP}:2", ""),
        (f"{APP}@{DIGEST}", ""),
        (APP, "Give a tag or a digest"),
        ("", "Give the whole image"),
        ("App:2", "cannot stand in the name"),
        (f"{APP}:-2", "is not a tag"),
        (f"{APP}@sha256:ab", "is not a digest"),
    ],
)
def test_an_image_has_to_say_its_version(image: str, said: str) -> None:
    assert trouble(image).startswith(said) if not said else said in trouble(image)
