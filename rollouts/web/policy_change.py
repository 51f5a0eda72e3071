"""What a change of a policy is, for a person to look at before it goes anywhere: its fields, the lines of YAML that
become others, the patch, and whom it reaches.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from rollouts.domain.commands import Governed
from rollouts.domain.commands.canary_editing import reach_of_canary
from rollouts.domain.commands.governed import warnings_of_clusters
from rollouts.domain.commands.policy_editing import reach
from rollouts.domain.ownership import Owner, OwnerKind
from rollouts.domain.policies.editing import NEW, Change, changes
from rollouts.domain.policies.fields import LISTS, RolloutPolicy
from rollouts.domain.policies.layouts import KURATOR, Layout
from rollouts.domain.policies.reading import Obj, read
from rollouts.domain.policies.writing import Operation, applied, write
from rollouts.domain.redaction import HIDDEN
from rollouts.web.policy_labels import label_of

WIDTH = 110
KEEPERS = {OwnerKind.FLUX: "Flux", OwnerKind.ARGO_CD: "Argo CD", OwnerKind.HELM: "Helm"}


@dataclass(frozen=True, slots=True)
class ChangeLine:
    label: str
    place: str
    now: str
    then: str
    other: str


@dataclass(frozen=True, slots=True)
class PolicyChange:
    """`lines` are of the `rollout`, or the `spec`, as YAML, each with its mark: ` `, `-`, `+` or `@`."""

    fields: tuple[ChangeLine, ...]
    lines: tuple[tuple[str, str], ...]
    patch: str
    whole: str
    warnings: tuple[str, ...]


def change(governed: Governed, found: Obj | None, after: RolloutPolicy) -> PolicyChange:
    """`found` is the policy now; None where there is none yet."""
    rollout, layout = found or {}, governed.layout
    before = read(rollout, layout)
    operations = write(rollout, before, after, layout)
    then = applied(rollout, operations)
    if found is None:
        operations = ({"op": "add", "path": "", "value": then},)
    at = "/spec" if layout is not KURATOR else f"/spec/syncPolicies/{governed.policy.index}/rollout"
    guards = _guards(governed, found, at, operations)
    moved = [{**one, "path": f"{at}{one['path']}"} for one in operations]
    return PolicyChange(
        fields=change_lines(changes(before, after), layout),
        lines=lines_between(rollout, then, layout),
        patch=as_yaml([*guards, *moved]) if moved else "",
        whole=as_yaml({_root(layout): then}),
        warnings=tuple(
            reach_of_canary(governed, before, after)
            if layout is not KURATOR
            else (*reach(governed, before, after), *warnings_of_clusters(governed))
        ),
    )


def change_lines(found: Iterable[Change], layout: Layout = KURATOR) -> tuple[ChangeLine, ...]:
    return tuple(
        ChangeLine(label_of(one.field), _place(one.field, layout), one.now, one.then, one.other) for one in found
    )


def lines_between(rollout: Obj, then: Obj, layout: Layout = KURATOR) -> tuple[tuple[str, str], ...]:
    """As YAML; none where both say the same. An empty `rollout` is none."""
    root = _root(layout)
    return tuple(_difference(as_yaml({root: dict(rollout)}) if rollout else "", as_yaml({root: dict(then)})))


def _root(layout: Layout) -> str:
    return "rollout" if layout is KURATOR else "spec"


def keeper_words(keeper: Owner) -> str:
    """Empty where nobody is known to keep it."""
    who = KEEPERS.get(keeper.kind, "")
    return f"{who} ({keeper.name})" if who and keeper.name else who


def _guards(governed: Governed, rollout: Obj | None, at: str, operations: Iterable[Operation]) -> list[Operation]:
    """Whoever sends the patch later changes nothing but what was looked at: not the policy that has come to this place
    since, nor another metric or command. Of a hidden text nothing can be said.
    """
    layout = governed.layout
    workload = f"{at}/{layout.place_of('workload').replace('.', '/')}"
    found = {workload: read(rollout, layout).workload} if rollout is not None else {}
    if governed.policy.named:
        found[f"{at.removesuffix('/rollout')}/name"] = governed.policy.name
    for one in operations:
        entry = _entry(layout).match(str(one["path"]))
        value = _value(rollout, entry[0]) if entry else None
        name = value.get("name") if isinstance(value, Mapping) else value
        if entry and isinstance(name, str) and HIDDEN not in name:
            found[f"{at}{entry[0]}" + ("/name" if isinstance(value, Mapping) else "")] = name
    return [{"op": "test", "path": path, "value": value} for path, value in found.items()]


def _entry(layout: Layout) -> re.Pattern[str]:
    """The path of one metric, command or webhook that is in the policy."""
    lists = filter(None, (layout.metrics, layout.commands, layout.hooks))
    return re.compile("|".join(f"/{place.replace('.', '/')}/[0-9]+" for place in lists))


def _value(rollout: Obj | None, path: str) -> Any:
    value: Any = rollout
    for step in path.split("/")[1:]:
        value = value[int(step)] if isinstance(value, list) else value[step]
    return value


def _place(name: str, layout: Layout) -> str:
    first, _, rest = name.partition("-")
    number, _, inner = rest.partition("-")
    if first not in LISTS or not number.isdigit() or int(number) < NEW:
        return layout.place_of(name)
    return layout.place_of("-".join(filter(None, (first, "+", inner)))).replace("[+]", "[-]")


def _difference(before: str, after: str) -> Iterator[tuple[str, str]]:
    for line in list(difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=2))[2:]:
        yield line[0], "…" if line[0] == "@" else line[1:]


def as_yaml(value: Any) -> str:
    """As people write it: long texts in blocks, no anchors, nothing sorted."""
    text: str = yaml.dump(_plain(value), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=WIDTH)
    return text


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _plain(inner) for name, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, list | tuple) else value


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _text)
