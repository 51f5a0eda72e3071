"""What the guided tour says of each step: what it is for, what to do, and how far it is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rollouts import access
from rollouts.domain.readiness.finding import named
from rollouts.domain.tour import FAILING, Member, Stage, Standing, Step, Walk, next_image
from rollouts.queries.tour import Toured
from rollouts.web import tour_ways
from rollouts.web.tour_ways import Way

BRISK = 20
"""Seconds between two checks; with longer ones a release takes minutes more than the tour has."""
SHAPES = {Standing.TODO: ("dot", "todo"), Standing.GOING: ("ring", "run"), Standing.DONE: ("check", "quiet")}
EDITS = "This needs the right to edit policies; in the demo admin has it."
DELETED = (
    "Without it there is nothing to go through. Start the demo anew, with Ctrl-C and make demo: it brings the"
    " application back."
)
UNTOLD = (
    "It does within seconds of its first answer. Or you may not see all of its clusters: then ask an administrator."
)
AWAY = "A cluster that does not answer comes later; in this demo that happens for 40 seconds now and then."
OPERATES = "This needs the right to act; in the demo operator and admin have it."


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
    Stage.FAIL: "Green answers four of ten requests with an error. The checks see it while users are on blue. After as"
    " many failures as the policy allows, green is scaled down. No user has noticed.",
    Stage.CLEAN_UP: "The rollout is taken away step by step, so that users are served at every moment: the target takes"
    " over before blue goes.",
}


def steps(toured: Toured, walk: Walk) -> tuple[StepWords, ...]:
    return tuple(_step(toured, walk, one) for one in walk.steps)


def lead(toured: Toured, walk: Walk) -> str:
    if walk.over and walk.done == len(walk.steps):
        return f"You have been through all of it: {toured.name} is without a rollout again, as it was before."
    if walk.over:
        return f"The rollout is removed, with {walk.done} of {len(walk.steps)} steps done."
    return f"{walk.done} of {len(walk.steps)} steps are done."


def unknown(toured: Toured) -> tuple[str, str] | None:
    """A heading and what can be done about it, where there is nothing to walk with."""
    if toured.bare is not None or toured.row is not None:
        return None
    if toured.gone:
        return f"{toured.name} was deleted", DELETED
    return f"The hub has not told of {toured.name} yet", UNTOLD


def _step(toured: Toured, walk: Walk, one: Step) -> StepWords:
    shape, tone = SHAPES[one.standing]
    is_open = one.stage in _open(toured, walk)
    return StepWords(
        one.stage.value,
        TITLES[one.stage],
        one.standing.value,
        shape,
        tone,
        _said(toured, walk, one),
        WHY[one.stage],
        tuple(_todo(toured, walk, one)) if is_open else (),
        tuple(tour_ways.ways(toured, walk, one)) if is_open else tuple(tour_ways.looking_back(toured, walk, one)),
        _may_not(toured, one.stage) if is_open and one.standing is not Standing.GOING else "",
        walk.now is one.stage,
    )


def _open(toured: Toured, walk: Walk) -> frozenset[Stage | None]:
    """What can be done now: the first step that is not done, and the last one by who has seen enough."""
    if unknown(toured) is not None:
        return frozenset()
    if walk.over:
        return frozenset({Stage.CONFIGURE})
    return frozenset({walk.now} if walk.now is Stage.CONFIGURE else {walk.now, Stage.CLEAN_UP})


def _said(toured: Toured, walk: Walk, one: Step) -> str:
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
        case Stage.TRIGGER | Stage.PROMOTE | Stage.FAIL, Standing.GOING if walk.held:
            return f"It is suspended in {named(walk.held)}: Flagger does nothing there."
        case Stage.PROMOTE | Stage.FAIL, Standing.GOING if walk.running:
            return f"The release runs{f'; it is through in {where}' if one.clusters else ''}."
        case Stage.TRIGGER | Stage.FAIL, Standing.GOING:
            return "The targets have the new version. Flagger begins at its next look."
        case Stage.CLEAN_UP, Standing.GOING:
            return "The removal goes on."
    return "Done." if one.standing is Standing.DONE else ""


def _todo(toured: Toured, walk: Walk, one: Step) -> Iterator[str]:
    going = one.standing is Standing.GOING
    match one.stage:
        case Stage.CONFIGURE:
            yield from _configure(toured)
        case Stage.CLEAN_UP if going:
            yield "Nothing is to be done: it takes half a minute. Follow each step in each cluster."
        case Stage.CLEAN_UP:
            yield from _clean_up(toured.world.members, walk)
        case Stage.TRIGGER | Stage.PROMOTE | Stage.FAIL if going and walk.held:
            yield f"{_resume(walk)} Then the release goes on."
        case Stage.TRIGGER | Stage.FAIL if going and not walk.running:
            yield f"Nothing is to be done: it takes {_interval(toured.world.members)} seconds at most."
        case _ if going:
            yield from _watch_it(one.stage, _interval(toured.world.members))
        case _:
            yield from _release(one.stage, toured.world.members)


def _configure(toured: Toured) -> Iterator[str]:
    if toured.row is not None:
        yield f"Nothing is to be done: wait until blue is ready everywhere, which takes a minute. {AWAY}"
        return
    yield f"Set up {toured.name} on the port of its Service. Nothing is written before you have looked at it."
    yield (
        "In the form, under Analysis, put 10 into the first Interval, so that the tour takes minutes: beside"
        " the form stands what that means."
    )
    yield "See what changes, and apply it to all clusters. Then come back here."


def _watch_it(stage: Stage, interval: int) -> Iterator[str]:
    if stage is Stage.FAIL:
        yield "Open a cluster's rollout and look why its checks fail. The last one that it may fail comes in a minute."
        return
    yield f"Open a cluster's rollout and read what its phase means. Within {interval} seconds something moves."
    yield "Who does not want to wait promotes it at once: Promote now leaves the other checks out."


def _release(stage: Stage, members: tuple[Member, ...]) -> Iterator[str]:
    if stage is Stage.PROMOTE:
        yield "No release runs, and none has succeeded yet."
    word = FAILING if stage is Stage.FAIL else ""
    given = next_image(members, word) or (f"a version with -{word} at its end" if word else "a later version")
    yield f"Give it {given}, in all clusters: choose All at once."
    yield from _slow(_interval(members))


def _interval(members: tuple[Member, ...]) -> int:
    return max((one.interval for one in members), default=0)


def _slow(interval: int) -> Iterator[str]:
    if interval > BRISK:
        yield (
            f"It is checked every {interval} seconds, so a release takes some {8 * interval // 60} minutes. Edit the"
            " policy to have it checked every 10."
        )


def _clean_up(members: tuple[Member, ...], walk: Walk) -> Iterator[str]:
    if walk.held:
        yield f"{_resume(walk)} When the release has ended in all clusters the rollout can be removed."
    elif walk.running or walk.unseen:
        begun = "A release runs" if walk.running else "A release is about to begin"
        yield f"{begun}: wait for its end in all clusters. Then the rollout can be removed."
    elif walk.failed:
        good = next_image(members) or "a later version"
        yield (
            "The target still has the version that failed, and would serve it: a removal refuses that. Release a good"
            f" one first, {good}, all at once, and wait until it has succeeded."
        )
    else:
        yield "Remove the policy's rollout, type the name, and follow each step in each cluster."


def _resume(walk: Walk) -> str:
    return f"Resume it in {named(walk.held)}, by Resume on the page of the rollout there, or however it was suspended."


def _may_not(toured: Toured, stage: Stage) -> str:
    if stage in (Stage.CONFIGURE, Stage.CLEAN_UP):
        return "" if toured.edits else f"{EDITS} {access.whom_to_ask()}"
    return "" if toured.operates or toured.row is None else f"{OPERATES} {access.whom_to_ask()}"
