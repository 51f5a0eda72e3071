"""Who observes which cluster.

A worker renews one row in the database's own time. A cluster belongs to the worker named in its row, as long as the
row carries the lease number that the worker was given; taking a cluster over raises the number, so that a worker that
was frozen meanwhile can write no more.
"""

from __future__ import annotations

import contextlib
import os
import socket
from datetime import timedelta

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now

from rollouts.models import Cluster, Worker
from rollouts.services.observe.sightings import Lease

SILENT_AFTER = timedelta(seconds=12)


def enter(worker: str) -> None:
    """Announces this process, and buries workers of this host whose process is gone, so that a restart need not wait
    for their silence.
    """
    host = socket.gethostname()
    dead = [w.pk for w in Worker.objects.filter(host=host).exclude(pk=worker) if not _alive(w.pid)]
    Worker.objects.filter(pk__in=[*dead, worker]).delete()  # our own: of an attempt whose answer was lost
    Worker.objects.create(id=worker, host=host, pid=os.getpid(), started_at=Now(), seen_at=Now())


def _alive(pid: int) -> bool:
    with contextlib.suppress(PermissionError):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return False
    return True


def renew(worker: str) -> bool:
    """False when the row is gone: others thought this worker dead, and everything must be taken anew."""
    return Worker.objects.filter(pk=worker).update(seen_at=Now()) == 1


def count_batch(worker: str, number: int) -> bool:
    """Once for each number, and only for a worker that is known."""
    return Worker.objects.filter(pk=worker, batch__lt=number).update(batch=number) == 1


def is_known(worker: str) -> bool:
    return Worker.objects.filter(pk=worker).exists()


def leave(worker: str) -> None:
    """Gives up everything at once; deleting the row frees its clusters."""
    with transaction.atomic():
        Cluster.objects.filter(worker=worker).update(worker=None, lease=F("lease") + 1)
        Worker.objects.filter(pk=worker).delete()


def held(worker: str) -> dict[int, Lease]:
    rows = _observable().filter(worker=worker).values_list("pk", "lease")
    return {pk: Lease(pk, number) for pk, number in rows}


def take(worker: str, *, at_most: int) -> None:
    """Takes free clusters, each by one conditional UPDATE: whoever comes second changes no row."""
    silent = Q(worker__seen_at__lt=Now() - SILENT_AFTER)
    free = _observable().filter(Q(worker=None) | silent).order_by("pk").values_list("pk", "lease")[: max(0, at_most)]
    for pk, number in list(free):
        Cluster.objects.filter(pk=pk, lease=number).update(worker=worker, lease=number + 1)


def give_back(worker: str, cluster: int) -> None:
    Cluster.objects.filter(pk=cluster, worker=worker).update(worker=None, lease=F("lease") + 1)


def fair_share(worker: str) -> int:
    """How many clusters one worker should hold now: all of them shared evenly among the workers that are heard,
    rounded up.
    """
    workers = Worker.objects.filter(Q(pk=worker) | Q(seen_at__gte=Now() - SILENT_AFTER)).count()
    return -(-_observable().count() // max(1, workers))


def still_held(leases: set[Lease]) -> set[Lease]:
    """Which of the leases still hold; inside a transaction they then hold until its end (the rows are locked)."""
    rows = (
        Cluster.objects.select_for_update(of=("self",))
        .filter(pk__in={lease.cluster for lease in leases})
        .order_by("pk")
    )
    return leases & {Lease(pk, number) for pk, number in rows.values_list("pk", "lease")}


def _observable() -> QuerySet[Cluster]:
    return Cluster.objects.filter(observed=True, left_at=None)
