"""An earlier text of a policy, or of a Canary's spec, as a change of what it says now."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TypeVar

from rollouts.domain.policies.fields import Alert, Hook, Metric, RolloutPolicy
from rollouts.domain.policies.layouts import KURATOR, Layout
from rollouts.domain.redaction import HIDDEN

Named = TypeVar("Named", Metric, Hook, Alert)


def going_back(current: RolloutPolicy, earlier: RolloutPolicy, layout: Layout = KURATOR) -> RolloutPolicy:
    """What `earlier` said, put into `current`: metrics, webhooks and alerts are known by their names, commands by their
    texts. A text of which something is hidden cannot come back: what is there now stays, as does what is never written.
    """
    names = [name for name in layout.scalars if name not in layout.fixed]
    values = {name: getattr(earlier, name) for name in names if HIDDEN not in str(getattr(earlier, name))}
    commands = {one.text: one.at for one in current.commands}
    kept = [one for one in earlier.commands if HIDDEN not in one.text or one.text in commands]
    return replace(
        current,
        **values,
        metrics=tuple(_placed(earlier.metrics, current.metrics)),
        commands=tuple(replace(one, at=commands.pop(one.text, None)) for one in kept),
        hooks=tuple(_placed(earlier.hooks, current.hooks)),
        alerts=tuple(_placed(earlier.alerts, current.alerts)),
    )


def _placed(earlier: Iterable[Named], current: Sequence[Named]) -> Iterator[Named]:
    present = list(current)
    for one in earlier:
        there = next((each for each in present if each.name == one.name), None)
        if there is not None:
            present.remove(there)
        if HIDDEN not in str(one):
            yield replace(one, at=there.at if there is not None else None)
        elif there is not None:
            yield there
