"""Whither the guided tour leads from each of its steps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.urls import reverse
from django.utils.http import urlencode

from rollouts.domain.commands import Act
from rollouts.domain.tour import FAILING, Stage, Standing, Step, Walk, next_image
from rollouts.queries.tour import Toured


@dataclass(frozen=True, slots=True)
class Way:
    """A link."""

    address: str
    label: str


def ways(toured: Toured, walk: Walk, one: Step) -> Iterator[Way]:
    stage, going = one.stage, one.standing is Standing.GOING
    if stage is Stage.CONFIGURE and toured.bare is not None and toured.edits:
        yield Way(_of("set-up", [toured.bare], policy=toured.policy), "Set up blue/green")
    if toured.row is None:
        return
    page = Way(reverse("application", args=[toured.row]), "Open the application")
    match stage:
        case Stage.TRIGGER | Stage.PROMOTE if toured.operates and not going:
            yield _version(toured, "", "Start the release")
        case Stage.FAIL if toured.operates and not going:
            yield _version(toured, FAILING, "Start the release that fails")
        case Stage.PROMOTE | Stage.FAIL if toured.watched is not None:
            yield _watch(toured.watched, "Watch it in")
        case Stage.CLEAN_UP:
            yield from _ways_out(toured, walk)
            return
    yield page


def looking_back(toured: Toured, walk: Walk, one: Step) -> Iterator[Way]:
    if one.stage is Stage.FAIL and walk.failed and not walk.running and toured.watched is not None:
        yield _watch(toured.watched, "See why it failed in")


def _watch(watched: tuple[int, str], said: str) -> Way:
    id, cluster = watched
    return Way(reverse("rollout", args=[id]), f"{said} {cluster}")


def _ways_out(toured: Toured, walk: Walk) -> Iterator[Way]:
    if toured.removal is not None:
        yield Way(reverse("removal", args=[toured.removal]), "Follow the removal")
        return
    if walk.running or walk.unseen:  # what is shown of it would be another by the click
        if toured.watched is not None and walk.now is Stage.CLEAN_UP:
            yield _watch(toured.watched, "Watch it in")
        return
    if walk.failed and toured.operates:
        yield _version(toured, "", "Release a good version")
    if not walk.failed and toured.edits:
        yield Way(_of("policy-remove", [toured.row], policy=toured.policy), "Remove the rollout")


def _version(toured: Toured, word: str, label: str) -> Way:
    """The dialog, filled in."""
    members = toured.world.members
    container = next((one.container for one in members if one.container), "")
    given = {"container": container, "image": next_image(members, word)}
    choice = given if all(given.values()) else {}
    return Way(_of("application-act", [toured.row, Act.NEW_VERSION.value], **choice), label)


def _of(name: str, args: list[object], **query: str) -> str:
    asked = f"?{urlencode(query)}" if query else ""
    return f"{reverse(name, args=args)}{asked}"
