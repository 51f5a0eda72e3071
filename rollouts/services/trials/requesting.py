"""Asking for a trial. However many ask the same, it is asked once; how many of a cluster in a minute is limited."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from datetime import datetime, timedelta

from rollouts.domain.errors import InvalidInput
from rollouts.domain.policies.trying import Question
from rollouts.domain.ports import Enqueue
from rollouts.models import Cluster, QueryTrial
from rollouts.services.trials.sealing import seal

TASK = "rollouts.tasks.try_query"
GOOD_FOR = timedelta(minutes=1)
LOST_AFTER = timedelta(seconds=15)
"""A task that has not answered by then may have been lost, and is asked for again."""
MOST = 20
"""Of one cluster, and as many in a minute."""
FORGOTTEN_AFTER = timedelta(hours=1)
"""What nobody has answered by then is asked for by nobody any more."""
BUSY = "Many queries are being tried on this cluster; this one has its turn within a minute."
STOPPED = "This cluster is not watched at the moment, so its Prometheus is not asked either."


def request(*, cluster: Cluster, question: Question, enqueue: Enqueue, now: datetime) -> QueryTrial | str:
    """The trial, answered or not, or a sentence why there is none. It is asked for unless its answer is new, or it has
    just been asked for.
    """
    if not cluster.is_watched:
        return STOPPED
    try:
        sealed = seal(question)
    except InvalidInput as error:
        return str(error)
    key = hashlib.sha256(json.dumps(asdict(question), sort_keys=True).encode()).hexdigest()
    trial = QueryTrial.objects.filter(cluster=cluster, key=key).first()
    if trial is None:
        if not _make_room(cluster, now):
            return BUSY
        defaults = {"sealed": sealed, "requested_at": now}
        trial, mine = QueryTrial.objects.get_or_create(cluster=cluster, key=key, defaults=defaults)
    else:
        mine = _is_due(trial, now) and _taken(trial, sealed, now)
    if mine:
        enqueue(TASK, {"trial": trial.pk})
    return trial


def forget(now: datetime) -> None:
    """What was typed, where the task that should have answered it was lost."""
    QueryTrial.objects.filter(answered_at=None, requested_at__lt=now - FORGOTTEN_AFTER).delete()


def _make_room(cluster: Cluster, now: datetime) -> bool:
    kept = list(QueryTrial.objects.filter(cluster=cluster).order_by("-requested_at", "-pk").defer("sealed"))
    leaving = kept[MOST - 1 :]
    if any(one.requested_at > now - GOOD_FOR for one in leaving):
        return False
    QueryTrial.objects.filter(pk__in=[one.pk for one in leaving]).delete()
    return True


def _is_due(trial: QueryTrial, now: datetime) -> bool:
    since = trial.answered_at or trial.requested_at
    return since <= now - (GOOD_FOR if trial.answered_at else LOST_AFTER)


def _taken(trial: QueryTrial, sealed: str, now: datetime) -> bool:
    """False when somebody else has asked meanwhile."""
    asked = {"sealed": sealed, "requested_at": now, "answered_at": None, "said": "", "hint": "", "good": False}
    mine = QueryTrial.objects.filter(pk=trial.pk, requested_at=trial.requested_at).update(**asked)
    trial.refresh_from_db()
    return bool(mine)
