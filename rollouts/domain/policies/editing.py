"""What a person makes of a policy: the texts of a form, judged, and set against what has become of it meanwhile."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from rollouts.domain.observations import Strategy
from rollouts.domain.policies.entering import Texts, entered, shown
from rollouts.domain.policies.fields import (
    IN_ALERT,
    IN_HOOK,
    IN_METRIC,
    LISTS,
    SCALARS,
    Alert,
    Command,
    Hook,
    Metric,
    RolloutPolicy,
)
from rollouts.domain.policies.findings import Finding
from rollouts.domain.policies.layouts import KURATOR, Layout
from rollouts.domain.policies.reading import Obj, read
from rollouts.domain.policies.rules import judged
from rollouts.domain.policies.strategies import dropped, strategy_of, without_effect

NEW = 1000
"""Places from here on are of metrics, commands, webhooks and alerts that are not in the policy yet."""
STRATEGY = "strategy"
"""The text that says which strategy was chosen: no field of the object says so."""
WHOM = "Say whom the test is for: without that it is no A/B test, but blue/green."


@dataclass(frozen=True, slots=True)
class Edit:
    """`dropped` are the names of fields that the chosen strategy or provider does nothing with."""

    before: RolloutPolicy
    after: RolloutPolicy
    strategy: Strategy | None
    dropped: tuple[str, ...]
    findings: tuple[Finding, ...]
    layout: Layout = KURATOR

    @property
    def wrong(self) -> tuple[Finding, ...]:
        return tuple(one for one in self.findings if one.wrong)


def edited(base: Obj, texts: Texts, layout: Layout = KURATOR) -> Edit:
    """`base` is the policy as it was shown; `texts` have their metrics, commands and webhooks numbered
    (`entering.numbered`).
    """
    before = read(base, layout)
    after, not_understood = entered(before, texts, layout)
    present = strategy_of(before)
    chosen = next((one for one in Strategy if one == texts.get(STRATEGY)), present)
    names: tuple[str, ...] = ()
    if chosen is not present or after.provider != before.provider:
        names = without_effect(after, chosen, after.provider)
    after = dropped(after, names)
    findings = [Finding(name, said) for name, said in not_understood.items()]
    findings += [one for one in judged(after, layout) if one.field not in not_understood]
    if chosen is Strategy.AB_TESTING and not after.match and "match" not in not_understood:
        findings.append(Finding("match", WHOM))
    return Edit(before, after, chosen, names, tuple(findings), layout)


def rebased(edit: Edit, current: RolloutPolicy) -> RolloutPolicy:
    """What the person has changed, in the policy as it is now. Metrics, webhooks and alerts are found again by names,
    commands by their texts: of each only what the person has changed becomes another.
    """
    before, after = edit.before, edit.after
    mine = {name: getattr(after, name) for name in SCALARS if getattr(after, name) != getattr(before, name)}
    return replace(
        current,
        **mine,
        metrics=_merged(before.metrics, after.metrics, current.metrics, "name", IN_METRIC),
        commands=_merged(before.commands, after.commands, current.commands, "text", ("text",)),
        hooks=_merged(before.hooks, after.hooks, current.hooks, "name", IN_HOOK),
        alerts=_merged(before.alerts, after.alerts, current.alerts, "name", IN_ALERT),
    )


Entry = TypeVar("Entry", Metric, Command, Hook, Alert)


def _merged(
    before: Sequence[Entry], after: Sequence[Entry], current: Sequence[Entry], key: str, fields: Iterable[str]
) -> tuple[Entry, ...]:
    """Of one that others took away and the person changed, the person's comes back as a new one. What both have called
    alike, or added alike, is there once.
    """
    mine: dict[int | None, Entry] = {one.at: one for one in after if one.at is not None}
    left, made, theirs = list(before), list[Entry](), list[Entry]()
    present = {getattr(one, key) for one in current}
    for one in current:
        was = next((known for known in left if getattr(known, key) == getattr(one, key)), None)
        gone = (known for known in left if getattr(known, key) not in present and known.at in mine)
        was = was or next((known for known in gone if getattr(mine[known.at], key) == getattr(one, key)), None)
        if was is None:
            made.append(one)
            theirs.append(replace(one, at=None))
            continue
        left.remove(was)
        if (wanted := mine.get(was.at)) is not None:
            made.append(replace(one, **{name: getattr(wanted, name) for name in fields if _differ(was, wanted, name)}))
    back = [replace(mine[was.at], at=None) for was in left if was.at in mine and mine[was.at] != was]
    new = [one for one in after if one.at is None and one not in theirs]
    return tuple(made + back + new)


def _differ(one: object, other: object, name: str) -> bool:
    return bool(getattr(one, name) != getattr(other, name))


@dataclass(frozen=True, slots=True)
class Change:
    """One field, by its name. An empty text is nothing; `other` is what somebody else has made of it meanwhile."""

    field: str
    now: str
    then: str
    other: str = ""


def changes(before: RolloutPolicy, after: RolloutPolicy) -> tuple[Change, ...]:
    """Field by field, those of a metric under the place that it has in the policy that has it."""
    one, other = _by_place(before), _by_place(after)
    names = [*one, *(name for name in other if name not in one)]
    return tuple(
        Change(name, one.get(name, ""), other.get(name, ""))
        for name in names
        if one.get(name, "") != other.get(name, "")
    )


def three_ways(before: RolloutPolicy, current: RolloutPolicy, mine: RolloutPolicy) -> tuple[Change, ...]:
    """Every field that somebody else has changed since it was shown: as it was, as the person has it, and as it is."""
    texts = _by_place(mine)
    return tuple(Change(one.field, one.now, texts.get(one.field, ""), one.then) for one in changes(before, current))


def _places(known: Sequence[int | None]) -> Mapping[int, int]:
    return {row: at if at is not None else NEW + row for row, at in enumerate(known)}


def _by_place(policy: RolloutPolicy) -> Mapping[str, str]:
    """The texts by names with places: an entry that was taken away leaves a hole, and a new one comes last."""
    places = {which: _places([one.at for one in getattr(policy, which)]) for which in LISTS}
    found = {}
    for name, said in shown(policy).items():
        first, _, rest = name.partition("-")
        if first in places and not name.endswith("-at"):
            row, _, inner = rest.partition("-")
            found["-".join(filter(None, (first, str(places[first][int(row)]), inner)))] = said
        elif first not in places:
            found[name] = said
    return found
