"""Reads the specs of plain Canaries whole, so that every text they have is kept: once when a Canary is first seen, and
whenever its generation says that its spec has become another. What Kurator makes is kept as the policy it is made of.

The newest come first and a few at a time: ten thousand that are seen for the first time take an hour and a half, and a
change among them is read at the next turn. Then nothing is asked of any cluster until a generation grows. What cannot
be read comes after all others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from time import monotonic

from django.db.models import BigIntegerField, ExpressionWrapper, F

from rollouts.domain.errors import ClusterError, Forbidden, NotFound, Unreachable
from rollouts.domain.observations import Kind
from rollouts.models import Rollout
from rollouts.services import revisions
from rollouts.services.observe.watching import ClusterWatch

AT_ONCE = 4
LOOKED_AT = 200
AGAIN = 60.0
"""Seconds until one that could not be read is asked for again."""
RESTS = 30.0
"""Seconds in which nothing is asked of a cluster that gave no answer, or that lets nobody read: less than `AGAIN`, so
that after them another one is asked for first.
"""
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


class Specs:
    def __init__(self, *, now: Callable[[], datetime]) -> None:
        self._now = now
        self._asked: dict[int, float] = {}
        self._rests_until: dict[int, float] = {}

    def due(self, clusters: Iterable[int]) -> list[Rollout]:
        """Which are to be read now."""
        resting = {cluster for cluster, end in list(self._rests_until.items()) if monotonic() < end}
        waiting = Rollout.objects.filter(spec_due_at__isnull=False).order_by("-spec_due_at")
        found: list[Rollout] = list(
            # Named as it is, SQLite would find the column by its index, and sort thousands for the newest few.
            waiting.alias(of=ExpressionWrapper(F("cluster_id") + 0, BigIntegerField()))
            .filter(of__in=[one for one in clusters if one not in resting])
            .select_related("application")
            .only("cluster_id", "namespace", "name", "deleted_at", "application__hub_id")[:LOOKED_AT]
        )
        of_kurator = [row.pk for row in found if row.application is not None and row.application.hub_id is not None]
        gone = [row.pk for row in found if row.deleted_at is not None]
        if of_kurator or gone:
            Rollout.objects.filter(pk__in=[*of_kurator, *gone]).update(spec_due_at=None)
        self._asked = {pk: at for pk, at in list(self._asked.items()) if monotonic() - at < AGAIN}
        left_out = {*of_kurator, *gone, *self._asked}
        taken = [row for row in found if row.pk not in left_out][:AT_ONCE]
        self._asked |= {row.pk: monotonic() for row in taken}
        return taken

    def read(self, watch: ClusterWatch, rollout: Rollout) -> None:
        """Raises ClusterError. What has changed again meanwhile is due again."""
        try:
            found = watch.ready().raw(Kind.CANARY, rollout.namespace, rollout.name)
        except NotFound:
            found = {}
        except ClusterError as error:
            self._put_off(rollout, error)
            raise
        spec, generation = found.get("spec"), (found.get("metadata") or {}).get("generation")
        if isinstance(spec, dict):
            revisions.note_spec(rollout=rollout, spec=spec, now=self._now())
        read = generation if isinstance(generation, int) else 0
        still = Rollout.objects.filter(pk=rollout.pk)
        if found:
            still = still.filter(generation__lte=read)
        still.update(spec_due_at=None)
        self._asked.pop(rollout.pk, None)

    def _put_off(self, rollout: Rollout, error: ClusterError) -> None:
        """Behind all that has changed and all that was put off before: the later it is, the longer ago it is set."""
        behind = LONG_AGO - (self._now() - LONG_AGO)
        Rollout.objects.filter(pk=rollout.pk, spec_due_at__isnull=False).update(spec_due_at=behind)
        if isinstance(error, (Forbidden, Unreachable)):
            self._rests_until[rollout.cluster_id] = monotonic() + RESTS
