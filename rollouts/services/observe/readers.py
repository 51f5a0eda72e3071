"""Reads single objects of the clusters under observation: the workloads of a rollout, and what an account may do.

The two workloads of a rollout are read when it is first seen, when its release begins, changes phase or ends, every
few seconds while a release runs or somebody looks at its page, and once a day in any case. The pods of a side are read
with them where they may tell why a release does not go on (`pods.py`). A few threads do it, each read has a time limit,
and what is not read in time is asked for again: a slow cluster delays its own pictures, neither its timeline nor the
pictures of others.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from time import monotonic

import structlog
from django.db import close_old_connections
from django.db.models import QuerySet

from rollouts.domain.changes import unready
from rollouts.domain.errors import ClusterError, NotFound, Unreachable
from rollouts.domain.observations import Deleted, Kind, Observation, Workload
from rollouts.models import Rollout
from rollouts.services.observe import pods
from rollouts.services.observe.ledger import PRIMARY
from rollouts.services.observe.sightings import Collection, Sighting
from rollouts.services.observe.turns import Job, Turns
from rollouts.services.observe.watching import ClusterWatch

log = structlog.get_logger(__name__)

THREADS = 4
AT_ONCE = 40
"""Rollouts whose workloads are asked for in one round, at most."""
WORTH_A_LIST = 20
"""From so many unread rollouts of one cluster on, all its Deployments are listed instead."""
AGAIN_UNREAD, AGAIN_RUNNING, AGAIN_LOOKED_AT = 60.0, 10.0, 5.0
AGAIN_IDLE = timedelta(hours=16)
IDLE_AT_ONCE, IDLE_EVERY = 10, 30.0
"""What has been idle for so long is read a few at a time: ten thousand rollouts take another eight hours."""
REST_SECONDS = 30.0
"""Nothing is asked of a cluster for so long after one of these reads had no answer."""
WORKLOADS = {"Deployment": Kind.DEPLOYMENT, "DaemonSet": Kind.DAEMON_SET}


class Readers:
    def __init__(
        self, *, put: Callable[[Sighting], None], now: Callable[[], datetime], idle_every: float = IDLE_EVERY
    ) -> None:
        self._put = put
        self._now = now
        self._turns = Turns()
        self._asked: dict[int, float] = {}
        self._owed: dict[int, int] = {}
        """Rollouts that have moved and were not read since, with their cluster."""
        self._rests: dict[int, float] = {}
        self._idle_every = idle_every
        self._idle_due = 0.0
        self._idle_after = 0
        """The idle rollout that was asked for last: the next few follow it, so that none that cannot be read keeps
        others waiting.
        """
        self._threads = [
            threading.Thread(target=self._run, name=f"observe-reader-{i}", daemon=True) for i in range(THREADS)
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """Nothing more is begun."""
        self._turns.close()

    def stop(self, timeout: float) -> None:
        self.close()
        end = monotonic() + timeout
        for thread in self._threads:
            thread.join(max(0.0, end - monotonic()))

    def submit(self, cluster: int, job: Job) -> None:
        self._turns.put(cluster, job)

    def _run(self) -> None:
        while (taken := self._turns.take()) is not None:
            cluster, job = taken
            try:
                job()
            except ClusterError as error:
                log.info("read_failed", cluster=cluster, error=type(error).__name__)
                if isinstance(error, Unreachable):
                    self._rests[cluster] = monotonic() + REST_SECONDS
                    self._turns.drop(cluster)
            except Exception:
                log.exception("reader_job_failed")
            finally:
                close_old_connections()
                self._turns.done(cluster)

    # workloads

    def ask(self, rollouts: Iterable[Rollout], watches: Mapping[int, ClusterWatch], *, owed: bool = False) -> None:
        """Reads the workloads of these rollouts soon. `owed`: they have moved, and are due until they were read."""
        by_cluster: dict[int, list[Rollout]] = defaultdict(list)
        for rollout in rollouts:
            if rollout.target_kind not in WORKLOADS or rollout.cluster_id not in watches:
                continue
            if owed:
                self._owed[rollout.pk] = rollout.cluster_id
            if self._may_ask(watches[rollout.cluster_id]):
                self._asked[rollout.pk] = monotonic()
                by_cluster[rollout.cluster_id].append(rollout)
        for cluster, asked in by_cluster.items():
            watch = watches[cluster]
            if len(asked) >= WORTH_A_LIST:
                self.submit(cluster, lambda watch=watch, asked=asked: self._list(watch, asked))  # type: ignore[misc]
            else:
                for one in asked:
                    self.submit(cluster, lambda watch=watch, one=one: self._get(watch, one))  # type: ignore[misc]

    def _may_ask(self, watch: ClusterWatch) -> bool:
        try:
            watch.ready()
        except ClusterError:
            return False
        return monotonic() >= self._rests.get(watch.lease.cluster, 0)

    def due(self, clusters: Iterable[int]) -> list[Rollout]:
        """Which rollouts' workloads want reading now."""
        clusters = set(clusters)
        asked = list(self._asked.items())
        self._asked = {pk: at for pk, at in asked if monotonic() - at <= AGAIN_UNREAD}  # longer ago does not matter
        rows = Rollout.objects.filter(cluster_id__in=clusters, deleted_at=None, target_kind__in=WORKLOADS).only(
            *("cluster_id", "namespace", "target_kind", "target_name", "stuck_after", "looked_at", "workloads_at"),
            *("changed_at", "interval"),
        )
        keys = rows.filter(pk__in=_unread()).values_list("pk", flat=True)[:5000]
        unread = list(rows.filter(pk__in=[pk for pk in keys if self._last_asked(pk) > AGAIN_UNREAD]))
        owed = rows.filter(pk__in=[pk for pk, cluster in list(self._owed.items()) if cluster in clusters][:AT_ONCE])
        unread += [row for row in owed.exclude(workloads_at=None) if self._last_asked(row.pk) > AGAIN_RUNNING]
        taken = {row.pk for row in unread}
        recent = self._now() - pods.LOOKS_LAST
        moving = []
        for row in rows.filter(pk__in=_followed(recent)).exclude(workloads_at=None)[:2000]:
            looked_at = row.looked_at is not None and row.looked_at >= recent
            if row.pk not in taken and self._last_asked(row.pk) > (AGAIN_LOOKED_AT if looked_at else AGAIN_RUNNING):
                moving.append(row)
        moving.sort(key=lambda row: -self._last_asked(row.pk))
        return unread + moving[:AT_ONCE] + self._idle(rows)

    def _idle(self, rows: QuerySet[Rollout]) -> list[Rollout]:
        if monotonic() < self._idle_due:
            return []
        self._idle_due = monotonic() + self._idle_every
        long_ago = rows.filter(workloads_at__lt=self._now() - AGAIN_IDLE, pk__gt=self._idle_after)
        found = list(long_ago.order_by("pk")[:IDLE_AT_ONCE])
        self._idle_after = found[-1].pk if len(found) == IDLE_AT_ONCE else 0
        return found

    def forget(self, cluster: int) -> None:
        """It is observed here no more, or anew."""
        self._rests.pop(cluster, None)
        for rollout in [pk for pk, its in list(self._owed.items()) if its == cluster]:
            self._owed.pop(rollout, None)

    def _last_asked(self, rollout: int) -> float:
        """Seconds ago."""
        return monotonic() - self._asked.get(rollout, float("-inf"))

    def _get(self, watch: ClusterWatch, rollout: Rollout) -> None:
        kind = WORKLOADS[rollout.target_kind]
        connection = watch.ready()
        seen: list[Observation] = []
        for name in (rollout.target_name, rollout.target_name + PRIMARY):
            try:
                seen.append(connection.get(kind, rollout.namespace, name))
            except NotFound:
                seen.append(Deleted(kind, rollout.namespace, name, uid=""))
        self._hand_over(watch, kind, rollout.namespace, seen)
        self._owed.pop(rollout.pk, None)
        if pods.worth_reading(rollout, self._now()):
            found: list[Observation] = [
                pods.read(connection, one, self._now()) for one in seen if isinstance(one, Workload) and unready(one)
            ]
            self._hand_over(watch, Kind.POD, rollout.namespace, found)

    def _list(self, watch: ClusterWatch, rollouts: list[Rollout]) -> None:
        connection = watch.ready()
        wanted: dict[Kind, set[tuple[str, str]]] = defaultdict(set)
        for row in rollouts:
            both = (row.target_name, row.target_name + PRIMARY)
            wanted[WORKLOADS[row.target_kind]] |= {(row.namespace, name) for name in both}
        for kind, of_kind in wanted.items():
            for namespace in watch.namespaces:
                missing = {one for one in of_kind if namespace in ("", one[0])}
                for page in connection.list(kind, namespace):
                    seen = [one for one in page.observations if (one.namespace, getattr(one, "name", "")) in of_kind]
                    missing -= {(one.namespace, getattr(one, "name", "")) for one in seen}
                    self._hand_over(watch, kind, namespace, seen)
                gone: list[Observation] = [Deleted(kind, *one, uid="") for one in sorted(missing)]
                self._hand_over(watch, kind, namespace, gone)
        for rollout in rollouts:
            self._owed.pop(rollout.pk, None)

    def _hand_over(self, watch: ClusterWatch, kind: Kind, namespace: str, seen: list[Observation]) -> None:
        if seen:
            self._put(Sighting(watch.lease, Collection(kind, namespace), tuple(seen), self._now()))


# Which rows these are is found by small indexes of just them. Asked for together with the clusters, whose rollouts are
# many, SQLite would read every row of every cluster instead.


def _unread() -> QuerySet[Rollout, int]:
    return Rollout.objects.filter(workloads_at=None).values_list("pk", flat=True)


def _followed(recent: datetime) -> QuerySet[Rollout, int]:
    """Their release runs, or somebody looks at their page."""
    running = Rollout.objects.filter(stuck_after__isnull=False).values_list("pk", flat=True)
    return running.union(Rollout.objects.filter(looked_at__gte=recent).values_list("pk", flat=True))
