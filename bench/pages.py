"""The pages over a generated database: time on the server, SQL queries, and size as sent."""

from __future__ import annotations

import gzip
import random
import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, timedelta
from statistics import quantiles
from typing import Any

from django.contrib.auth import get_user_model
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from kurator_ui.pages import settle
from rollouts.domain import memory
from rollouts.domain.metrics import Side
from rollouts.domain.observations import Check, Phase
from rollouts.domain.totals import Totals
from rollouts.models import (
    Application,
    Cluster,
    ClusterSource,
    ClusterState,
    Covers,
    Curve,
    DayOfReleases,
    Grant,
    Measurement,
    Release,
    Rollout,
    Transition,
)
from rollouts.services.observe import storage
from rollouts.web.fragments import fragments
from tests.support.builders import BLUE, CHECKS, GREEN, Sides, make_state

SEED = 20261123
TICK = 30
CHARTED = (*CHECKS, Check("orders-per-minute", 30, minimum=10, query="sum(rate(orders[1m])) * 60"))
PHASES = (
    (Phase.SUCCEEDED,) * 90
    + (Phase.FAILED,) * 3
    + (Phase.PROGRESSING,) * 5
    + (Phase.WAITING_PROMOTION, Phase.PROMOTING)
)
FLEET_ADDRESSES = {
    "fleet": "/",
    "fleet, page 100": "/?page=100",
    "fleet, applications": "/?view=applications",
    "fleet, text": "/?q=app-07",
    "fleet, no match": "/?q=no-such-rollout",
    "fleet, one cluster": "/?cluster=cluster-042",
    "fleet, sorted by name": "/?sort=name&page=50",
    "fleet, sorted by cluster": "/?sort=cluster",
    "fleet, failed": "/?phase=Failed&part=needs",
    "fleet, combined": "/?namespace=team-3&namespace=team-4&phase=Progressing&q=app&view=applications",
}


HISTORY_PAGE = "history of 30 days"
ROLLOUT_PAGE = "rollout, 200 transitions, 4 charts"


@dataclass(frozen=True, slots=True)
class Measured:
    page: str
    p50: float
    """Milliseconds on the server, like `p95`; nothing of it comes from a kept fragment."""
    p95: float
    queries: int
    kilobytes: float
    """Gzipped."""

    def __str__(self) -> str:
        times = f"p50 {self.p50:6.1f} ms  p95 {self.p95:6.1f} ms"
        return f"{self.page:28} {times}  {self.queries:3} queries  {self.kilobytes:6.1f} kB gzipped"


