"""Where the fields of a policy stand: in the `rollout` of a Kurator Application, or in the spec of a Canary."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import Field, dataclass, field
from typing import Any

from rollouts.domain.policies.fields import (
    COMMANDS,
    IN_ALERT,
    IN_HOOK,
    IN_METRIC,
    LISTS,
    METRICS,
    SCALARS,
)


@dataclass(frozen=True, slots=True)
class Place:
    """Of one field. `default` is its value where it is absent."""

    place: str
    kind: str
    default: Any


@dataclass(frozen=True, slots=True)
class Layout:
    """`metrics`, `commands`, `hooks` and `alerts` are the places of lists; empty where the object has none. What is
    `fixed` is read and never written.
    """

    name: str
    scalars: Mapping[str, Place]
    metrics: str
    in_metric: Mapping[str, Place]
    commands: str = ""
    hooks: str = ""
    in_hook: Mapping[str, Place] = field(default_factory=dict)
    alerts: str = ""
    in_alert: Mapping[str, Place] = field(default_factory=dict)
    fixed: frozenset[str] = frozenset()

    @property
    def lists(self) -> Mapping[str, str]:
        """The places of those that the object has."""
        every = {"metrics": self.metrics, "commands": self.commands, "hooks": self.hooks, "alerts": self.alerts}
        return {name: place for name, place in every.items() if place}

    def inside(self, which: str) -> Mapping[str, Place]:
        """Of one entry of a list; of a command, which is a text, nothing."""
        return {"metrics": self.in_metric, "hooks": self.in_hook, "alerts": self.in_alert}.get(which, {})

    def place_of(self, name: str) -> str:
        """Of `interval`, or of `metrics-0-maximum`, `commands-1` and `hooks-0-url`; empty where it has none."""
        first, _, rest = name.partition("-")
        if first not in LISTS:
            return self.scalars[name].place if name in self.scalars else ""
        where = self.lists.get(first, "")
        if not rest or not where:
            return where
        at, _, inner = rest.partition("-")
        known = self.inside(first)
        return f"{where}[{at}]" + (f".{known[inner].place}" if inner in known else "")


def _places(found: Mapping[str, Field[Any]], key: str) -> Mapping[str, Place]:
    return {
        name: Place(one.metadata[key], one.metadata.get(f"{key}_kind", one.metadata.get("kind", "")), one.default)
        for name, one in found.items()
        if key in one.metadata
    }


KURATOR = Layout("kurator", _places(SCALARS, "place"), METRICS, _places(IN_METRIC, "place"), COMMANDS)
PLAIN = Layout(
    "plain",
    _places(SCALARS, "plain"),
    "analysis.metrics",
    _places(IN_METRIC, "plain"),
    hooks="analysis.webhooks",
    in_hook=_places(IN_HOOK, "plain"),
    alerts="analysis.alerts",
    in_alert=_places(IN_ALERT, "plain"),
    fixed=frozenset({"workload_api", "workload_kind", "workload", "service"}),
)
"""A Canary is for one target, and its Services are called as they were when it was made (flagger.md 2)."""
