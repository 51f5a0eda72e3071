"""What governed a release stays with it, whatever the Canary says later."""

from __future__ import annotations

import pytest

from rollouts.domain.memory import load_canary
from rollouts.domain.observations import Phase
from rollouts.models import Cluster, Release
from rollouts.services.observe.sightings import Lease
from tests.services.observe.test_record import a_whole_run, first_sight, sighting, write
from tests.support.seen import canary

pytestmark = pytest.mark.django_db


def test_a_release_keeps_the_policy_that_governed_it() -> None:
    lease = Lease(Cluster.objects.create(name="north", source="file", lease=1).pk, 1)
    write(*first_sight(lease), *a_whole_run(lease)[:3])
    newer = canary(35, Phase.PROGRESSING, last_applied="ccc", iterations_wanted=9)
    ended = canary(45, Phase.SUCCEEDED, last_applied="ccc", last_promoted="ccc", iterations_wanted=9)
    edited = canary(55, Phase.SUCCEEDED, last_applied="ccc", last_promoted="ccc", iterations_wanted=1, version=999)
    write(*(sighting(lease, one, seconds=35 + 10 * n) for n, one in enumerate((newer, ended, edited))))
    kept = [(one.outcome, load_canary(one.canary).iterations_wanted) for one in Release.objects.order_by("number")]
    assert kept == [("superseded", 3), ("succeeded", 9)]
