"""A policy of one workload, as a change of the policy of another."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from rollouts.domain.policies.entering import LINES
from rollouts.domain.policies.fields import (
    PLACED_IN_METRIC,
    SCALARS,
    Alert,
    Command,
    Hook,
    Metric,
    RolloutPolicy,
)
from rollouts.domain.policies.known import Known
from rollouts.domain.policies.layouts import KURATOR, Layout
from rollouts.domain.redaction import HIDDEN

WORKLOAD = ("workload_api", "workload_kind", "workload", "namespace", "service", "port")
OF_ITS_OWN = (
    *("target_port", "port_name", "app_protocol", "port_discovery", "headless", "distribution", "metrics_server"),
    *("apex_labels", "apex_annotations", "blue_labels", "blue_annotations", "green_labels", "green_annotations"),
    *("unmanaged_labels", "unmanaged_annotations", "scaler_api", "scaler_kind", "scaler", "scaler_least"),
    *("scaler_most", "scaler_queries", "ingress_api", "ingress_kind", "ingress", "route_api", "route_kind", "route"),
    *("upstream_api", "upstream_kind", "upstream", "upstream_namespace", "mesh_name", "backends"),
)
"""What only a Canary says: objects that belong to its workload, how its Services are, and its Prometheus."""
FOR_A_WHILE = ("skips", "suspended")
"""What somebody has switched on for a release, or until it is resumed: it says nothing of another policy."""
ADDRESSES = ("gateways", "gateway_refs", "hosts", "host")
HOSTS = ("hosts", "host")
IS_HIDDEN = "what may be a secret is hidden in it"
IS_NOT_KNOWN = "the Kurator of this hub does not know it"
IS_MORE_THAN_LINES = "it is more than the lines of the form can say"
IS_A_NAME = "a Secret {} has to be in the namespace of this workload too"


@dataclass(frozen=True, slots=True)
class NotTaken:
    """`name` is that of a field, `metrics-NAME` for one of a metric; `of` the metric, or the command, that has it."""

    name: str
    why: str
    of: str = ""


@dataclass(frozen=True, slots=True)
class Copied:
    policy: RolloutPolicy
    not_taken: tuple[NotTaken, ...]
    to_be_there: tuple[NotTaken, ...]
    """What is taken, and means something that has to be there."""


def kept_by(layout: Layout, *, addresses: bool) -> tuple[str, ...]:
    """The fields that stay as they are."""
    kept = (*WORKLOAD, *OF_ITS_OWN, *(() if addresses else ADDRESSES), *FOR_A_WHILE)
    return tuple(name for name in kept if name in layout.scalars)


def copied(
    current: RolloutPolicy, source: RolloutPolicy, known: Known, *, addresses: bool = False, layout: Layout = KURATOR
) -> Copied:  # fmt: skip
    """What `source` says, put into `current`, which keeps its workload, what is on for a while and, unless `addresses`,
    its gateways and hosts. Metrics, webhooks and alerts are known by their names, commands by their texts. What cannot
    be taken is left as `current` has it. Both are of the same layout.
    """
    kept = kept_by(layout, addresses=addresses)
    values, left = dict[str, Any](), list[NotTaken]()
    for name in layout.scalars:
        wanted = getattr(source, name)
        if name in kept or wanted == getattr(current, name):
            continue
        if why := _why_not(name, wanted, known):
            left.append(NotTaken(name, why))
        else:
            values[name] = wanted
    metrics = [one for one in source.metrics if HIDDEN not in str(one)]
    left += [NotTaken("metrics", IS_HIDDEN, one.name) for one in source.metrics if one not in metrics]
    made, unknown = _known_parts(metrics, known)
    commands = [one for one in source.commands if HIDDEN not in one.text]
    left += [*unknown, *(NotTaken("commands", IS_HIDDEN, one.text) for one in source.commands if one not in commands)]
    hooks = [_asking_green(one, source, current) for one in source.hooks if HIDDEN not in str(one)]
    left += [NotTaken("hooks", IS_HIDDEN, one.name) for one in source.hooks if HIDDEN in str(one)]
    policy = replace(
        current,
        **values,
        hooks=_placed(hooks, current.hooks, source.hooks),
        alerts=_placed(source.alerts, current.alerts, source.alerts),
        metrics=_placed(made, current.metrics, source.metrics),
        commands=tuple(_commands(commands, current, source)),
    )
    secrets = tuple(NotTaken("metrics", IS_A_NAME.format(one.secret), one.name) for one in made if one.secret)
    return Copied(policy, tuple(left), secrets)


def _asking_green(hook: Hook, source: RolloutPolicy, target: RolloutPolicy) -> Hook:
    told = tuple((name, asking_green_of(text, source, target)) for name, text in hook.metadata)
    return replace(hook, url=asking_green_of(hook.url, source, target), metadata=told)


def asking_green_of(text: str, source: RolloutPolicy, target: RolloutPolicy) -> str:
    """A command that asks green of one workload, asking green of the other."""
    if not source.service or not target.service:
        return text
    port = rf"(:{source.port}\b)?" if source.port else "()"
    namespace = rf"(\.{re.escape(source.namespace)}\b)?" if source.namespace else "()"
    green = rf"(?<![\w.-]){re.escape(source.service)}-canary(?![\w-]){namespace}(\.svc(?:\.cluster\.local)?)?{port}"

    def instead(found: re.Match[str]) -> str:
        space = f".{target.namespace}" if found[1] else ""
        return f"{target.service}-canary{space}{found[2] or ''}{f':{target.port}' if found[3] else ''}"

    return re.sub(green, instead, text)


def _why_not(name: str, wanted: Any, known: Known) -> str:
    one = SCALARS[name]
    if HIDDEN in str(wanted):
        return IS_HIDDEN
    if wanted != one.default and not known.has(name):
        return IS_NOT_KNOWN
    kind = one.metadata.get("kind", "")
    return IS_MORE_THAN_LINES if kind in LINES and LINES[kind][0](wanted) is None else ""


def _known_parts(metrics: Iterable[Metric], known: Known) -> tuple[list[Metric], list[NotTaken]]:
    """Of each metric what the hub knows, and what it does not."""
    made, left = [], []
    for one in metrics:
        unknown = [
            name
            for name, field in PLACED_IN_METRIC.items()
            if getattr(one, name) != field.default and not known.has(f"metrics-{name}")
        ]
        left += [NotTaken(f"metrics-{name}", IS_NOT_KNOWN, one.name) for name in unknown]
        empty: dict[str, Any] = {name: PLACED_IN_METRIC[name].default for name in unknown}
        made.append(replace(one, **empty))
    return made, left


Named = TypeVar("Named", Metric, Hook, Alert)


def _placed(found: Iterable[Named], present: Sequence[Named], source: Sequence[Named]) -> tuple[Named, ...]:
    """Where one of the same name is, or as a new one. Of one that is hidden in the source the present one stays."""
    places = {one.name: one.at for one in present}
    taken = [replace(one, at=places.pop(one.name, None)) for one in found]
    hidden = {one.name for one in source} - {one.name for one in taken}
    return tuple([one for one in present if one.name in hidden] + taken)


def _commands(found: Iterable[Command], current: RolloutPolicy, source: RolloutPolicy) -> Iterator[Command]:
    places = {one.text: one.at for one in current.commands}
    for one in found:
        text = asking_green_of(one.text, source, current)
        yield Command(places.pop(text, None), text)
