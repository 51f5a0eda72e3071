"""What the guided tour says of each step: what it is for, what to do, and how far it is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.urls import reverse
from django.utils.http import urlencode

from rollouts import access
from rollouts.domain.commands import Act
from rollouts.domain.tour import FAILING, Member, Stage, Standing, Step, Walk, next_image
from rollouts.queries.tour import Toured

BRISK = 20
"""Seconds between two checks; with longer ones a release takes minutes more than the tour has."""
SHAPES = {Standing.TODO: ("dot", "todo"), Standing.GOING: ("ring", "run"), Standing.DONE: ("check", "quiet")}
EDITS = "This needs the right to edit policies; in the demo `admin` has it."
OPERATES = "This needs the right to act; in the demo `operator` and `admin` have it."


@dataclass(frozen=True, slots=True)
class Way:
    """A link."""

    address: str
    label: str


@dataclass(frozen=True, slots=True)
class StepWords:
    """`may_not` is said to who may not do it. `standing` is one word of `Standing`; `shape` and `tone` as of phases."""

    stage: str
    title: str
    standing: str
    shape: str
    tone: str
    said: str
    why: str
    todo: tuple[str, ...]
    ways: tuple[Way, ...]
    may_not: str
    is_next: bool


TITLES = {
    Stage.CONFIGURE: "Configure: set up blue/green",
    Stage.TRIGGER: "Trigger: start a release",
    Stage.PROMOTE: "Promote: watch it take over",
    Stage.FAIL: "Fail: release a version that answers with errors",
    Stage.CLEAN_UP: "Clean up: remove the rollout",
}
WHY = {
    Stage.CONFIGURE: "A policy without a rollout brings new versions to users at once. With one, Flagger keeps a copy"
    " of the workload for the users, blue, and tries every new version beside it first, green.",
    Stage.TRIGGER: "A release begins when the target changes: mostly its image, given by Git or a pipeline. Flagger"
    " sees it at its next look and begins by itself.",
    Stage.PROMOTE: "Green is checked without users, then gets them all, is checked once more, and blue takes its"
    " version over. Users are on blue again in the end, with the new version.",
    Stage.FAIL: "Green answers four of ten requests with an error. The checks see it while users are on blue, and after"
    " as many failures as the policy allows green is scaled down. No user has noticed.",
    Stage.CLEAN_UP: "The rollout is taken away step by step, so that users are served at every moment: the target takes"
    " over before blue goes.",
}


def steps(toured: Toured, walk: Walk) -> tuple[StepWords, ...]:
    return tuple(_step(toured, walk, one) for one in walk.steps)


def lead(walk: Walk) -> str:
    if walk.over:
        return "You have been through all of it, and everything is as it was before."
    return f"{walk.done} of {len(walk.steps)} steps are done."


def _step(toured: Toured, walk: Walk, one: Step) -> StepWords:
    shape, tone = SHAPES[one.standing]
    is_open = one.standing is not Standing.DONE or (walk.over and one.stage is Stage.CONFIGURE)
    return StepWords(
        one.stage.value,
        TITLES[one.stage],
        one.standing.value,
        shape,
        tone,
        _said(toured, one),
        WHY[one.stage],
        tuple(_todo(toured, walk, one.stage)) if is_open else (),
        tuple(_ways(toured, walk, one.stage)) if is_open else (),
        _may_not(toured, one.stage) if is_open else "",
        walk.now is one.stage,
    )


def _said(toured: Toured, one: Step) -> str:
    where = f"{one.clusters} cluster{'' if one.clusters == 1 else 's'}"
    match one.stage, one.standing:
        case Stage.CONFIGURE, Standing.GOING:
            return f"Flagger makes blue: {one.clusters} of {toured.world.selected} clusters are ready."
        case Stage.CONFIGURE, Standing.DONE if one.clusters:
            return f"Blue is ready in {where}."
        case Stage.TRIGGER, Standing.DONE:
            return f"Begun in {where}."
        case Stage.PROMOTE, Standing.DONE:
            return f"Promoted in {where}."
        case Stage.FAIL, Standing.DONE:
            on_blue = all(one.on_blue for one in toured.world.members)
            return f"Failed in {where}{'; users are on blue' if on_blue else ''}."
        case Stage.PROMOTE | Stage.FAIL, Standing.GOING:
            return "The release runs."
        case Stage.CLEAN_UP, Standing.GOING:
            return "The removal goes on."
    return "Done." if one.standing is Standing.DONE else ""


def _todo(toured: Toured, walk: Walk, stage: Stage) -> Iterator[str]:
    members = toured.world.members
    match stage:
        case Stage.CONFIGURE if toured.row is None:
            yield f"Choose {toured.name} by the port of its Service. Nothing is written before you have looked at it."
            yield "In the form put 10 into Interval, so that the tour takes minutes: beside it stands what that means."
            yield "See what changes, and apply it to all clusters. Then come back here."
        case Stage.CONFIGURE:
            yield "Nothing is to be done: wait until blue is ready everywhere, which takes half a minute."
        case Stage.TRIGGER:
            given = next_image(members) or "the version that comes after the present one"
            yield f"Give it {given}, in all clusters and all at once."
            yield from _slow(max((one.interval for one in members), default=0))
        case Stage.PROMOTE:
            yield "Open a cluster's rollout and read what its phase means. Within ten seconds something moves."
            yield "Who does not want to wait promotes it at once: Promote now leaves the other checks out."
        case Stage.FAIL:
            given = next_image(members, FAILING) or f"a version with -{FAILING} at its end"
            yield f"Give it {given}, all at once, and look why it fails."
        case Stage.CLEAN_UP:
            yield from _clean_up(members, walk)


def _slow(interval: int) -> Iterator[str]:
    if interval > BRISK:
        yield f"It is checked every {interval} seconds, so a release takes some {8 * interval // 60} minutes. Edit the"
        " policy to have it checked every 10."


def _clean_up(members: tuple[Member, ...], walk: Walk) -> Iterator[str]:
    if walk.failed:
        good = next_image(members) or "a later version"
        yield (
            "The target still has the version that failed, and would serve it: a removal refuses that. Release a good"
            f" one first, {good}, all at once, and wait until it has succeeded."
        )
    if walk.running:
        yield "A release runs: wait for its end in all clusters."
    yield "Remove the policy's rollout, type the name, and follow each step in each cluster."


def _ways(toured: Toured, walk: Walk, stage: Stage) -> Iterator[Way]:
    if stage is Stage.CONFIGURE and toured.bare is not None and toured.edits:
        yield Way(_of("set-up", [toured.bare], policy=toured.policy), "Set up blue/green")
    if toured.row is None:
        return
    page = Way(reverse("application", args=[toured.row]), "Open the application")
    match stage:
        case Stage.TRIGGER if toured.operates:
            yield _version(toured, "", "Start the release")
        case Stage.FAIL if toured.operates:
            yield _version(toured, FAILING, "Start the release that fails")
        case Stage.CLEAN_UP:
            yield from _ways_out(toured, walk)
            return
    yield page


def _ways_out(toured: Toured, walk: Walk) -> Iterator[Way]:
    if toured.removal is not None:
        yield Way(reverse("removal", args=[toured.removal]), "Follow the removal")
        return
    if walk.running:  # what is shown of it would be another by the click
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


def _may_not(toured: Toured, stage: Stage) -> str:
    if stage in (Stage.CONFIGURE, Stage.CLEAN_UP):
        return "" if toured.edits else f"{EDITS} {access.whom_to_ask()}"
    return "" if toured.operates or toured.row is None else f"{OPERATES} {access.whom_to_ask()}"
