"""The numbers behind each chart, as a file."""

from __future__ import annotations

import csv
import io
import re

import pytest
from django.test import Client

from rollouts.domain.observations import Phase
from rollouts.models import Curve, Rollout
from tests.support.builders import CHECKS, make_release, make_rollout, make_transition
from tests.support.measured import make_measured

pytestmark = pytest.mark.django_db


@pytest.fixture
def rollout(db: None) -> Rollout:
    return make_rollout(phase=Phase.SUCCEEDED, checks=CHECKS)


def rows(visitor: Client, address: str) -> list[list[str]]:
    answer = visitor.get(address)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/csv")
    return list(csv.reader(io.StringIO(answer.content.decode())))


def test_the_csv_of_a_check_has_every_point(visitor: Client, rollout: Rollout) -> None:
    release = make_measured(rollout)
    found = rows(visitor, f"/rollouts/{rollout.pk}/check.csv?check=request-success-rate")
    assert found[0] == ["time", "blue (%)", "green (%)", "verdict"]
    points = len(Curve.objects.get(release=release, side="blue", check_name="request-success-rate").values)
    assert len(found) - 1 == points
    assert any(row[3].startswith("failed: ") for row in found)


def test_the_csv_of_the_steps_begins_no_cell_like_a_formula(visitor: Client, rollout: Rollout) -> None:
    release = make_release(rollout)
    make_transition(rollout, 1, at=release.started_at, phase="=1+1")
    found = rows(visitor, f"/rollouts/{rollout.pk}/steps.csv")
    assert found[1][2] == "'=1+1"


@pytest.mark.parametrize("address", ["check.csv?check=no-such", "steps.csv?release=7", "check.csv"])
def test_a_csv_of_what_is_not_there_is_not_found(visitor: Client, rollout: Rollout, address: str) -> None:
    make_release(rollout)
    assert visitor.get(f"/rollouts/{rollout.pk}/{address}").status_code == 404


def test_every_csv_that_a_page_links_to_opens(visitor: Client, rollout: Rollout) -> None:
    make_measured(rollout)
    links = re.findall(r'href="([^"]+\.csv[^"]*)"', visitor.get(f"/rollouts/{rollout.pk}/?range=24h").content.decode())
    assert len(links) == 3
    for link in links:
        assert len(rows(visitor, link.replace("&amp;", "&"))) > 1
