"""A policy as texts, one for each field, as a person reads and enters them: `interval`, `metrics-0-maximum`,
`commands-1`, `hooks-0-url`, `alerts-0-name`. The place that one of these had when it was read is the text
`metrics-0-at`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import Field, replace
from typing import Any, TypeVar

from rollouts.domain.policies import matching, reference_lines, request_lines, structures
from rollouts.domain.policies.fields import (
    GATEWAYS,
    IN_ALERT,
    IN_HOOK,
    IN_METRIC,
    LISTS,
    MATCH,
    MIRRORS,
    NUMBER,
    ORIGINS,
    PAIRS,
    SCALARS,
    STRUCTURE,
    WHOLE,
    WHOLES,
    Alert,
    Command,
    Hook,
    Metric,
    RolloutPolicy,
)
from rollouts.domain.policies.layouts import KURATOR, Layout
from rollouts.domain.redaction import HIDDEN

Texts = Mapping[str, str]
ON = "on"
NO_FLAG = "“{}” says neither yes nor no: write “on”, or nothing."
MOST = 50
"""Metrics, commands, webhooks or alerts of one policy, from which on the form adds none."""
LONGEST = 8000
LARGEST = 2**31 - 1
KEPT = "(more than these lines can say: kept as it is)"
LINES: Mapping[str, tuple[Callable[[Any], str | None], Callable[[str], tuple[Any, str]]]] = {
    MATCH: structures.or_lines(matching.lines, matching.parse),
    GATEWAYS: structures.or_lines(reference_lines.gateways, reference_lines.parsed_gateways),
    MIRRORS: structures.or_lines(reference_lines.services, reference_lines.parsed_services),
    STRUCTURE: (structures.shown, structures.parsed),
    PAIRS: (request_lines.pairs, request_lines.parsed_pairs),
    ORIGINS: (request_lines.origins, request_lines.parsed_origins),
}
"""How what is written in lines is shown (None: no lines can say it), and read again."""
_ROW = re.compile(r"(metrics|commands|hooks|alerts)-(\d{1,3})(?:-(\w+))?", re.ASCII)


Entry = TypeVar("Entry", Metric, Hook, Alert)


def shown(policy: RolloutPolicy) -> dict[str, str]:
    texts = {name: _shown(getattr(policy, name), one) for name, one in SCALARS.items()}
    texts |= _shown_of(policy.metrics, IN_METRIC, "metrics") | _shown_of(policy.hooks, IN_HOOK, "hooks")
    texts |= _shown_of(policy.alerts, IN_ALERT, "alerts")
    for row, command in enumerate(policy.commands):
        texts |= {f"commands-{row}-at": _at(command.at), f"commands-{row}": command.text}
    return texts


def _shown_of(entries: Sequence[Entry], fields: Mapping[str, Field[Any]], which: str) -> dict[str, str]:
    texts = {f"{which}-{row}-at": _at(entry.at) for row, entry in enumerate(entries)}
    for row, entry in enumerate(entries):
        texts |= {f"{which}-{row}-{name}": _shown(getattr(entry, name), one) for name, one in fields.items()}
    return texts


def entered(
    before: RolloutPolicy, texts: Texts, layout: Layout = KURATOR
) -> tuple[RolloutPolicy, dict[str, str]]:  # fmt: skip
    """The policy that the texts make of `before`, and by the names of fields what cannot be understood. A text that is
    as it was shown keeps the value, whatever that is, and so does a field of which there is no text, or that is none of
    the object's to change; a metric, command, webhook or alert of which there is none is taken away. Their numbers have
    to be as `numbered` makes them.
    """
    fields = {name: SCALARS[name] for name in layout.scalars if name not in layout.fixed}
    values, wrong = _filled(before, fields, texts, "")
    in_metric = {name: IN_METRIC[name] for name in layout.in_metric}
    in_hook = {name: IN_HOOK[name] for name in layout.in_hook}
    metrics, wrong_metrics = _entries(before.metrics, Metric(), in_metric, texts, "metrics")
    in_alert = {name: IN_ALERT[name] for name in layout.in_alert}
    hooks, wrong_hooks = _entries(before.hooks, Hook(), in_hook, texts, "hooks") if layout.hooks else ((), {})
    alerts, wrong_alerts = _entries(before.alerts, Alert(), in_alert, texts, "alerts") if layout.alerts else ((), {})
    commands = []
    known_commands = {_at(one.at): one for one in before.commands}
    wrong |= wrong_metrics | wrong_hooks | wrong_alerts
    for row in rows(texts, "commands") if layout.commands else ():
        known = known_commands.pop(texts.get(f"commands-{row}-at") or "-", Command(None, ""))
        said = texts.get(f"commands-{row}", "")
        if _same(said, known.text):
            commands.append(known)
            continue
        if sentence := _not_text(said):
            wrong[f"commands-{row}"] = sentence
        commands.append(Command(known.at, _lines(said)))
    made = replace(before, **values, metrics=metrics, commands=tuple(commands), hooks=hooks, alerts=alerts)
    return made, wrong


def _entries(
    before: Sequence[Entry], empty: Entry, fields: Mapping[str, Field[Any]], texts: Texts, which: str
) -> tuple[tuple[Entry, ...], dict[str, str]]:
    made, wrong = list[Entry](), dict[str, str]()
    known = {_at(one.at): one for one in before}
    for row in rows(texts, which):
        entry = known.pop(texts.get(f"{which}-{row}-at") or "-", empty)
        values, wrong_there = _filled(entry, fields, texts, f"{which}-{row}-")
        wrong |= wrong_there
        made.append(replace(entry, **values))
    return tuple(made), wrong


def rows(texts: Texts, which: str) -> list[int]:
    """The numbers of the metrics, commands, webhooks or alerts that there are texts of, in their order."""
    found = {int(one[2]) for name in texts if (one := _ROW.fullmatch(name)) and one[1] == which}
    return sorted(found)


def numbered(texts: Texts) -> dict[str, str]:
    """The same with metrics, commands, webhooks and alerts numbered from 0 on, as those of the policy that is made of
    them.
    """
    places = {(which, row): at for which in LISTS for at, row in enumerate(rows(texts, which))}
    made = {}
    for name, said in texts.items():
        one = _ROW.fullmatch(name)
        if one is None:
            made[name] = said
        elif (one[1], int(one[2])) in places:
            rest = f"-{one[3]}" if one[3] else ""
            made[f"{one[1]}-{places[one[1], int(one[2])]}{rest}"] = said
    return made


def _filled(before: Any, places: Mapping[str, Field[Any]], texts: Texts, prefix: str) -> tuple[dict[str, Any], Any]:
    values, wrong = {}, {}
    for name, one in places.items():
        said = texts.get(prefix + name)
        if said is None or _same(said, _shown(getattr(before, name), one)):
            continue
        value, sentence = _parsed(said, one)
        if sentence:
            wrong[prefix + name] = sentence
        else:
            values[name] = value
    return values, wrong


def _shown(value: Any, one: Field[Any]) -> str:
    if isinstance(value, bool):
        return ON if value else ""
    if (kind := one.metadata.get("kind", "")) in LINES:
        made = LINES[kind][0](value)
        return KEPT if made is None else made
    if isinstance(value, tuple):
        return "\n".join(str(each) for each in value)
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < LARGEST else repr(value)
    return "" if value is None else str(value)


def _parsed(said: str, one: Field[Any]) -> tuple[Any, str]:
    """The value and what is wrong with the text."""
    kind, said = one.metadata.get("kind", ""), _lines(said)
    if sentence := _not_text(said):
        return None, sentence
    if isinstance(one.default, bool):
        return said == ON, "" if said in (ON, "") else NO_FLAG.format(said[:40])
    if kind in (WHOLE, NUMBER):
        return _number(said.strip(), kind)
    if kind in LINES:
        return LINES[kind][1](said)
    if one.default == "":
        return said if "\n" in said.strip() else said.strip(), ""
    parts = [part for line in said.splitlines() for part in line.replace(",", " ").split()]
    if kind != WHOLES:
        return tuple(parts), ""
    found = [_number(part, WHOLE) for part in parts]
    sentence = next((sentence for _, sentence in found if sentence), "")
    return tuple(value for value, _ in found), sentence


def _number(said: str, kind: str) -> tuple[Any, str]:
    if not said:
        return None, ""
    if kind == WHOLE:
        if re.fullmatch(r"-?\d{1,10}", said, re.ASCII) and abs(int(said)) <= LARGEST:
            return int(said), ""
        return None, f"“{said[:40]}” is no whole number."
    try:
        value = float(said.replace("_", "?"))
    except ValueError:
        value = math.nan
    return (value, "") if math.isfinite(value) and abs(value) < 1e300 else (None, f"“{said[:40]}” is no number.")


def _not_text(said: str) -> str:
    if HIDDEN in said:
        return "What may be a secret is hidden in it. Write the whole of it, or leave it as it is."
    if "\0" in said:
        return "It has a character that no text can have."
    return f"It is longer than {LONGEST} characters." if len(said) > LONGEST else ""


def _at(at: int | None) -> str:
    return "" if at is None else str(at)


def _lines(said: str) -> str:
    """A browser ends lines as networks do, whatever ended them before."""
    return said.replace("\r\n", "\n").replace("\r", "\n")


def _same(said: str, known: str) -> bool:
    return _lines(said) == _lines(known)
