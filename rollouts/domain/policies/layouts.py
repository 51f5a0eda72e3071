"""Where the fields of a policy stand: in the `rollout` of a Kurator Application, or in the spec of a Canary."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import Field, dataclass, field
from typing import Any

from rollouts.domain.policies.fields import (
    COMMANDS,
    IN_HOOK,
    IN_METRIC,
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
    """`metrics`, `commands` and `hooks` are the places of lists; empty where the object has none. What is `fixed` is
    read and never written.
    """

    name: str
    scalars: Mapping[str, Place]
    metrics: str
    in_metric: Mapping[str, Place]
    commands: str = ""
    hooks: str = ""
    in_hook: Mapping[str, Place] = field(default_factory=dict)
    fixed: frozenset[str] = frozenset()

    def place_of(self, name: str) -> str:
        """Of `interval`, or of `metrics-0-maximum`, `commands-1` and `hooks-0-url`; empty where it has none."""
        first, _, rest = name.partition("-")
        lists = {"metrics": self.metrics, "commands": self.commands, "hooks": self.hooks}
        if first not in lists:
            return self.scalars[name].place if name in self.scalars else ""
        if not rest:
            return lists[first]
        at, _, inner = rest.partition("-")
        known = self.in_hook if first == "hooks" else self.in_metric
        return f"{lists[first]}[{at}]" + (f".{known[inner].place}" if inner in known else "")


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
    fixed=frozenset({"workload_api", "workload_kind", "workload", "service"}),
)
"""A Canary is for one target, and its Services are called as they were when it was made (flagger.md 2)."""
