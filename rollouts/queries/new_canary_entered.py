"""What a person has entered of a new Canary by the names of fields, without a form: what it is for, and its spec."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from rollouts.domain.errors import InvalidInput
from rollouts.domain.new_canaries.making import Target, begun
from rollouts.domain.observations import Strategy
from rollouts.domain.policies.drafts import Draft
from rollouts.domain.policies.editing import STRATEGY
from rollouts.domain.policies.entering import numbered, shown
from rollouts.domain.policies.fields import LISTS
from rollouts.domain.policies.findings import Finding, is_label, is_name
from rollouts.domain.policies.layouts import PLAIN
from rollouts.domain.policies.strategies import strategy_of
from rollouts.models import Cluster
from rollouts.queries.new_canaries import near

KINDS = ("Deployment", "DaemonSet")
NO_NAME = "“{}” is no name of {}: say it in lower-case letters, digits and hyphens."
WHERE = "Its form at first names them all."
NO_STRATEGY = f"There is no strategy {{!r}}. Known are {', '.join(Strategy)}."
UNUSED = "The strategy and the provider that are chosen do not use it. Leave it out, or choose others."
SCALARS_OF_FORM = {STRATEGY, *PLAIN.scalars} - PLAIN.fixed
IN_ROWS = {
    "metrics": {*PLAIN.in_metric, "at"}, "hooks": {*PLAIN.in_hook, "at"}, "alerts": {*PLAIN.in_alert, "at"},
}  # fmt: skip
_ROW = re.compile(r"(metrics|hooks|alerts)-\d{1,3}(?:-(\w+))?", re.ASCII)


def wrong_with(target: Target) -> Iterator[Finding]:
    """What can be the name of nothing."""
    if not is_label(target.namespace):
        yield Finding("namespace", NO_NAME.format(target.namespace[:40], "a namespace"))
    if not is_name(target.name):
        yield Finding("workload", NO_NAME.format(target.name[:40], f"a {target.kind}"))
    if not is_label(target.service):
        yield Finding("service", NO_NAME.format(target.service[:40], "a Service"))


def first_texts(cluster: Cluster, target: Target, port: int | None) -> dict[str, str]:
    """What the form says at first: a Canary that works, as far as the cluster is known."""
    first = begun(target, port, near(cluster, target))
    strategy = strategy_of(first)
    texts = {**shown(first), STRATEGY: strategy.value if strategy else ""}
    return {name: said for name, said in texts.items() if _is_known(name)}


def entered(
    cluster: Cluster, target: Target, port: int | None, fields: Mapping[str, str]
) -> tuple[Draft, tuple[Finding, ...]]:
    """As the form that is filled in, and what is wrong of it: what is not named is as the form has it at first. A list
    of which anything is named, be it an empty text by its own name, has nothing of the first one. What a form would
    show as dropped is wrong here: it was said for nothing. Raises InvalidInput.
    """
    unknown = [name for name, said in fields.items() if not _is_known(name) and (name not in LISTS or said)]
    if unknown:
        raise InvalidInput(f"There is no field {unknown[0][:60]!r} of a Canary. {WHERE}")
    if fields.get(STRATEGY) and fields[STRATEGY] not in set(Strategy):
        raise InvalidInput(NO_STRATEGY.format(fields[STRATEGY][:40]))
    named = {name.partition("-")[0] for name in fields} & set(LISTS)
    first = first_texts(cluster, target, port)
    kept = {name: said for name, said in first.items() if name.partition("-")[0] not in named}
    given = {name: said for name, said in fields.items() if name not in LISTS}
    draft = Draft(target.base, numbered({**kept, **given}), PLAIN)
    unused = (name for name in draft.edit.dropped if fields.get(name, "") not in ("", first.get(name)))
    return draft, (*draft.edit.wrong, *(Finding(name, UNUSED) for name in unused))


def _is_known(name: str) -> bool:
    row = _ROW.fullmatch(name)
    if row is None:
        return name in SCALARS_OF_FORM
    return row[2] in IN_ROWS[row[1]]
