"""Keeps every text that a policy is observed to have, with whoever has asked for it here."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.db.models import Max

from rollouts.domain import memory
from rollouts.domain.commands import ALL_POLICY_ACTS, BESIDE_THE_ROLLOUT, Act, Wanted
from rollouts.domain.errors import ClusterError
from rollouts.domain.kurator import Policy
from rollouts.models import Application, Command, CommandState, PolicyRevision, Reversal
from rollouts.services.act.drafts import draft_of_command

LATELY = timedelta(minutes=10)
"""A command of that age may be what is observed now."""
PUT_BACK = "(this program)"
WROTE = (CommandState.REQUESTED, CommandState.ACCEPTED, CommandState.OBSERVED)
"""The worker may not have said yet what the hub answered."""


AT_ONCE = 1000


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
            digest = hashlib.sha256(json.dumps(policy.rollout, sort_keys=True).encode()).hexdigest()
            if policy.rollout is None or known.get((row.pk, policy.name)) == digest:
                continue
            one = PolicyRevision(application=row, policy=policy.name, rollout=policy.rollout, digest=digest, at=now)
            if (row.pk, policy.name) in known:
                one.command = command = _command(row, policy, now)
                one.who = command.person_name if command else _put_back(row, policy, now)
                one.why = command.reason if command else ""
            made.append(one)
    PolicyRevision.objects.bulk_create(made, batch_size=AT_ONCE)


def _command(row: Application, policy: Policy, now: datetime) -> Command | None:
    """The newest that asked for what the policy says now, and that nothing was seen of before."""
    given = {"application": row, "policy": policy.name, "state__in": WROTE, "revisions": None}
    lately = Command.objects.filter(**given, requested_at__gt=now - LATELY).exclude(act__in=BESIDE_THE_ROLLOUT)
    for command in lately.order_by("-pk"):
        act = ALL_POLICY_ACTS.get(Act(command.act))
        try:
            draft = draft_of_command(command)
        except ClusterError:  # the key that sealed it is gone
            continue
        wanted = Wanted(Act(command.act), command.mark, command.choice, draft=draft)
        if act is not None and act.done(wanted, policy):
            return command
    return None


def _put_back(row: Application, policy: Policy, now: datetime) -> str:
    rows = Reversal.objects.filter(command__application=row, command__policy=policy.name, sent_at__gt=now - LATELY)
    return PUT_BACK if rows.exists() else ""
