"""What was asked of rollouts, and what may be asked of one now."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from zlib import crc32

from rollouts import access
from rollouts.domain.commands import (
    GATES,
    IN_PARTS,
    OF_EDITORS,
    Act,
    Refusal,
    Unsaid,
    Wanted,
    green_to_zero,
    has_configs,
    has_gates,
    judge,
)
from rollouts.domain.policies.drafts import Draft
from rollouts.domain.rollout import RolloutState
from rollouts.models import Command, CommandState, Release, Rollout
from rollouts.models.commands import OPEN
from rollouts.queries import canary_specs, policies

KEPT_IN_SIGHT = 10
OF_A_RELEASE = 200
NEVER_READ = "The Canary could not be read even once."
UNDER_WAY = "It is under way."


@dataclass(frozen=True, slots=True)
class Possible:
    """`why_not` is empty when the act can be asked for."""

    act: Act
    why_not: str


def of_rollout(one: Rollout) -> tuple[Command, ...]:
    """The newest first."""
    return tuple(one.commands.order_by("-id")[:KEPT_IN_SIGHT])


def of_release(release: Release) -> tuple[Command, ...]:
    """Given while it was the newest one of its rollout, in their order."""
    found = release.rollout.commands.filter(release=release.number)
    return tuple(reversed(found.order_by("-id")[:OF_A_RELEASE]))


def find(one: Rollout, id: int) -> Command | None:
    return one.commands.filter(pk=id).first()


def version_of(commands: Iterable[Command]) -> str:
    """Changes with all that is shown of them, and is the same in every process."""
    said = [(one.pk, one.state, one.sentence, one.claimed_until is None, one.reason) for one in commands]
    return f"{crc32(repr(said).encode()):x}"


def is_open(command: Command) -> bool:
    return command.state in OPEN


def may_be_cancelled(command: Command) -> bool:
    """Nobody carries it out at present, or a part of it."""
    if command.state == CommandState.ACCEPTED and command.act in IN_PARTS and command.rollout_id is None:
        return command.parts.filter(state=CommandState.WAITING).exists()
    return command.state in (CommandState.WAITING, CommandState.REQUESTED) and command.claimed_until is None


def possible(
    state: RolloutState | None, commands: Sequence[Command], now: datetime, *, may: bool
) -> tuple[Possible, ...]:
    """Every act that it can be asked for, by what is stored. Who may not act is not told reasons that would not
    matter.
    """
    acts = [act for act in Act if act not in OF_EDITORS and _is_of(act, state, now)]
    return tuple(Possible(act, _why_not(act, state, commands, now) if may else "") for act in acts)


def _is_of(act: Act, state: RolloutState | None, now: datetime) -> bool:
    """Nobody is asked about gates or ConfigMaps where there are none, nor about pods that are ready."""
    if act is Act.GREEN_TO_ZERO:
        return state is not None and green_to_zero.is_of(state, now)
    if act is Act.CONFIG_VALUE:
        return state is not None and has_configs(state.canary)
    return act not in GATES or (state is not None and has_gates(state.canary))


def _why_not(act: Act, state: RolloutState | None, commands: Sequence[Command], now: datetime) -> str:
    if state is None:
        return NEVER_READ
    if any(one.act == act and is_open(one) for one in commands):
        return UNDER_WAY
    judged = judge(Wanted(act, "not to be written"), state, now)
    return str(judged) if isinstance(judged, Refusal) and not isinstance(judged, Unsaid) else ""


def seen_by(person: access.Person, id: int, now: datetime) -> Command | None:
    """Whoever sees a rollout sees what was asked of it; of a policy, also of one that is gone, whoever sees all of its
    clusters.
    """
    found = Command.objects.select_related("rollout__cluster", "rollout__application", "application__hub")
    of_rollouts = found.filter(rollout__in=access.visible_rollouts(person))
    command = of_rollouts.filter(pk=id).first() or found.filter(rollout=None, pk=id).first()
    if command is None or command.application is None:
        return command
    shown = access.may_see_policy(person, command.application, _clusters_of(command, now))
    return command if shown else None


def may_not_act_on(person: access.Person, command: Command, now: datetime) -> str:
    """As `may_not`, of what the command is for."""
    if command.application is None and command.act in OF_EDITORS:
        return canary_specs.may_not_edit(person, command.of_rollout)
    if command.application is None:
        return may_not(person, command.of_rollout)
    return "" if may_be_carried_out(person, command, now) else policies.sentence_of(command.act)


def may_be_carried_out(person: access.Person, command: Command, now: datetime, draft: Draft | None = None) -> bool:
    """By what the person may at present. `draft` is what the command applies."""
    if command.application is None:
        judge = access.may_edit if command.act in OF_EDITORS else access.may_operate
        return judge(person, command.of_rollout)
    clusters = _clusters_of(command, now)
    if draft is not None and policies.may_not_govern(person, draft.edit, clusters) is not None:
        return False
    return policies.may_ask_for(person, command, clusters)


def _clusters_of(command: Command, now: datetime) -> set[int]:
    found = policies.policies_of(command.application, now) if command.application is not None else ()
    return policies.clusters_of(command, found)


def may_not(person: access.Person, one: Rollout) -> str:
    """The sentence for who may see this rollout and not act on it; empty for who may act."""
    if access.may_operate(person, one):
        return ""
    return f"You may see this rollout, but not act on it. {access.whom_to_ask(one.cluster.name)}"
