"""From a change in a cluster to the database and to open pages, measured at both ends of the program.

A probe writes to rollouts of its own choice through the API, one at a time, beside the load, and waits for what becomes
of it: a row in the database, and another fragment on an open page of that rollout. Meanwhile people look at the fleet.
"""

from __future__ import annotations

import json
import ssl
import threading
import time
import urllib.request
from pathlib import Path
from statistics import quantiles
from typing import Any

import yaml

from bench.fleet import Load, Program
from bench.people import Viewer, looking_on, sign_in
from bench.report import Finding

PEOPLE, PROBES = 50, 60
PATIENCE = 10.0
LOOK_AGAIN = 0.01
"""Seconds until the database is asked again for a change. They are counted as ours, since only this look tells the
time; asking without a pause would take a core from what is measured.
"""
LOAD = f"50 changes/s over 100 clusters, {PEOPLE} people looking on"


def freshness(fleet: Load, program: Program, which: str = "embedded") -> list[Finding]:
    cookies = sign_in(program.address, "admin", program.password())
    with looking_on(program.address, cookies, PEOPLE):
        return probes(fleet, program, cookies, which)


def probes(fleet: Load, program: Program, cookies: str, which: str) -> list[Finding]:
    """While people look on."""
    stored, shown = [], []
    for cluster, namespace, name, pk in _chosen(program):
        times = _probe(
            program, ClusterApi.of(fleet.folder / "clusters" / f"{cluster}.kubeconfig"), cookies, namespace, name, pk
        )
        stored.append(times[0])
        shown.append(times[1])
    return [
        Finding(f"change in a cluster → in the database, p95 ({which}, {LOAD})", "ms", _p95(stored) * 1000, 1000),
        Finding(f"change in a cluster → in an open page, p95 ({which}, the same)", "ms", _p95(shown) * 1000, 1000),
    ]


def _p95(values: list[float]) -> float:
    return quantiles(values, n=20)[-1]


def _chosen(program: Program) -> list[tuple[str, str, str, int]]:
    """Quiet rollouts of different clusters."""
    return program.query(
        "select c.name, r.namespace, r.name, r.id from rollouts_rollout r"
        " join rollouts_cluster c on c.id = r.cluster_id where r.id in"
        " (select min(id) from rollouts_rollout where phase = 'Initialized' group by cluster_id) order by c.id limit ?",
        PROBES,
    )


class ClusterApi:
    def __init__(self, server: str, token: str) -> None:
        self._server, self._token = server, token

    @classmethod
    def of(cls, kubeconfig: Path) -> ClusterApi:
        found = yaml.safe_load(kubeconfig.read_text())
        return cls(found["clusters"][0]["cluster"]["server"], found["users"][0]["user"]["token"])

    def fail_a_check(self, namespace: str, name: str) -> None:
        path = f"/apis/flagger.app/v1beta1/namespaces/{namespace}/canaries/{name}/status"
        body: dict[str, Any] = {"status": {"failedChecks": 7}}
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/merge-patch+json"}
        request = urllib.request.Request(self._server + path, json.dumps(body).encode(), headers, method="PATCH")
        urllib.request.urlopen(request, timeout=10, context=ssl._create_unverified_context()).close()


def _probe(
    program: Program, cluster: ClusterApi, cookies: str, namespace: str, name: str, pk: int
) -> tuple[float, float]:
    """Seconds from before the write until it was stored, and until an open page had it."""
    changes: list[float] = []
    viewer = Viewer(program.address, cookies, f"/rollouts/{pk}/", f"rollout-{pk}", changes.append)
    viewer.start()
    assert viewer.listening.wait(PATIENCE)
    begun = time.monotonic()
    threading.Thread(target=cluster.fail_a_check, args=(namespace, name), daemon=True).start()
    stored = 0.0
    while not (stored and changes):
        if time.monotonic() - begun > PATIENCE:
            break
        if not stored and program.query("select 1 from rollouts_rollout where id = ? and failed_checks = 7", pk):
            stored = time.monotonic()
        time.sleep(LOOK_AGAIN)
    viewer.stop()
    return (stored - begun if stored else PATIENCE), (changes[0] - begun if changes else PATIENCE)
