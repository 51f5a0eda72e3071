"""The guided tour: which of its steps one application has been through, told from nothing but what was observed.

Whoever walks it sets up blue/green for an application that has none, releases a good version and one that fails, and
removes the rollout again. That ends a round, and leaves everything as it was for the next one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from rollouts.domain import images
from rollouts.domain.observations import Phase
from rollouts.domain.phases import RUNNING
from rollouts.domain.rollout import Outcome

FAILING = "errors"
"""What the demo answers with errors has this word in its tag."""
UNTOUCHED = frozenset({Phase.UNSET, Phase.INITIALIZING, Phase.UNKNOWN})


class Stage(StrEnum):
    CONFIGURE = "configure"
    TRIGGER = "trigger"
    PROMOTE = "promote"
    FAIL = "fail"
    CLEAN_UP = "clean-up"


class Standing(StrEnum):
    TODO = "todo"
    GOING = "going"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Member:
    """One cluster's rollout as it is now. `image` is that of its target, empty while it was not read; `on_blue`: all of
    its users are; `unseen`: its target has a version that Flagger has not begun with; `suspended`: and does not until
    somebody resumes it.
    """

    cluster: str
    phase: str
    interval: int = 0
    container: str = ""
    image: str = ""
    on_blue: bool = True
    unseen: bool = False
    suspended: bool = False

    @property
    def is_held(self) -> bool:
        return self.suspended and (self.unseen or self.phase in RUNNING)


@dataclass(frozen=True, slots=True)
class Run:
    """A release, of any round."""

    cluster: str
    outcome: str
    begun_at: datetime


@dataclass(frozen=True, slots=True)
class Leaving:
    """A removal of the rollout. `ended_at` is None while it goes on; one that ended without being done is no
    `done`.
    """

    done: bool
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class World:
    """What is known of the application. `selected` is how many clusters its policy selects, `governed` whether it has a
    rollout now.
    """

    governed: bool
    selected: int
    members: tuple[Member, ...] = ()
    runs: tuple[Run, ...] = ()
    leavings: tuple[Leaving, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """`clusters` is in how many of them it is done."""

    stage: Stage
    standing: Standing
    clusters: int = 0


@dataclass(frozen=True, slots=True)
class Walk:
    """`over`: the round has ended, and the next one has not begun. Nothing can be cleaned up yet where targets have a
    version that `failed`, or a release is `running` or about to (`unseen`). `held` are the clusters where that does not
    go on, since it is suspended.
    """

    steps: tuple[Step, ...]
    over: bool
    failed: bool
    running: bool
    unseen: bool = False
    held: tuple[str, ...] = ()

    @property
    def now(self) -> Stage | None:
        """The first one that is not done."""
        return next((one.stage for one in self.steps if one.standing is not Standing.DONE), None)

    @property
    def done(self) -> int:
        return sum(one.standing is Standing.DONE for one in self.steps)


def walk(world: World) -> Walk:
    ends = sorted(one.ended_at for one in world.leavings if one.done and one.ended_at is not None)
    over = bool(ends) and not world.governed and not world.members
    since = ends[-2] if over and len(ends) > 1 else ends[-1] if ends and not over else None
    runs = [one for one in world.runs if since is None or one.begun_at > since]
    leaving = any(one.ended_at is None for one in world.leavings)
    unseen = any(one.unseen for one in world.members)
    made = (
        _configured(world, over), _triggered(runs, unseen), *_judged(runs, unseen), _cleaned(world, over, leaving)
    )  # fmt: skip
    phases = {one.phase for one in world.members}
    held = tuple(one.cluster for one in world.members if one.is_held)
    return Walk(made, over, Phase.FAILED in phases, not RUNNING.isdisjoint(phases), unseen, held)


def _standing(*, done: bool, going: bool) -> Standing:
    if done:
        return Standing.DONE
    return Standing.GOING if going else Standing.TODO


def _configured(world: World, over: bool) -> Step:
    ready = sum(one.phase not in UNTOUCHED for one in world.members)
    whole = bool(world.members) and ready >= max(world.selected, len(world.members))
    going = world.governed or bool(world.members)
    return Step(Stage.CONFIGURE, _standing(done=over or whole, going=going), ready)


def _triggered(runs: list[Run], unseen: bool) -> Step:
    return Step(Stage.TRIGGER, _standing(done=bool(runs), going=unseen), _clusters(runs))


def _judged(runs: list[Run], unseen: bool) -> tuple[Step, Step]:
    """A release that runs is taken for the good one until there was a good one in its cluster."""
    good = [one for one in runs if one.outcome == Outcome.SUCCEEDED]
    bad = [one for one in runs if one.outcome == Outcome.FAILED]
    going = {one.cluster for one in runs if one.outcome == Outcome.RUNNING}
    after = bool(going & {one.cluster for one in good})
    goes_on = bool(going) and (not good or not (after or bad))
    promoted = _standing(done=bool(good) and not goes_on, going=goes_on)
    failed = _standing(done=bool(bad), going=after or (unseen and promoted is Standing.DONE))
    return Step(Stage.PROMOTE, promoted, _clusters(good)), Step(Stage.FAIL, failed, _clusters(bad))


def _cleaned(world: World, over: bool, leaving: bool) -> Step:
    return Step(Stage.CLEAN_UP, _standing(done=over, going=leaving))


def _clusters(runs: Iterable[Run]) -> int:
    return len({one.cluster for one in runs})


def next_image(members: Iterable[Member], word: str = "") -> str:
    """A version after all that the targets have, `word` at its end; empty where no tag is one of three numbers."""
    known = [(version, name) for one in members for name, version in [_version(one.image)] if version]
    if not known:
        return ""
    (major, minor, _), name = max(known)
    return f"{name}:{major}.{minor + 1}.0{f'-{word}' if word else ''}"


def _version(image: str) -> tuple[str, tuple[int, int, int] | None]:
    name, tag, _ = images.parts(image)
    numbers = (tag or "").partition("-")[0].split(".")
    if len(numbers) != 3 or not all(one.isascii() and one.isdigit() and len(one) < 10 for one in numbers):
        return name, None
    major, minor, patch = map(int, numbers)
    return name, (major, minor, patch)
