"""Holds the watches of one process: which clusters are its own, whether they are well, and what a hub asks to be
observed.
"""

from __future__ import annotations

import gc
import math
import threading
import uuid
from collections.abc import Callable
from datetime import datetime
from functools import partial
from time import monotonic

import structlog
from django.db import DatabaseError, InterfaceError, close_old_connections
from django.db import connection as database

from rollouts.domain.ports import ChangeFeed
from rollouts.models import Cluster, ClusterState, Rollout
from rollouts.services.observe import condition, hubs, leases
from rollouts.services.observe.kurator import HubView
from rollouts.services.observe.probes import Probes
from rollouts.services.observe.readers import Readers
from rollouts.services.observe.sightings import Lease
from rollouts.services.observe.specs import Specs
from rollouts.services.observe.streams import Timing
from rollouts.services.observe.watching import ClusterWatch, Door
from rollouts.services.observe.writer import Writer

log = structlog.get_logger(__name__)

TICK, HEARTBEAT, FRESH, SHARE = 0.5, 5.0, 10.0, 2.0
STOP_SECONDS = 2.0
HUB_WAIT = 5.0


class Observer:
    """One per process. `start` returns at once; `stop` waits for its threads for two seconds at most, and frees the
    clusters for others.
    """

    def __init__(
        self, *, door: Door, feed: ChangeFeed, now: Callable[[], datetime], timing: Timing | None = None
    ) -> None:
        self.worker = str(uuid.uuid4())
        self._door = door
        self._feed = feed
        self._now = now
        self._timing = timing or Timing()
        self._writer = Writer(feed, worker=self.worker, now=now, lost=self._lost, moved=self._moved)
        self._readers = Readers(put=self._writer.put, now=now)
        self._specs = Specs(now=now)
        self._probes = Probes(first_wait=self._timing.probe_wait)
        self._watches: dict[int, ClusterWatch] = {}
        self._conditions: dict[int, condition.Condition] = {}
        self._lost_leases: set[Lease] = set()
        self._moved_rollouts: set[int] = set()
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._due: dict[str, float] = {}
        self._thread = threading.Thread(target=self._run, name="observe", daemon=True)

    def start(self) -> None:
        # A list of thousands of objects makes many small ones that all live until they are written: the collector would
        # walk through them again and again, which costs a third of the time.
        gc.set_threshold(50_000, 20, 20)
        self._writer.start()
        self._readers.start()
        self._thread.start()

    def stop(self) -> None:
        end = monotonic() + STOP_SECONDS
        self._stopping.set()
        self._readers.close()
        self._stop_watches()
        self._writer.finish()
        self._thread.join(STOP_SECONDS)
        self._stop_watches()  # one may have begun meanwhile
        written = self._writer.stop(max(0.0, end - monotonic()))
        self._readers.stop(max(0.0, end - monotonic()))
        if not written:  # it holds the rows that would have to be changed; others take them once we are silent
            log.warning("clusters_not_given_back", worker=self.worker)
            return
        try:
            leases.leave(self.worker)
        except (DatabaseError, InterfaceError):
            log.warning("clusters_not_given_back", worker=self.worker)
        finally:
            database.close()

    def _stop_watches(self) -> None:
        for watch in list(self._watches.values()):
            watch.stop()

    # callbacks of the writer's thread

    def _lost(self, lease: Lease) -> None:
        with self._lock:
            self._lost_leases.add(lease)

    def _moved(self, rollouts: set[int]) -> None:
        with self._lock:
            self._moved_rollouts |= rollouts

    # the supervising thread

    def _run(self) -> None:
        entered = False
        while not self._stopping.is_set():
            try:
                close_old_connections()
                if not entered:
                    leases.enter(self.worker)
                    entered = True
                entered = self._tick()
            except (DatabaseError, InterfaceError) as error:
                log.warning("observer_database_error", error=type(error).__name__)
                database.close()
            except Exception:
                log.exception("observer_tick_failed")
            self._stopping.wait(TICK)
        database.close()

    def _tick(self) -> bool:
        """False when this worker was declared dead meanwhile and must enter again."""
        if self._is_due("heartbeat", HEARTBEAT) and not leases.renew(self.worker):
            log.warning("declared_dead", worker=self.worker)
            for cluster in list(self._watches):
                self._end(cluster)
            return False
        self._drop_lost()
        if self._is_due("share", SHARE):
            self._share()
        self._report_conditions()
        self._follow_hubs()
        self._read_workloads()
        return True

    def _is_due(self, what: str, every: float) -> bool:
        if monotonic() < self._due.get(what, -math.inf):
            return False
        self._due[what] = monotonic() + every
        return True

    def _drop_lost(self) -> None:
        with self._lock:
            lost, self._lost_leases = self._lost_leases, set()
        for lease in lost:
            watch = self._watches.get(lease.cluster)
            if watch is not None and watch.lease == lease:
                log.warning("lease_lost", cluster=lease.cluster)
                self._end(lease.cluster)

    def _share(self) -> None:
        share = leases.fair_share(self.worker)
        held = leases.held(self.worker)
        if len(held) < share:
            leases.take(self.worker, at_most=share - len(held))
            held = leases.held(self.worker)
        for cluster in sorted(held)[share:]:
            self._end(cluster)
            leases.give_back(self.worker, cluster)
            held.pop(cluster)
        rows = {row.pk: row for row in Cluster.objects.filter(pk__in=held).only(*condition.COLUMNS)}
        for cluster, watch in list(self._watches.items()):
            row = rows.get(cluster)
            if row is None or held.get(cluster) != watch.lease or watch.settings != condition.settings_of(row):
                self._end(cluster)
        for cluster, lease in held.items():
            if cluster not in self._watches and cluster in rows:
                self._begin(lease, rows[cluster])

    def _begin(self, lease: Lease, row: Cluster) -> None:
        watch = ClusterWatch(
            lease,
            settings=condition.settings_of(row),
            door=self._door,
            put=self._writer.put,
            now=self._now,
            timing=self._timing,
        )
        try:
            watch.start()
        except BaseException:
            watch.stop()  # it is begun anew at the next look
            raise
        self._watches[lease.cluster] = watch
        self._conditions[lease.cluster] = condition.Condition(row.state, row.reason)
        self._probes.begin(lease.cluster, answered_at=row.probed_at, now=self._now())
        log.info("observing", cluster=row.name)

    def _end(self, cluster: int) -> None:
        watch = self._watches.pop(cluster, None)
        self._conditions.pop(cluster, None)
        self._readers.forget(cluster)
        self._probes.forget(cluster)
        if watch is not None:
            watch.stop()

    def _report_conditions(self) -> None:
        fresh = []
        for cluster, watch in self._watches.items():
            health = watch.health()
            present = condition.judge(health, self._conditions[cluster])
            if present != self._conditions[cluster]:
                hints = condition.store(watch.lease, present, now=self._now())
                self._conditions[cluster] = present
                self._feed.publish(hints)
                if present.state == ClusterState.REACHABLE:
                    self._probes.became_reachable(cluster)
            if present.state == ClusterState.REACHABLE and self._probes.take(cluster):
                self._readers.submit(cluster, partial(self._probe, watch))
            if health.fresh:
                fresh.append(watch.lease)
        if fresh and not self._writer.is_behind() and self._is_due("fresh", FRESH):
            condition.mark_fresh(fresh, now=self._now())

    def _probe(self, watch: ClusterWatch) -> None:
        condition.probe(watch, now=self._now())
        self._probes.answered(watch.lease.cluster)

    def _follow_hubs(self) -> None:
        for watch in list(self._watches.values()):
            if watch.hub is not None and monotonic() >= self._due.get(f"hub-{watch.lease.cluster}", 0):
                self._follow_hub(watch, watch.hub)

    def _follow_hub(self, watch: ClusterWatch, view: HubView) -> None:
        contents = view.take_change()
        if contents is None:
            return
        try:
            hints = hubs.store(watch.lease, contents, now=self._now())
        except Exception:  # one hub whose contents cannot be stored must not keep the others waiting
            log.exception("hub_not_stored", cluster=watch.lease.cluster)
            database.close()
            view.change_again()
            self._due[f"hub-{watch.lease.cluster}"] = monotonic() + HUB_WAIT
            return
        self._feed.publish(hints)
        self._due.pop("share", None)

    def _read_workloads(self) -> None:
        with self._lock:
            moved, self._moved_rollouts = self._moved_rollouts, set()
        if moved:
            self._readers.ask(Rollout.objects.filter(pk__in=moved).defer("state"), self._watches, owed=True)
        if self._is_due("workloads", SHARE):
            # A cluster that is still being listed waits: all its workloads are then read with one list.
            listed = {cluster: watch for cluster, watch in self._watches.items() if watch.health().fresh}
            for one in self._specs.due(listed):
                self._readers.submit(one.cluster_id, partial(self._specs.read, listed[one.cluster_id], one))
            self._readers.ask(self._readers.due(listed), listed)
