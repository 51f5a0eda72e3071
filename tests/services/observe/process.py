"""An observing process that a test can kill, freeze and wake: `python -m tests.services.observe.process FILE`.

FILE is JSON: `clusters` maps names to servers, `ca` and `token` are for all of them; `die` says when the process ends
as if it were killed: `before-commit` or `after-commit` of the batch with the number `batch` (counting batches that hold
a Canary). `patient`: with the limits and waits of production.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import django

django.setup()

from django.db import transaction  # noqa: E402
from django.utils import timezone  # noqa: E402

from rollouts.adapters.changefeed.memory import MemoryChangeFeed  # noqa: E402
from rollouts.adapters.kubernetes.connection import KubernetesConnection  # noqa: E402
from rollouts.adapters.kubernetes.transport import Limits  # noqa: E402
from rollouts.domain.observations import Canary  # noqa: E402
from rollouts.domain.ports import ClusterConnection, Credential  # noqa: E402
from rollouts.models import Cluster  # noqa: E402
from rollouts.services.clusters import identify  # noqa: E402
from rollouts.services.observe import record as recording  # noqa: E402
from rollouts.services.observe import writer  # noqa: E402
from rollouts.services.observe.observer import Observer  # noqa: E402
from rollouts.services.observe.sightings import Sighting  # noqa: E402
from rollouts.services.observe.streams import Timing  # noqa: E402
from tests.services.observe.harness import IMPATIENT, QUICK  # noqa: E402


class Door:
    def __init__(self, servers: dict[str, str], ca: str, token: str, limits: Limits) -> None:
        self._servers, self._ca, self._token, self._limits = servers, ca, token, limits

    def open(self, cluster: int) -> ClusterConnection:
        name = Cluster.objects.get(pk=cluster).name
        credential = Credential(self._servers[name], ca_data=self._ca, token=self._token)
        connection = KubernetesConnection(credential, self._limits)
        self.check(cluster, connection)
        return connection

    def check(self, cluster: int, connection: ClusterConnection) -> None:
        identify(cluster=Cluster.objects.get(pk=cluster), uid=connection.uid())


def die_at(moment: str, number: int) -> None:
    """Ends the process without any clean-up in the middle of writing."""
    counted = 0

    def record(
        sightings: Sequence[Sighting], *, now: datetime, batch: recording.Batch | None = None
    ) -> recording.Recorded:
        nonlocal counted
        counted += any(isinstance(seen, Canary) for one in sightings if not one.listed for seen in one.observations)
        doomed = counted == number
        with transaction.atomic():
            recorded = recording.record(sightings, now=now, batch=batch)
            if doomed and moment == "before-commit":
                os.kill(os.getpid(), signal.SIGKILL)
        if doomed:
            os.kill(os.getpid(), signal.SIGKILL)
        return recorded

    writer.record = record  # type: ignore[attr-defined]


def main(file: Path) -> None:
    plan = json.loads(file.read_text())
    if plan.get("die"):
        die_at(plan["die"], plan["batch"])
    patient = plan.get("patient", False)
    door = Door(plan["clusters"], plan["ca"], plan["token"], Limits() if patient else IMPATIENT)
    timing = Timing() if patient else QUICK
    observer = Observer(door=door, feed=MemoryChangeFeed(), now=timezone.now, timing=timing)
    over = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: over.set())
    observer.start()
    while not over.wait(0.2):
        pass
    observer.stop()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
