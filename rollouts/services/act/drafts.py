"""What a person makes of a policy, kept from the review until it is applied: what the clusters say of it is asked by
tasks, and a command holds for exactly this.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import F, Q

from rollouts.domain.commands import Governed
from rollouts.domain.errors import CredentialError
from rollouts.domain.policies.concealing import concealed
from rollouts.domain.policies.drafts import Draft
from rollouts.domain.policies.layouts import KURATOR, PLAIN
from rollouts.domain.ports import Enqueue
from rollouts.models import Answer, Application, Command, CommandState, DraftTrial, PolicyDraft
from rollouts.models.clusters import NOT_WATCHED
from rollouts.models.commands import OPEN
from rollouts.services.secrets import Cipher

TRY = "rollouts.tasks.try_draft"
LOOK = "rollouts.tasks.look_for_draft"
ASKED_AGAIN_AFTER = timedelta(seconds=5)
ONE_OF_MANY_AGAIN_AFTER = timedelta(seconds=20)
"""Where so many are asked at once that some only wait for a worker."""
LOOKED_AGAIN_AFTER = timedelta(seconds=2)
THE_SAME_FOR = timedelta(minutes=5)
"""After that what the clusters said of it is asked anew."""
TICKS_UNTIL_READY = 3
KEPT_FOR = timedelta(days=1)
"""A review of which nothing came."""


def keep_draft(
    *, application: Application, governed: Governed, draft: Draft, person: Any, now: datetime
) -> PolicyDraft:  # fmt: skip
    """The same review again is the same row, for some minutes. Raises InvalidInput when it has to be sealed, and there
    is no key.
    """
    lately = {"digest": draft.digest, "command": None, "made_at__gt": now - THE_SAME_FOR}
    of = {"application": application, "policy": governed.policy.name, "rollout_id": governed.plain}
    known = PolicyDraft.objects.filter(person=person, **of, **lately)
    if (found := known.order_by("-pk").first()) is not None and _opens(found):
        return found
    shown, texts = concealed(draft.texts), dict(draft.texts)
    sealed = "" if shown == texts else _cipher().encrypt(json.dumps(texts).encode())
    return PolicyDraft.objects.create(
        person=person, base=draft.base, texts=shown, sealed=sealed, digest=draft.digest, made_at=now, **of
    )  # fmt: skip


def draft_of(row: PolicyDraft) -> Draft:
    """As it was entered. Raises CredentialError when the key that sealed it is gone."""
    texts = json.loads(_cipher().decrypt(row.sealed)) if row.sealed else row.texts
    return Draft(row.base, texts, KURATOR if row.rollout_id is None else PLAIN)


def _opens(row: PolicyDraft) -> bool:
    try:
        draft_of(row)
    except CredentialError:
        return False
    return True


def draft_of_command(command: Command) -> Draft | None:
    """None for a command that applies none. Raises CredentialError as `draft_of` does."""
    row = PolicyDraft.objects.filter(command=command).first()
    return None if row is None else draft_of(row)


def until_blue_is_made(command: Command) -> timedelta:
    """After a policy that is new has arrived: Flagger makes blue at its first tick, and looks at the next ones whether
    it is ready. No time for all other commands.
    """
    draft = draft_of_command(command)
    if draft is None or draft.base is not None:
        return timedelta()
    return TICKS_UNTIL_READY * timedelta(seconds=draft.edit.after.interval or 0)


def ask_all(*, row: PolicyDraft, governed: Governed, enqueue: Enqueue, now: datetime) -> list[DraftTrial]:
    """What the hub, where there is one, and each member say of it, the hub first. Who has not answered is asked by a
    task of its own, so that a cluster which gives no answer holds up no other. One that is not watched is not asked.
    """
    hub = row.application.hub_id
    wanted = [*([hub] if hub is not None else []), *(one.cluster for one in governed.members)]
    trials = row.trials.select_related("cluster").filter(cluster__in=wanted)
    found = list(trials)
    if missing := set(wanted) - {one.cluster_id for one in found}:
        longest_ago = now - 2 * ASKED_AGAIN_AFTER
        made = [DraftTrial(draft=row, cluster_id=cluster, asked_at=longest_ago) for cluster in missing]
        DraftTrial.objects.bulk_create(made, ignore_conflicts=True)
        found = list(trials.all())
    ask_again(trials=found, after=ASKED_AGAIN_AFTER, enqueue=enqueue, now=now)
    return sorted(found, key=lambda one: (one.cluster_id != hub, one.cluster.name))


def ask_again(*, trials: Iterable[DraftTrial], after: timedelta, enqueue: Enqueue, now: datetime) -> None:
    """Who has not answered for so long. One that is not watched is not asked."""
    for one in trials:
        if one.answer != Answer.AWAITED:
            continue
        if not one.cluster.is_watched:
            one.answer, one.said = Answer.UNKNOWN, NOT_WATCHED
            DraftTrial.objects.filter(pk=one.pk, answer=Answer.AWAITED).update(answer=one.answer, said=one.said)
        elif one.asked_at <= now - after and _taken(one, now - after, now):
            enqueue(TRY, {"trial": one.pk})


def not_taken(row: PolicyDraft) -> str:
    """Why it cannot be applied, by what the clusters said of it; empty when it can."""
    answers = dict(row.trials.values_list("cluster__name", "answer"))
    if refused := sorted(name for name, answer in answers.items() if answer == Answer.REFUSED):
        return f"{', '.join(refused)} would not take it."
    answered = row.trials.exclude(answer=Answer.AWAITED)
    if row.rollout_id is not None:
        return "" if answered.exists() else "The cluster has not said yet whether it would take it."
    asked = answered.filter(cluster=row.application.hub_id).exists()
    return "" if asked else "The hub has not said yet whether it would take it."


def look_at_all(*, command: Command, enqueue: Enqueue, now: datetime) -> None:
    """Asks for a look at every member where it is not seen to be there yet."""
    missing = DraftTrial.objects.filter(Q(looked_at=None) | ~Q(lacks=""), draft__command=command)
    of_the_hub = Q(cluster=F("draft__application__hub"), draft__rollout=None)
    for one in missing.exclude(of_the_hub):
        if _taken(one, now - LOOKED_AGAIN_AFTER, now):
            enqueue(LOOK, {"trial": one.pk})


def forget(now: datetime) -> None:
    """Reviews of which nothing came, and what was entered where nobody needs it any more."""
    PolicyDraft.objects.filter(command=None, made_at__lt=now - KEPT_FOR).delete()
    needed = (CommandState.WAITING, *OPEN)
    PolicyDraft.objects.exclude(sealed="").exclude(command=None).exclude(command__state__in=needed).update(sealed="")


def _taken(one: DraftTrial, before: datetime, now: datetime) -> bool:
    """False when it was asked for since, perhaps by somebody else."""
    return bool(DraftTrial.objects.filter(pk=one.pk, asked_at__lte=before).update(asked_at=now))


def _cipher() -> Cipher:
    return Cipher(settings.SECRET_KEYS)
