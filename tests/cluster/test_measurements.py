"""With real Flagger and real Prometheus servers: what is stored of a failing release is what Flagger decided by."""

from __future__ import annotations

import json
import os
import time
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.cluster.laboratory import Member, wait_for
from tests.cluster.program import Program
from tests.cluster.test_releases import RELEASE_SECONDS, newest, next_image

needs_prometheus = pytest.mark.skipif(
    "LAB_PROMETHEUS" not in os.environ, reason="LAB_PROMETHEUS names no Prometheus servers"
)
pytestmark = needs_prometheus
PROMETHEUS = os.environ.get("LAB_PROMETHEUS", "").split(",")
SCRAPED_EVERY = 2
RATE, LIMIT = "request-success-rate", 99
LATEST = "select id, number from rollouts_release where rollout_id = ? order by number desc limit 1"
MEASURED = (
    "select m.transition, m.green, m.blue, m.verdict, m.said, m.agrees, t.why from rollouts_measurement m"
    " join rollouts_transition t on t.rollout_id = ? and t.number = m.transition"
    " where m.release_id = ? and m.check_name = ? order by m.transition"
)


@pytest.fixture
def measured(program: Program, members: list[Member]) -> Member:
    """A member whose Prometheus the program knows: API servers here pass nothing on to loopback."""
    member = members[1]
    code = f"Cluster.objects.filter(name={member.name!r}).update(prometheus_url={PROMETHEUS[1]!r})"
    program.manage("shell", "-c", f"from rollouts.models import Cluster; {code}")
    return member


def measurements(program: Program, rollout: int, release: int) -> list[dict[str, Any]]:
    columns = ("transition", "green", "blue", "verdict", "said", "agrees", "why")
    return [dict(zip(columns, row, strict=True)) for row in program.rows(MEASURED, rollout, release, RATE)]


def curve(program: Program, release: int, side: str) -> dict[float, float | None]:
    query = 'select begin, step, "values" from rollouts_curve where release_id = ? and check_name = ? and side = ?'
    ((begin, step, values),) = program.rows(query, release, RATE, side)
    first = datetime.fromisoformat(begin).replace(tzinfo=UTC).timestamp()
    return {first + number * step: value for number, value in enumerate(json.loads(values))}


def test_a_failing_check_is_stored_with_the_values_that_flagger_states_and_blue_stays_flat(
    program: Program, measured: Member
) -> None:
    rollout, after = program.rollout(measured.name), newest(program, measured.name)
    begun = time.time()
    measured.release(next_image())
    wait_for(lambda: measured.canary()["status"].get("iterations", 0) >= 1, 60, "the first iteration")
    spoiled = time.time()
    measured.fault(0.3)
    wait_for(lambda: measured.phase() == "Failed", RELEASE_SECONDS, "the release to fail")
    ((release, number),) = program.rows(LATEST, rollout)
    last = wait_for(
        lambda: next((one["number"] for one in program.timeline(measured.name, after) if one["phase"] == "Failed"), 0),
        15,
        "the failure to be seen",
    )
    done = "select 1 from rollouts_release where id = ? and measured_to >= ?"
    wait_for(lambda: program.rows(done, release, last), 60, "its transitions to be measured")

    found = measurements(program, rollout, release)
    ours = [one["number"] for one in program.timeline(measured.name, after) if one["release"] == number]
    assert [one["transition"] for one in found] == ours
    failed = [one for one in found if one["said"]]
    assert len(failed) == 2
    for one in failed:
        assert one["why"] == f"success rate {one['said']}% < {LIMIT}%"
        assert (one["verdict"], f"{one['green']:.2f}", one["agrees"]) == ("failed", one["said"], 1)
    assert not [one for one in found if one["agrees"] == 0]
    assert {one["blue"] for one in found} == {100.0}

    green, blue = (curve(program, release, side) for side in ("green", "blue"))
    assert {value for at, value in blue.items() if at >= begun} == {100.0}
    first = min(at for at, value in green.items() if at >= begun and value is not None and value < LIMIT)
    step = sorted(green)[1] - sorted(green)[0]
    assert 0 < first - spoiled <= step + SCRAPED_EVERY + 1
