"""What is said of one act in several clusters: before the click, and how far it has come."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from rollouts.domain.commands import AT_ONCE, Act, Plan, to_type, told_words
from rollouts.domain.earlier import Difference
from rollouts.models import Batch, Command, CommandState
from rollouts.queries.batches import Given
from rollouts.queries.clusters import mark_of
from rollouts.queries.commands import may_be_cancelled
from rollouts.queries.rows import RolloutRow, row
from rollouts.services.act import Part, next_at
from rollouts.web import times
from rollouts.web.command_words import BAD, PatchWords, Stage, plan_words, title

SHAPES = {
    CommandState.WAITING: ("dot", "todo"),
    CommandState.REQUESTED: ("ring", "run"),
    CommandState.ACCEPTED: ("ring", "run"),
    CommandState.OBSERVED: ("check", "quiet"),
    CommandState.CANCELLED: ("close", "quiet"),
}


BEGIN_A_RUN = frozenset({Act.RETRY, Act.NEW_VERSION, Act.CONFIG_VALUE, Act.EARLIER_VERSION})
WHEN_DONE = "each when the one before has come about"
WHEN_BEGUN = "each when the release before has begun. Nobody waits for its end, nor for whether it succeeds"


@dataclass(frozen=True, slots=True)
class Choice:
    """One cluster in the dialog. `value` is what its box sends; empty where there is nothing to choose."""

    row: RolloutRow
    plan: Plan | None
    why_not: str
    value: str
    chosen: bool
    turn: str


@dataclass(frozen=True, slots=True)
class Dialog:
    title: str
    choices: tuple[Choice, ...]
    possible: int
    effect: str
    """When it is the same everywhere."""
    patches: tuple[PatchWords, ...]
    typed: str
    """What has to be typed if all are chosen."""
    in_turn: bool
    """Whether there is a choice of order and pace."""
    undone_by: str
    """When it is the same everywhere."""
    next_when: str
    """When the next one follows."""
    differences: tuple[Difference, ...]
    """What becomes another, when it is the same everywhere."""
    warnings: tuple[str, ...]
    """Those that hold everywhere."""


@dataclass(frozen=True, slots=True)
class Step:
    """One cluster of a batch that was asked for."""

    command: Command
    stage: Stage


@dataclass(frozen=True, slots=True)
class Line:
    batch: Batch
    title: str
    told: str
    """What the act was told, in some words; mostly nothing."""
    pace: str
    steps: tuple[Step, ...]
    summary: str
    next_at: datetime | None
    stoppable: bool


def dialog(
    act: Act, parts: Sequence[Part], refused: Mapping[int, str], chosen: Collection[int] | None,
    turns: Mapping[int, str], now: datetime,
) -> Dialog:  # fmt: skip
    """`refused`: why a person may not act there, by rollout. `chosen`: None when nobody has chosen yet, so all are."""
    choices = tuple(_choice(place, part, refused, chosen, turns, now) for place, part in enumerate(parts, 1))
    plans = [one.plan for one in choices if one.plan is not None]
    effects = {plan.effect for plan in plans}
    keepers = {" ".join(plan.undone_by) for plan in plans}
    differences = {plan.differences for plan in plans}
    return Dialog(
        title(act),
        choices,
        len(plans),
        effects.pop() if len(effects) == 1 else "",
        tuple(words for one in choices if one.plan for words in _patches(one)),
        to_type(plans, parts[0].rollout.application.name) if parts and parts[0].rollout.application else "",
        act not in AT_ONCE,
        keepers.pop() if len(keepers) == 1 else "",
        WHEN_BEGUN if act in BEGIN_A_RUN else WHEN_DONE,
        differences.pop() if len(differences) == 1 else (),
        tuple(one for one in plans[0].warnings if all(one in plan.warnings for plan in plans)) if plans else (),
    )


def _choice(
    place: int, part: Part, refused: Mapping[int, str], chosen: Collection[int] | None, turns: Mapping[int, str],
    now: datetime,
) -> Choice:  # fmt: skip
    one, why_not = part.rollout, refused.get(part.rollout.pk, "")
    plan = part.judged if isinstance(part.judged, Plan) and not why_not else None
    return Choice(
        row(one, mark_of(one.cluster, now), now),
        plan,
        "" if plan else why_not or str(part.judged),
        f"{one.pk}:{part.digest}" if plan else "",
        plan is not None and (chosen is None or one.pk in chosen),
        turns.get(one.pk, str(place)),
    )


def _patches(one: Choice) -> list[PatchWords]:
    said = plan_words(one.plan) if one.plan else []
    return [PatchWords(f"{one.row.cluster.name}: {words.what}", words.form, words.body) for words in said]


def lines(given: Sequence[Given]) -> list[Line]:
    return [line(one) for one in given]


def line(given: Given) -> Line:
    batch, commands = given.batch, given.commands
    counts = Counter(command.get_state_display() for command in commands)
    running = batch.ended_at is None and batch.stopped_at is None
    return Line(
        batch,
        title(batch.act),
        told_words(Act(batch.act), commands[0].choice) if commands else "",
        _pace(batch),
        tuple(Step(command, _stage(command)) for command in commands),
        ", ".join(f"{number} {state}" for state, number in counts.items()),
        next_at(batch, commands),
        running and any(may_be_cancelled(command) for command in commands),
    )


def _pace(batch: Batch) -> str:
    if not batch.in_turn:
        return "all at once"
    pause = f", {times.exact(batch.pause)} between" if batch.pause else ""
    return f"one after the other{pause}"


def _stage(command: Command) -> Stage:
    state = CommandState(command.state)
    shape, tone = ("cross", "bad") if state in BAD else SHAPES[state]
    return Stage(command.get_state_display(), command.ended_at or command.accepted_at, shape, tone)


def said(given: Sequence[Given]) -> str:
    """Of the newest, for who listens."""
    newest = line(given[0]) if given else None
    return f"{newest.title}: {newest.summary}. {newest.batch.sentence}" if newest else ""
