"""How far a command that a cluster has accepted has come, by what was observed since."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from rollouts.domain import memory
from rollouts.domain.commands import (
    ALL_POLICY_ACTS,
    IN_PARTS,
    OF_EDITORS,
    Act,
    Binding,
    Followed,
    Switch,
    as_promotion,
    awaited,
    follow,
    skips_analysis,
)
from rollouts.domain.commands.governed import listed
from rollouts.domain.commands.policy_following import InCluster, Promised, in_all, lacking, told_so_far
from rollouts.domain.commands.restarting import BLUE
from rollouts.domain.errors import CredentialError
from rollouts.domain.rollout import Outcome
from rollouts.models import Command, DraftTrial, Reversal, ReversalState, Rollout
from rollouts.queries import policies
from rollouts.queries.policies import NOT_THERE
from rollouts.services.act.canary_edits import seen_of_edit
from rollouts.services.act.drafts import draft_of_command
from rollouts.services.act.parts import seen_in

UNTIL_OBSERVED = timedelta(seconds=30)
UNREADABLE = "Whether it is there cannot be told. {}"


@dataclass(frozen=True, slots=True)
class Coming:
    """`followed` is None while it is still to come; then `so_far` says what is seen of it, empty where there is nothing
    to tell, `look_at` are the rollouts whose pods are to be read to see more, and `lacking` the clusters of a policy.
    `at_the_end` is said where it does not come in time.
    """

    followed: Followed | None
    so_far: str = ""
    look_at: tuple[Rollout, ...] = ()
    lacking: tuple[str, ...] = ()
    at_the_end: str = ""


def coming(command: Command, now: datetime) -> Coming:
    rollout = command.rollout
    return _of_a_policy(command, now) if rollout is None else _of_a_rollout(command, rollout, now)


def _of_a_rollout(command: Command, rollout: Rollout, now: datetime) -> Coming:
    state, reversal = memory.load(rollout.state), _reversal(command)
    if Act(command.act) in OF_EDITORS:
        edited, lacks = seen_of_edit(command, state)
        return Coming(edited, lacks, at_the_end=lacks)
    binding = Binding(command.uid, command.release, command.applied, command.configs)
    act, binding = as_promotion(Act(command.act), command.choice, binding)
    blue_before = _blue_before(command, rollout, reversal)
    found = follow(act, binding, state, blue_before, command.choice)
    if found is None and state.release is not None and state.release.outcome is Outcome.RUNNING:
        found = _put_back_first(reversal, "It was not promoted in time.", now)
    if found is not None:
        return Coming(found)
    so_far = awaited(act, state, blue_before) if state.releases >= binding.release else ""
    return Coming(None, so_far, (rollout,) if so_far else ())


def _of_a_policy(command: Command, now: datetime) -> Coming:
    governed, act, reversal = policies.meant_by(command, now), ALL_POLICY_ACTS[Act(command.act)], _reversal(command)
    if governed is None:
        return Coming(Followed(False, NOT_THERE))
    if Act(command.act) in IN_PARTS:
        return _of_parts(command, act.said)
    try:
        promised = _promised(command, reversal)
    except CredentialError as error:
        said = UNREADABLE.format(error)
        return Coming(None, said, at_the_end=said)
    seen = act.seen(governed, promised)
    found = in_all(seen, act.said)
    if late := [one.name for one in seen if one.followed is None and not one.so_far]:
        found = found or _put_back_first(reversal, f"Not promoted in time in {listed(late)}.", now)
    if found is not None:
        return Coming(found)
    rolling = [one for one in seen if one.followed is None and one.so_far]
    so_far = told_so_far(seen)
    at_the_end = f"{so_far} {act.look_at}".strip() if act.look_at or Act(command.act) in OF_EDITORS else ""
    look_at = _rollouts_of(command, governed.policy.name, rolling)
    return Coming(None, so_far, look_at, tuple(lacking(seen)), at_the_end)


def _promised(command: Command, reversal: Reversal | None) -> Promised:
    """Raises CredentialError when the key that sealed what was entered is gone."""
    guards = {one["path"]: one.get("value") for sent in command.patches for one in sent["body"]}
    promised = Promised(
        command.bound,
        reversal.blues_before if reversal is not None else {},
        generation=guards.get("/metadata/generation", command.bound["generation"]),
        choice=command.choice,
    )
    if Act(command.act) not in OF_EDITORS:
        return promised
    looked = DraftTrial.objects.filter(draft__command=command, looked_at__isnull=False)
    lacks = {str(cluster): lacks for cluster, lacks in looked.values_list("cluster", "lacks")}
    return replace(promised, draft=draft_of_command(command), looked=lacks)


def _of_parts(command: Command, said: str) -> Coming:
    """Each looks after its own."""
    seen = seen_in(command.parts.select_related("rollout__cluster").order_by("id"))
    return Coming(in_all(seen, said), told_so_far(seen), lacking=tuple(lacking(seen)))


def _rollouts_of(command: Command, name: str, seen: Iterable[InCluster]) -> tuple[Rollout, ...]:
    clusters = [one.cluster for one in seen]
    if command.application is None or not clusters:
        return ()
    return tuple(
        command.application.rollouts.filter(
            cluster__in=clusters, owner_name__in={command.policy, name}, deleted_at=None
        )
    )


def _blue_before(command: Command, rollout: Rollout, reversal: Reversal | None) -> str:
    if reversal is None:
        return str(command.choice.get(BLUE, ""))
    return str(reversal.blues_before.get(str(rollout.cluster_id), "")) if command.under_id else reversal.blue_before


def _reversal(command: Command) -> Reversal | None:
    """Of a part that of the whole."""
    if command.under is not None:
        return _reversal(command.under)
    if not skips_analysis(Act(command.act), command.choice):
        return None
    return Reversal.objects.filter(command=command, switch=Switch.SKIP_ANALYSIS).first()


def _put_back_first(reversal: Reversal | None, sentence: str, now: datetime) -> Followed | None:
    """A release goes on with its checks. What ended the reversal may take a moment to be observed."""
    if reversal is None or reversal.state == ReversalState.OPEN or reversal.ended_at is None:
        return None
    if reversal.ended_at + UNTIL_OBSERVED > now:
        return None
    return Followed(False, f"{sentence} {reversal.sentence}")
