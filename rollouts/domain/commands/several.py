"""What is asked of several rollouts of one application at once."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from rollouts.domain.commands.act import Act, Plan, Refusal, Unsaid
from rollouts.domain.commands.choosing_for_several import NAMES_IN_SEVERAL
from rollouts.domain.observations import Phase
from rollouts.domain.phases import ANALYSING, PROMOTED

RISKY = frozenset({Act.SKIP_ITERATIONS, Act.EARLIER_VERSION})
"""In more than one cluster at once, though not in a single one."""
AT_ONCE = frozenset({Act.ROLL_BACK})
"""Never in turn: users are on a version that somebody found wanting."""
OFFERED = (
    Act.ROLL_BACK,
    Act.GREEN_TO_ZERO,
    Act.SKIP_ITERATIONS,
    Act.RETRY,
    Act.NEW_VERSION,
    Act.CONFIG_VALUE,
    Act.EARLIER_VERSION,
)
"""What can be asked for in several clusters, whoever keeps the Canaries."""
OFFERED_OF_PLAIN = (Act.PAUSE, Act.RESUME)
"""Only of Canaries that no policy keeps."""
WORKS_IN: Mapping[Act, frozenset[Phase]] = {
    Act.ROLL_BACK: ANALYSING,
    Act.GREEN_TO_ZERO: ANALYSING,
    Act.SKIP_ITERATIONS: frozenset({Phase.PROGRESSING}),
    Act.RETRY: ANALYSING | {Phase.FAILED},
    Act.NEW_VERSION: ANALYSING | PROMOTED | {Phase.FAILED},
    Act.CONFIG_VALUE: PROMOTED | {Phase.FAILED},
    Act.EARLIER_VERSION: PROMOTED | {Phase.FAILED},
}
"""In any other phase the act is refused whatever else holds, so that nothing has to be read to say so."""


def works_in(act: Act, phase: str) -> bool:
    return act not in WORKS_IN or phase in WORKS_IN[act]


def unsaid(judged: Iterable[Plan | Refusal]) -> Unsaid | None:
    """What they all still have to be told: None where one of them could be carried out, or what is missing would help
    none. Of several it is what the one lacks that has been told most: the others may be left out for what they say.
    What could be told instead is left out where it is not the same in all.
    """
    judged = list(judged)
    if any(isinstance(one, Plan) for one in judged):
        return None
    missed = [one for one in judged if isinstance(one, Unsaid)]
    found = max(missed, key=_told_before, default=None)
    if found is None or all(one.instead == found.instead for one in missed if one.field == found.field):
        return found
    return replace(found, instead="")


def _told_before(one: Unsaid) -> int:
    fields = NAMES_IN_SEVERAL.get(one.act, ())
    return fields.index(one.field) if one.field in fields else 0


def to_type(plans: Collection[Plan], application: str) -> str:
    """What a person has to type to confirm them all: the application's name where one of them adds risk by itself, or
    does so since there are several. Empty: one click confirms.
    """
    several = len(plans) > 1 and any(plan.act in RISKY for plan in plans)
    return application if several or any(plan.typed for plan in plans) else ""
