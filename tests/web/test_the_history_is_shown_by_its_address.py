from __future__ import annotations

import csv
import io
import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from rollouts.models import Rollout
from tests.support.builders import make_cluster, make_release, make_rollout
from tests.support.plotly_schema import assert_valid

pytestmark = pytest.mark.django_db


@pytest.fixture
def rollout(db: None) -> Rollout:
    made = make_rollout(make_cluster("eu-west-1"))
    noon = timezone.now().astimezone(UTC).replace(hour=12, minute=0, second=0, microsecond=0)
    for number in range(1, 9):
        begin = noon - timedelta(days=number)
        outcome = "failed" if number in {2, 3} else "succeeded"
        make_release(made, number, started_at=begin, ended_at=begin + timedelta(minutes=8), outcome=outcome)
    return made


def page(visitor: Client, query: str = "") -> str:
    answer = visitor.get(f"/history/{query}")
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_sentences_say_how_it_went(visitor: Client, rollout: Rollout) -> None:
    html = page(visitor)
    assert "8 releases in 30 days: 6 succeeded, 2 failed." in html
    assert "Half of the successful releases took no longer than 8 min 10 s, and so did nine of ten." in html
    assert "2 of 8 releases with a verdict were rolled back (25.0 %). The most on one day: 1 of 1, on" in html


def test_every_figure_is_valid_and_has_each_day(visitor: Client, rollout: Rollout) -> None:
    found = re.findall(r'class="plot-data" hidden>(.*?)</span>', page(visitor, "?days=7"), re.DOTALL)
    assert len(found) == 3
    for text in found:
        figure = json.loads(text)
        assert_valid(figure)
        assert {len(trace["x"]) for trace in figure["data"]} == {7}


@pytest.mark.parametrize(
    ("query", "days"),
    [
        ("?days=7", 7),
        ("?from=2026-11-01&to=2026-11-10", 10),
        ("?from=2026-11-10&to=2026-11-01", 30),
        ("?from=x&to=y", 30),
        ("?from=0001-01-01&to=9999-12-31", 30),
        ("?days=99999", 30),
        ("?days=0", 30),
    ],
)
def test_the_range_is_in_the_address_and_nonsense_is_ignored(visitor: Client, query: str, days: int) -> None:
    first = datetime(2026, 11, 5, tzinfo=UTC) if "2026-11-01&to" in query else timezone.now()
    make_release(make_rollout(), started_at=first)
    assert f"1 release in {days} days: 1 running." in page(visitor, query)


def test_it_is_reached_from_where_one_is_and_leads_back_to_the_whole_fleet(visitor: Client, rollout: Rollout) -> None:
    query = f"?rollout={rollout.pk}"
    assert f'href="/history/{query}"' in visitor.get(f"/rollouts/{rollout.pk}/").content.decode()
    application = visitor.get(f"/applications/{rollout.application_id}/").content.decode()
    assert f'href="/history/?application={rollout.application_id}"' in application
    assert 'href="/history/?cluster=eu-west-1"' in visitor.get("/clusters/").content.decode()
    html = page(visitor, f"{query}&days=7")
    assert "rollout checkout on eu-west-1" in html
    assert 'href="/history/?days=7"' in html
    assert f'href="/history/?rollout={rollout.pk}&amp;days=90"' in html


def test_what_is_not_there_is_not_found(visitor: Client) -> None:
    assert visitor.get("/history/?rollout=999").status_code == 404
    assert visitor.get("/history/?application=999").status_code == 404


def test_without_releases_it_says_so(visitor: Client) -> None:
    assert "None began in this range." in page(visitor)
    assert "None began in this range among those chosen." in page(visitor, "?cluster=nowhere")


def test_the_csv_has_every_day_of_the_range(visitor: Client, rollout: Rollout) -> None:
    answer = visitor.get("/history.csv?days=7")
    rows = list(csv.reader(io.StringIO(answer.content.decode())))
    assert len(rows) == 8
    by_day = {row[0]: row for row in rows[1:]}
    day = (timezone.now().astimezone(UTC) - timedelta(days=2)).date().isoformat()
    assert by_day[day] == [day, "0", "1", "0", "0", "0", "", "", "100.0"]
