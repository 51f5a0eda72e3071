"""What a person changes of one policy, changed of another one too: the fields alone, not the rest of the text."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from rollouts.domain.policies.copying import HOSTS, IS_NOT_KNOWN, WORKLOAD, NotTaken, asking_green_of
from rollouts.domain.policies.drafts import Draft
from rollouts.domain.policies.editing import STRATEGY, Edit, changes
from rollouts.domain.policies.entering import shown
from rollouts.domain.policies.fields import PLACED, PLACED_IN_METRIC, Command, Metric, RolloutPolicy
from rollouts.domain.policies.findings import Finding
from rollouts.domain.policies.known import Known
from rollouts.domain.policies.reading import Obj, read
from rollouts.domain.policies.strategies import strategy_of

IS_OWN = "it is each policy's own"
NO_METRIC = "this policy has no metric of that name"
HAS_METRIC = "this policy has a metric of that name, which stays as it is"
NO_COMMAND = "this policy has no such command"


@dataclass(frozen=True, slots=True)
class Carried:
    """`draft` is the change of the other policy. `not_taken` has no place there."""

    draft: Draft
    edit: Edit
    not_taken: tuple[NotTaken, ...]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """`wrong`: what would keep it from working. None: nothing would change."""

    wrong: Finding | None
    not_taken: tuple[NotTaken, ...]


def carried(draft: Draft, current: Obj, known: Known) -> Carried | LeftOut:
    """`current` is the other policy. Metrics are known by their names, commands by their texts, where each asks green
    of its own workload. What is each policy's own (workload, hosts) and what the hub there does not know is not taken.
    """
    edit, present = draft.edit, read(current)
    left = list[NotTaken]()
    values = dict(_values(edit, known, left.append))
    policy = replace(
        present,
        **values,
        metrics=tuple(_metrics(edit, present.metrics, known, left.append)),
        commands=tuple(_commands(edit, present, left.append)),
    )
    switched = edit.strategy is not None and edit.strategy is not strategy_of(edit.before)
    texts = {**shown(policy), STRATEGY: edit.strategy.value if switched and edit.strategy else ""}
    made = Draft(current, texts)
    found = made.edit
    if not changes(found.before, found.after):
        return LeftOut(None, tuple(left))
    if found.wrong:
        return LeftOut(found.wrong[0], tuple(left))
    return Carried(made, found, tuple(left))


Leave = Callable[[NotTaken], None]


def _values(edit: Edit, known: Known, leave: Leave) -> Iterator[tuple[str, Any]]:
    for name, one in PLACED.items():
        wanted = getattr(edit.after, name)
        if wanted == getattr(edit.before, name) or name in edit.dropped:  # of the other one its own are dropped
            continue
        if name in (*WORKLOAD, *HOSTS):
            leave(NotTaken(name, IS_OWN))
        elif wanted != one.default and not known.has(name):
            leave(NotTaken(name, IS_NOT_KNOWN))
        else:
            yield name, wanted


def _metrics(edit: Edit, present: Sequence[Metric], known: Known, leave: Leave) -> Iterator[Metric]:
    was = {one.at: one for one in edit.before.metrics}
    mine = {was[one.at].name: (was[one.at], one) for one in edit.after.metrics if one.at is not None}
    gone = {one.name for one in edit.before.metrics} - mine.keys()
    names = {one.name for one in present}
    for one in present:
        if one.name in mine:
            yield _changed(one, *mine[one.name], known, leave)
        elif one.name not in gone:
            yield one
    for before, after in mine.values():
        if before != after and before.name not in names:
            leave(NotTaken("metrics", NO_METRIC, before.name))
    for one in (each for each in edit.after.metrics if each.at is None):
        if one.name in names - gone:
            leave(NotTaken("metrics", HAS_METRIC, one.name))
        else:
            yield replace(_changed(Metric(), Metric(), one, known, leave), at=None)


def _changed(present: Metric, before: Metric, after: Metric, known: Known, leave: Leave) -> Metric:
    values = dict[str, Any]()
    for name, one in PLACED_IN_METRIC.items():
        wanted = getattr(after, name)
        if wanted == getattr(before, name):
            continue
        if wanted != one.default and not known.has(f"metrics-{name}"):
            leave(NotTaken(f"metrics-{name}", IS_NOT_KNOWN, after.name))
        else:
            values[name] = wanted
    return replace(present, **values)


def _commands(edit: Edit, present: RolloutPolicy, leave: Leave) -> Iterator[Command]:
    def own(text: str) -> str:
        return asking_green_of(text, edit.before, present)

    was = {one.at: own(one.text) for one in edit.before.commands}
    mine = {was[one.at]: own(one.text) for one in edit.after.commands if one.at is not None}
    gone = set(was.values()) - mine.keys()
    texts = {one.text for one in present.commands}
    for one in present.commands:
        if one.text not in gone:
            yield replace(one, text=mine.get(one.text, one.text))
    for before, after in mine.items():
        if before != after and before not in texts:
            leave(NotTaken("commands", NO_COMMAND, before))
    for new in (own(one.text) for one in edit.after.commands if one.at is None):
        if new not in texts:
            yield Command(None, new)
