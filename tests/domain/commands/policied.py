"""A policy over some clusters, for tests of what is asked of it."""

from __future__ import annotations

from typing import Any

from rollouts.domain.commands import Act, Governed, Member, Plan, Refusal, Wanted, judge_policy
from rollouts.domain.kurator import Policy, Trouble
from rollouts.domain.ownership import Owner, OwnerKind
from rollouts.domain.rollout import RolloutState
from tests.support.seen import at


def governed(*states: RolloutState | None, troubles: tuple[Trouble, ...] = (), **policy: Any) -> Governed:
    """In clusters `c1`, `c2` and so on; None where it has made no Canary."""
    given = {"index": 1, "name": "prod", "namespace": "shop", "canary": "checkout", "service": "checkout", "fleet": "f"}
    members = tuple(Member(number, f"c{number}", state) for number, state in enumerate(states, 1))
    keeper = Owner(OwnerKind.FLUX, "flux-system/apps")
    return Governed("shop", "checkout", "uid", 7, Policy(**{**given, **policy}), keeper, troubles, members)


def judged(act: Act, found: Governed, **choice: str) -> Plan | Refusal:
    return judge_policy(Wanted(act, "mark-1", choice), found, at(45))


def planned(act: Act, found: Governed, **choice: str) -> Plan:
    plan = judged(act, found, **choice)
    assert isinstance(plan, Plan), str(plan)
    return plan


def refused(act: Act, found: Governed, **choice: str) -> str:
    refusal = judged(act, found, **choice)
    assert isinstance(refusal, Refusal), refusal
    return str(refusal)
