"""What real controllers did, as reports."""

from __future__ import annotations

from itertools import count, pairwise
from typing import Any

import pytest
from django.test import Client

from rollouts.domain.kurator import Application
from rollouts.domain.observations import Canary, Event, Kind, Observation, Route, Workload
from rollouts.models import Cluster, Release
from rollouts.services.observe.record import record
from rollouts.services.observe.sightings import Collection, Lease, Sighting
from tests.domain.test_recordings import ALL, lines

pytestmark = pytest.mark.django_db


def observe(name: str) -> None:
    numbers = count(1)
    for cluster, seen_at, seen in lines(name):
        row, _ = Cluster.objects.get_or_create(name=cluster, defaults={"source": "file", "lease": 1})
        sighting = Sighting(Lease(row.pk, 1), Collection(kind_of(seen)), (seen,), seen_at, cursor=str(next(numbers)))
        record([sighting], now=seen_at)


def kind_of(seen: Observation) -> Kind:
    match seen:
        case Canary():
            return Kind.CANARY
        case Event():
            return Kind.EVENT
        case Workload():
            return Kind.DEPLOYMENT
        case Application():
            return Kind.APPLICATION
        case Route():
            return seen.kind
    kind: Kind = seen.kind  # type: ignore[union-attr]
    return kind


ALL_PASSED = "Succeeded: green passed all 3 iterations."
BY_HAND = "Failed: somebody other than Flagger raised the number of failed checks, so Flagger rolled back."
SKIPPED = "Succeeded without an analysis: it was switched off (skipAnalysis)."
SUMMARIES = {
    "kurator-newer-version": ["Superseded: a newer version came before Flagger had decided.", ALL_PASSED],
    "kurator-overwrite": [],
    "kurator-rollout-removed": [],
    "kurator-skip-analysis": [SKIPPED],
    "kurator-success": [ALL_PASSED],
    "kurator-suspend": [],
    "plain-abort": [BY_HAND],
    "plain-failed-retried": ["Failed: success rate 50.00% < 99% (2 failed checks of 2).", ALL_PASSED],
    "plain-failure": ["Failed: success rate 67.50% < 99% (2 failed checks of 2)."],
    "plain-fast-forward": [
        "Succeeded, though not all 3 iterations were checked: somebody other than Flagger skipped some."
    ],
    "plain-gate": [ALL_PASSED],
    "plain-never-ready": [BY_HAND, ALL_PASSED],
    "plain-skip-analysis": [SKIPPED],
    "plain-success": [ALL_PASSED],
    "plain-suspended-aborted-resumed": [BY_HAND],
}


@pytest.mark.parametrize("name", sorted(ALL))
def test_a_recording_is_told_as_it_was(name: str, admin_client: Client) -> None:
    observe(name)
    releases = list(Release.objects.order_by("started_at"))
    reports: list[dict[str, Any]] = [admin_client.get(f"/releases/{one.pk}.json").json() for one in releases]
    assert [one["summary"] for one in reports] == SUMMARIES[name]
    for release in releases:
        assert admin_client.get(f"/releases/{release.pk}/").status_code == 200
    for one, another in pairwise(releases):
        assert admin_client.get(f"/releases/{one.pk}/compare/{another.pk}/").status_code == 200
