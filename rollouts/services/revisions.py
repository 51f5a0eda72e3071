"""Keeps every text that a policy, or a plain Canary's spec, is observed to have, with whoever has asked for it here."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Max, Q, QuerySet

from rollouts.domain import memory
from rollouts.domain.commands import ALL_POLICY_ACTS, BESIDE_THE_ROLLOUT, Act, Wanted
from rollouts.domain.commands.forcing import FORCED
from rollouts.domain.errors import ClusterError
from rollouts.domain.kurator import Policy
from rollouts.domain.policies.reading import Obj
from rollouts.domain.redaction import LONGEST
from rollouts.domain.removing import texts
from rollouts.models import (
    Application,
    Command,
    CommandState,
    PolicyRevision,
    Removal,
    RemovalState,
    Reversal,
    Rollout,
)
from rollouts.queries import canary_specs
from rollouts.services.act.drafts import draft_of_command

LATELY = timedelta(minutes=10)
"""A command of that age may be what is observed now."""
PUT_BACK = "(this program)"
WROTE = (CommandState.REQUESTED, CommandState.ACCEPTED, CommandState.OBSERVED)
"""The worker may not have said yet what the hub answered."""


AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class _Asked:
    """What was asked here of a policy or a Canary, and what is put back in it."""

    commands: QuerySet[Command]
    removals: QuerySet[Removal]
    reversals: QuerySet[Reversal]


def begin(rows: Iterable[Application], now: datetime) -> None:
    """Keeps what those say, as they were seen before, of which no text is kept yet: these may be older than the keeping
    of texts. As many of them as one pass can take.
    """
    have = [row for row in rows if row.deleted_at is None and any(one.get("rollout") for one in row.policies)]
    kept = set(PolicyRevision.objects.filter(application__in=have).values_list("application", flat=True).distinct())
    note([row for row in have if row.pk not in kept][:AT_ONCE], now)


def note(rows: Sequence[Application], now: datetime) -> None:
    """What these applications, just observed, say that they did not say before."""
    if not rows:
        return
    last = PolicyRevision.objects.filter(application__in=rows).values("application", "policy").annotate(last=Max("pk"))
    found = PolicyRevision.objects.filter(pk__in=last.values("last"))
    known = {(id, policy): digest for id, policy, digest in found.values_list("application", "policy", "digest")}
    made = []
    for row in rows:
        for policy in map(memory.load_policy, row.policies):
            digest = _digest(policy.rollout)
            if policy.rollout is None or known.get((row.pk, policy.name)) == digest:
                continue
            one = PolicyRevision(application=row, policy=policy.name, rollout=policy.rollout, digest=digest, at=now)
            if (before := known.get((row.pk, policy.name))) is not None:
                _say_who(one, before, _of_policy(row, policy.name), policy, now)
            made.append(one)
    PolicyRevision.objects.bulk_create(made, batch_size=AT_ONCE)


def note_spec(*, rollout: Rollout, spec: Obj, now: datetime) -> None:
    """What the Canary of this rollout, just read, says that it did not say before. As with policies, what is longer
    than a policy should be is not kept. Safe to repeat.
    """
    digest = _digest(spec)
    if len(json.dumps(spec)) > LONGEST:
        return
    with transaction.atomic():
        list(Rollout.objects.select_for_update(of=("self",)).filter(pk=rollout.pk).values_list("pk"))
        known = PolicyRevision.objects.filter(plain=rollout).order_by("-pk").values_list("digest", flat=True).first()
        if known == digest:
            return
        one = PolicyRevision(plain=rollout, policy=rollout.name, rollout=spec, digest=digest, at=now)
        if known is not None:
            policy = canary_specs.policy_of(rollout, spec)
            _say_who(one, known, _of_canary(rollout), policy, now)
        one.save()


def _digest(text: Obj | None) -> str:
    return hashlib.sha256(json.dumps(text, sort_keys=True).encode()).hexdigest()


def _of_policy(row: Application, policy: str) -> _Asked:
    return _Asked(
        Command.objects.filter(application=row, policy=policy),
        Removal.objects.filter(application=row, policy=policy, rollout=None),
        Reversal.objects.filter(command__application=row, command__policy=policy),
    )


def _of_canary(rollout: Rollout) -> _Asked:
    return _Asked(
        rollout.commands.all(), Removal.objects.filter(rollout=rollout), Reversal.objects.filter(rollout=rollout)
    )


def _say_who(one: PolicyRevision, before: str, asked: _Asked, policy: Policy, now: datetime) -> None:
    """`before`: the digest of the text that was there."""
    one.command = command = _command(asked.commands, policy, now)
    if (found := command or _removal(asked.removals, one, before, now)) is not None:
        one.who, one.why = found.person_name, found.reason
    elif asked.reversals.filter(sent_at__gt=now - LATELY).exists():
        one.who = PUT_BACK


def _removal(removals: QuerySet[Removal], one: PolicyRevision, before: str, now: datetime) -> Removal | None:
    """The newest, where nothing has changed but what it writes itself."""
    lately = Q(state=RemovalState.OPEN) | Q(ended_at__gt=now - LATELY)
    found = removals.filter(lately).order_by("-pk").first()
    if found is None:
        return None
    return found if before in map(_digest, texts.before(one.rollout, plain=found.plain)) else None


def _command(asked: QuerySet[Command], policy: Policy, now: datetime) -> Command | None:
    """The newest that asked for what the policy says now, and that nothing was seen of before."""
    lately = asked.filter(state__in=WROTE, revisions=None, requested_at__gt=now - LATELY)
    for command in lately.exclude(act__in=BESIDE_THE_ROLLOUT).order_by("-pk"):
        if _forces(command, policy):
            return command
        act = ALL_POLICY_ACTS.get(Act(command.act))
        try:
            draft = draft_of_command(command)
        except ClusterError:  # the key that sealed it is gone
            continue
        wanted = Wanted(Act(command.act), command.mark, command.choice, draft=draft)
        if act is not None and act.done(wanted, policy):
            return command
    return None


def _forces(command: Command, policy: Policy) -> bool:
    """A tick of a plain Canary, by another interval for a moment."""
    forced, analysis = command.choice.get(FORCED), (policy.rollout or {}).get("analysis")
    return bool(forced) and isinstance(analysis, dict) and analysis.get("interval") == forced
