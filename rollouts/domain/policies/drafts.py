"""What a person makes of a policy, put into the policy as it is by now: what others have changed meanwhile stays, and
nobody's change of the same field is written over.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from rollouts.domain.policies.editing import NEW, Change, Edit, Entry, changes, edited, rebased, three_ways
from rollouts.domain.policies.entering import Texts, shown
from rollouts.domain.policies.fields import SCALARS, Alert, Command, Hook, Metric, RolloutPolicy
from rollouts.domain.policies.layouts import KURATOR, Layout
from rollouts.domain.policies.reading import Obj, read
from rollouts.domain.policies.rules import judged
from rollouts.domain.policies.writing import Operation, applied, write
from rollouts.domain.redaction import HIDDEN, hide

WOULD_BE_LOST = (
    "What somebody else has taken away meanwhile would come back, and what may be a secret is hidden in it. Write the"
    " whole of it anew, or take it away too."
)


@dataclass(frozen=True, slots=True)
class Draft:
    """`base` is the policy as it was looked at, with whatever may be secret hidden; None: there was none. `texts` are
    those of the form, and may hold a secret that was entered.
    """

    base: Obj | None
    texts: Texts = field(repr=False)
    layout: Layout = KURATOR

    @property
    def digest(self) -> str:
        return hashlib.sha256(json.dumps([self.base, sorted(self.texts.items())], sort_keys=True).encode()).hexdigest()

    @property
    def edit(self) -> Edit:
        return edited(self.base or {}, self.texts, self.layout)


@dataclass(frozen=True, slots=True)
class Fitted:
    """What makes the present policy say what the draft says. No operation: it says so already. `then` is the whole of
    it as it will be.
    """

    operations: tuple[Operation, ...]
    then: Obj


@dataclass(frozen=True, slots=True)
class Clash:
    """Why the draft cannot be put into the present policy. `fields` were changed by somebody else too."""

    said: str
    fields: tuple[Change, ...] = ()


def fitted(draft: Draft, current: Obj | None) -> Fitted | Clash:
    """`current` has hidden whatever may be secret, as `base` has. None: there is no policy now."""
    if draft.base is None:
        found = _new(draft, current)
    elif current is None:
        return Clash("There is no such policy any more.")
    else:
        found = _into(draft, current)
    if isinstance(found, Fitted) and any(HIDDEN in str(one.get("value")) for one in found.operations):
        return Clash(WOULD_BE_LOST)
    return found


def _into(draft: Draft, current: Obj) -> Fitted | Clash:
    edit, present = draft.edit, read(current, draft.layout)
    if edit.wrong:
        return Clash(f"The policy cannot be that way: {edit.wrong[0].said}")
    if is_in(draft, current):
        return Fitted((), current)
    theirs = three_ways(edit.before, present, edit.after)
    mine = {one.field for one in changes(edit.before, edit.after)}
    if both := tuple(one for one in theirs if one.field in mine and one.other != one.then):
        return Clash("Somebody else has changed the same meanwhile.", both)
    after = rebased(edit, present)
    if wrong := [one for one in judged(after, draft.layout) if one.wrong]:
        return Clash(f"With what somebody else has changed meanwhile it cannot be that way: {wrong[0].said}")
    operations = write(current, present, after, draft.layout)
    return Fitted(operations, applied(current, operations))


def is_in(draft: Draft, current: Obj) -> bool:
    """Whether every field that the draft changes says in the present policy what the draft makes of it, as far as it is
    shown: what may be secret is hidden in both. False where nothing else is changed: nobody can tell then.
    """
    return bool(changes(draft.edit.before, _hidden(draft))) and not lacking(draft, current)


def lacking(draft: Draft, current: Obj) -> tuple[Change, ...]:
    """Of each field that the draft changes and that says something else now: what it says, and what the draft says. A
    metric, a webhook and an alert are known by their names, a command by its text: others may have given it another
    place.
    """
    edit, whole, present = draft.edit, _hidden(draft), read(current, draft.layout)
    found, wanted = shown(present), shown(whole)
    mine = [name for name in SCALARS if getattr(whole, name) != getattr(edit.before, name)]
    scalars = [Change(name, found[name], wanted[name]) for name in mine if found[name] != wanted[name]]
    metrics = _entries(edit.before.metrics, edit.after.metrics, whole.metrics, present.metrics, "metrics-{}-name")
    commands = _entries(edit.before.commands, edit.after.commands, whole.commands, present.commands, "commands-{}")
    hooks = _entries(edit.before.hooks, edit.after.hooks, whole.hooks, present.hooks, "hooks-{}-name")
    alerts = _entries(edit.before.alerts, edit.after.alerts, whole.alerts, present.alerts, "alerts-{}-name")
    return (*scalars, *metrics, *commands, *hooks, *alerts)


def _hidden(draft: Draft) -> RolloutPolicy:
    """The base as the draft makes it, with hidden whatever may be secret."""
    edit, base = draft.edit, draft.base or {}
    return read(hide(applied(base, write(base, edit.before, edit.after, draft.layout))), draft.layout)


def _entries(
    before: Sequence[Entry], after: Sequence[Entry], whole: Sequence[Entry], present: Sequence[Entry], name: str
) -> Iterator[Change]:
    """`whole` has the entries of `after` as `write` puts them, known places first, with hidden what may be secret."""
    was = {one.at: one for one in before}
    there = [replace(one, at=None) for one in present]
    as_written = sorted(enumerate(after), key=lambda each: NEW if each[1].at is None else each[1].at)
    for (row, one), wanted in zip(as_written, whole, strict=True):
        if (one.at is None or one != was[one.at]) and replace(wanted, at=None) not in there:
            yield Change(name.format(row), "", _key(wanted))
    kept, left = {one.at for one in after}, {_key(one) for one in whole}
    for gone in before:
        if gone.at not in kept and _key(gone) not in left and _key(gone) in {_key(one) for one in present}:
            yield Change(name.format(gone.at), _key(gone), "")


def _key(one: Metric | Command | Hook | Alert) -> str:
    return one.text if isinstance(one, Command) else one.name


def _new(draft: Draft, current: Obj | None) -> Fitted | Clash:
    edit = draft.edit
    if edit.wrong:
        return Clash(f"The policy cannot be that way: {edit.wrong[0].said}")
    whole: dict[str, Any] = applied({}, write({}, edit.before, edit.after))
    if current is None:
        return Fitted(({"op": "add", "path": "", "value": whole},), whole)
    if read(hide(whole)) == read(current):
        return Fitted((), current)
    return Clash("Somebody else has made such a policy meanwhile.")
