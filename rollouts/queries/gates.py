"""What was last done to the gates of a rollout from here, and what they answered then."""

from __future__ import annotations

from dataclasses import dataclass

from rollouts.domain.commands import GATES
from rollouts.domain.commands.gating import GATE
from rollouts.domain.gates import Gate, gates_of
from rollouts.domain.rollout import RolloutState
from rollouts.models import Command, Rollout

LOOKED_THROUGH = 50


@dataclass(frozen=True, slots=True)
class KnownGate:
    """`last` is the newest command that its load tester has taken. Others may have opened or closed it since."""

    gate: Gate
    last: Command | None


def known(one: Rollout, state: RolloutState | None) -> tuple[KnownGate, ...]:
    """Costs nothing where there are none."""
    gates = gates_of(state.canary) if state is not None else ()
    if not gates:
        return ()
    taken = one.commands.filter(act__in=GATES, accepted_at__isnull=False).order_by("-id")[:LOOKED_THROUGH]
    by_gate: dict[str, Command] = {}
    for command in taken:
        by_gate.setdefault(command.choice.get(GATE, ""), command)
    return tuple(KnownGate(gate, by_gate.get(gate.id)) for gate in gates)