def fill(clusters: int = 100, rollouts: int = 10_000) -> None:
    """A fleet of which a tenth does something or needs somebody; every application is in ten clusters."""
    chance = random.Random(SEED)
    now = timezone.now()
    with transaction.atomic():
        made = Cluster.objects.bulk_create(
            Cluster(
                name=f"cluster-{number:03}",
                source=ClusterSource.FILE,
                state=ClusterState.REACHABLE if number % 50 else ClusterState.UNREACHABLE,
                state_since=now,
                fresh_at=now,
            )
            for number in range(clusters)
        )
        applications = Application.objects.bulk_create(
            Application(namespace=namespace, name=name, workload_namespace=namespace, workload=name)
            for namespace, name in {_place(number) for number in range(rollouts // 10)}
        )
        by_place = {(one.namespace, one.name): one for one in applications}
        Rollout.objects.bulk_create(
            (_rollout(number, made, by_place, rollouts // 10, chance) for number in range(rollouts)), batch_size=500
        )


def _place(number: int) -> tuple[str, str]:
    return f"team-{number % 40}", f"app-{number:04}"


def _rollout(
    number: int, clusters: list[Cluster], applications: dict[Any, Application], places: int, chance: random.Random
) -> Rollout:
    namespace, name = _place(number % places)
    phase = chance.choice(PHASES)
    state = make_state(
        namespace=namespace,
        name=name,
        phase=phase,
        iterations=2 if phase is Phase.PROGRESSING else 0,
        failed_checks=chance.choice((0, 0, 0, 1)),
        age=timedelta(seconds=chance.randint(60, 400_000)),
        moved=timedelta(seconds=chance.randint(1, 60)),
        sides=Sides(blue=(BLUE,), green=(GREEN if phase is not Phase.SUCCEEDED else BLUE,)),
        labels={"app.kubernetes.io/name": name, "app.kubernetes.io/part-of": namespace},
    )
    cluster = clusters[(number + number // places * 7) % len(clusters)]
    row = Rollout(
        cluster=cluster,
        application=applications[namespace, name],
        namespace=namespace,
        name=name,
        first_seen_at=timezone.now(),
    )
    storage.fill(row, state)
    return row


def fill_history(rollout: Rollout, transitions: int = 200) -> Release:
    """One long release, as the page of a rollout shows it, with three checks measured at each of its transitions."""
    now = timezone.now()
    begin = now - timedelta(seconds=TICK * transitions)
    canary = replace(memory.load(rollout.state).canary, checks=CHARTED)
    release = Release.objects.create(
        rollout=rollout, number=1, strategy=rollout.strategy, trigger="image", outcome="running", analysis="running",
        started_at=begin, from_images=[BLUE], to_images=[GREEN], canary=memory.dump(canary), measured_at=now,
    )  # fmt: skip
    Transition.objects.bulk_create(
        Transition(
            rollout=rollout, number=number, release=1, at=begin + timedelta(seconds=TICK * number),
            seen_at=now, phase="Progressing", iterations=number % 4, failed_checks=number % 2, weight=0,
            live_side="blue", live_source="routing", suspended=False, why="request-success-rate 97.21% < 99%",
        )
        for number in range(1, transitions + 1)
    )  # fmt: skip
    Rollout.objects.filter(pk=rollout.pk).update(release_number=1)
    for check in CHARTED:
        _fill_check(release, check, transitions)
    return release


def _fill_check(release: Release, check: Check, transitions: int) -> None:
    """A curve has at most 240 values and half an hour around the release."""
    chance = random.Random(check.name)
    whole = timedelta(seconds=TICK * transitions) + timedelta(minutes=30)
    step = max(15, int(whole.total_seconds() / 240))
    number = int(whole.total_seconds() / step)
    for side in Side:
        values = [round(chance.uniform(97, 100), 6) for _ in range(number)]
        begin = release.started_at - timedelta(minutes=15)
        Curve.objects.create(
            release=release, check_name=check.name, side=side.value, begin=begin, step=step, values=values
        )
    Measurement.objects.bulk_create(
        Measurement(
            release=release, check_name=check.name, at=release.started_at + timedelta(seconds=TICK * place),
            transition=place, green=chance.uniform(97, 100), blue=99.9, verdict="failed" if place % 2 else "passed",
        )
        for place in range(1, transitions + 1)
    )  # fmt: skip


PAST = """
INSERT INTO rollouts_transition (rollout_id, number, release, at, seen_at, phase, iterations, failed_checks, weight,
                                 live_side, live_source, suspended, why, gap)
WITH RECURSIVE step(number) AS (SELECT 1000 UNION ALL SELECT number + 1 FROM step WHERE number < 999 + %s)
SELECT rollout.id, step.number, 1000 + step.number / 8, %s, %s, 'Progressing', 1, 0, 0, 'blue', 'routing', %s, NULL, %s
FROM rollouts_rollout rollout, step
"""


def fill_past(transitions: int) -> None:
    """Spreads a long past evenly over the rollouts, in releases that no page shows."""
    now = timezone.now()
    each = max(1, transitions // Rollout.objects.count())
    with connection.cursor() as cursor:
        cursor.execute(PAST, [each, now, now, False, False])


def fill_days(days: int = 90, each: int = 33) -> None:
    """`each` releases of every cluster on every day up to today, as they are counted."""
    chance = random.Random(SEED)
    today = timezone.now().astimezone(UTC).date()
    rows = []
    for cluster in Cluster.objects.all():
        for ago in range(days):
            counted = Totals()
            for _ in range(each):
                begun = timezone.now()
                outcome = chance.choices(("succeeded", "failed", "superseded"), (85, 10, 5))[0]
                counted.count(outcome, begun, begun + timedelta(seconds=chance.lognormvariate(6.5, 0.5)))
            day = today - timedelta(days=ago)
            rows.append(DayOfReleases(cluster=cluster, day=day, outcomes=counted.outcomes, lasted=counted.lasted))
    DayOfReleases.objects.bulk_create(rows, batch_size=1000)


def addresses() -> dict[str, str]:
    """Of every page to measure; one running rollout is given a long release first."""
    one = Rollout.objects.filter(phase="Progressing").order_by("id").first()
    assert one is not None, "a generated fleet has running releases"
    release = fill_history(one)
    return {
        **FLEET_ADDRESSES,
        ROLLOUT_PAGE: f"/rollouts/{one.pk}/",
        "report, 600 measurements": f"/releases/{release.pk}/",
        "application": f"/applications/{one.application_id}/",
        HISTORY_PAGE: "/history/",
        "clusters": "/clusters/",
    }


def measure(addresses: dict[str, str], *, times: int = 40) -> Iterable[Measured]:
    client = Client()
    person, _ = get_user_model().objects.get_or_create(username="bench")
    Grant.objects.get_or_create(person=person, covers=Covers.EVERYTHING)
    client.force_login(person)
    settle()  # as the server does when it starts
    for page, address in addresses.items():
        Cluster.objects.filter(state=ClusterState.REACHABLE).update(fresh_at=timezone.now())
        client.get(address)
        fragments.clear()
        with CaptureQueriesContext(
            connection,
        ) as captured:
            body = client.get(address).content
            queries = len(captured)
        taken = []
        for _ in range(times):
            fragments.clear()
            begin = time.perf_counter()
            response = client.get(address)
            taken.append((time.perf_counter() - begin) * 1000)
            assert response.status_code == 200, f"{address}: {response.status_code}"
        parts = quantiles(taken, n=20)
        measured = Measured(page, parts[9], parts[18], queries, len(gzip.compress(body, 6)) / 1000)
        print(measured, flush=True)
        yield measured
