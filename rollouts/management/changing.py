"""Removals as the command line asks for them: told first, then asked for, then waited for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from rollouts.management import finding, telling
from rollouts.management.waiting import Exit, Pause, Tell, until_removed
from rollouts.models import Application, Removal, Rollout
from rollouts.queries import canary_specs, policies, removals
from rollouts.services import remove


@dataclass(frozen=True, slots=True)
class Asked:
    """What stands on the command line beside the thing that is removed. `wait`: None when nobody waits."""

    reason: str
    confirm: str
    dry_run: bool
    wait: timedelta | None
    pause: Pause
    tell: Tell


def of_policy(person: Any, one: Application, policy: str, asked: Asked) -> None:
    now = timezone.now()
    if sentence := removals.may_not(person, one, finding.policy(one, policy, now)):
        raise _not_done(sentence)
    seen = remove.preview_removal(application=one, policy=policy, now=now)
    if seen is None:
        raise _not_done(policies.NOT_THERE)

    def ask(**given: Any) -> Removal:
        return remove.request_removal(application=one, policy=policy, **given)

    _ask(person, seen, ask, asked, now, plain=False)


def of_canary(person: Any, one: Rollout, asked: Asked) -> None:
    """Of one that no policy makes."""
    now = timezone.now()
    if sentence := removals.may_not_of_canary(person, one):
        raise _not_done(sentence)
    seen = remove.preview_removal_of_canary(rollout=one, now=now)
    if seen is None:
        raise _not_done(canary_specs.NOT_THERE)

    def ask(**given: Any) -> Removal:
        return remove.request_removal_of_canary(rollout=one, **given)

    _ask(person, seen, ask, asked, now, plain=True)


def _ask(
    person: Any, seen: remove.RemovalPreview, ask: Callable[..., Removal], asked: Asked, now: datetime, *, plain: bool
) -> None:  # fmt: skip
    if seen.plan.refusals:
        raise _not_done(" ".join(seen.plan.refusals))
    for line in telling.removal_planned(seen, plain=plain):
        asked.tell(line)
    if asked.dry_run:
        return
    made = ask(
        mark=seen.mark, digest=seen.digest, person=person, reason=asked.reason, typed=asked.confirm, now=now
    )  # fmt: skip
    asked.tell(f"Asked for as removals/{made.pk}.")
    if asked.wait is not None:
        until_removed(made, timeout=asked.wait, pause=asked.pause, tell=asked.tell)


def _not_done(sentence: str) -> CommandError:
    return CommandError(sentence, returncode=Exit.NOT_DONE)
