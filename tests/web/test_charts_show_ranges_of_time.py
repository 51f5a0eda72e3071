"""A range of time: kept curves where releases ran, between them what the metrics source remembers, and words."""

from __future__ import annotations

import html
import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from celery import current_app
from django.test import Client, TestCase
from django.utils import timezone
from kombu.exceptions import OperationalError

from rollouts.domain.metrics import Side
from rollouts.models import ClusterState, RangeCopy, Rollout
from tests.support.builders import CHECKS, make_curve, make_release, make_rollout
from tests.support.measured import make_measured

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
RATE, DURATION = (check.name for check in CHECKS)
HOUR, MINUTE, SECOND = timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1)


@pytest.fixture
def rollout(db: None) -> Rollout:
    """At rest."""
    return make_rollout(checks=CHECKS)


def page(visitor: Client, rollout: Rollout, query: str = "?range=1h") -> str:
    answer = visitor.get(f"/rollouts/{rollout.pk}/{query}")
    assert answer.status_code == 200
    return html.unescape(answer.content.decode())


def lines(text: str, place: int = 0) -> dict[str, dict[str, Any]]:
    """The traces of a figure by name."""
    found = re.findall(r'class="plot-data" hidden>(.*?)</span>', text, re.DOTALL)
    return {trace["name"]: trace for trace in json.loads(found[place])["data"]}


def remember(
    rollout: Rollout, value: float | None = 99.5, *, key: str = "1h", step: int = 15, **fields: Any
) -> RangeCopy:
    """As if the metrics source had been asked a moment ago, and had this value all the time; none of green."""
    now = timezone.now().replace(microsecond=0)
    begin = fields.pop("begin", now - {"1h": HOUR, "24h": 24 * HOUR}.get(key, HOUR))
    number = int((fields.get("end", now) - begin).total_seconds() // step)
    sides = [(Side.BLUE, [value] * number, ""), (Side.GREEN, [], "")]
    given = {
        "begin": begin, "end": now, "step": step,
        "requested_at": now - SECOND, "read_at": now, "good_until": now + HOUR,
        "lines": [
            {"check": check.name, "side": side, "values": values, "note": note}
            for check in CHECKS for side, values, note in sides
        ],
        **fields,
    }  # fmt: skip
    return RangeCopy.objects.create(rollout=rollout, range=key, **given)


def test_before_the_first_release_a_range_shows_what_the_source_remembers(visitor: Client, rollout: Rollout) -> None:
    remember(rollout)
    text = page(visitor, rollout)
    blue = lines(text)["blue"]
    assert len(blue["x"]) >= 238
    assert set(blue["y"]) == {99.5}
    assert "No release ran in this range." in text
    assert "There is no value of green; blue stayed at 99.50%." in text
    assert "at least 99%" in text
    assert "steps-chart" not in text


def test_between_releases_the_line_goes_on_and_within_them_it_is_the_kept_one(
    visitor: Client, rollout: Rollout
) -> None:
    now = timezone.now()
    first = make_release(rollout, 1, started_at=now - 50 * MINUTE, ended_at=now - 45 * MINUTE, outcome="succeeded")
    second = make_release(rollout, 2, started_at=now - 20 * MINUTE, ended_at=now - 15 * MINUTE, outcome="succeeded")
    for release in (first, second):
        make_curve(release, Side.BLUE, [None, *[98.0] * 59, None], step=5)
    remember(rollout)
    text = page(visitor, rollout)
    points = list(zip(lines(text)["blue"]["x"], lines(text)["blue"]["y"], strict=True))
    assert [at for at, _ in points] == sorted(at for at, _ in points)
    assert [value for _, value in points].count(98.0) == 118
    spans = [(first.started_at, first.started_at + 5 * MINUTE), (second.started_at, second.started_at + 5 * MINUTE)]
    outside = [v for at, v in points if not any(begin <= datetime.fromisoformat(at) <= end for begin, end in spans)]
    assert len(outside) > 190
    assert set(outside) == {99.5}
    assert "2 releases ran in this range." in text


def test_what_the_source_has_forgotten_is_still_there_where_it_was_kept(visitor: Client, rollout: Rollout) -> None:
    make_measured(rollout, begin=timezone.now() - 40 * MINUTE)
    remember(rollout, None)
    blue = lines(page(visitor, rollout))["blue"]
    assert blue["y"][0] is None
    assert blue["y"][-1] is None
    assert sum(value is not None for value in blue["y"]) > 30


def test_the_marks_of_the_releases_in_the_range_are_drawn(visitor: Client, rollout: Rollout) -> None:
    make_measured(rollout, begin=timezone.now() - 40 * MINUTE)
    make_measured(rollout, number=2, begin=timezone.now() - 5 * HOUR)
    remember(rollout)
    hour, day = lines(page(visitor, rollout)), lines(page(visitor, rollout, "?range=24h"))
    assert [len(hour[name]["x"]) for name in ("marks", "failures")] == [6, 1]
    assert [len(day[name]["x"]) for name in ("marks", "failures")] == [12, 2]


def test_the_first_who_looks_reads_that_the_source_is_asked(visitor: Client, rollout: Rollout) -> None:
    text = page(visitor, rollout)
    assert "Asking Prometheus …" in text
    assert "The values of this range are not here yet." in text
    assert 'hx-trigger="changed consume, every 5s"' in text
    assert RangeCopy.objects.get().pending


def test_without_a_queue_the_page_is_shown_all_the_same(
    visitor: Client, rollout: Rollout, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*given: object, **named: object) -> None:
        raise OperationalError("Connection refused.")

    monkeypatch.setattr(current_app, "send_task", refused)
    with TestCase.captureOnCommitCallbacks(execute=True) as asked:
        assert "Asking Prometheus …" in page(visitor, rollout)
    assert len(asked) == 1


def test_the_answer_changes_the_fragment(visitor: Client, rollout: Rollout) -> None:
    address = f"/rollouts/{rollout.pk}/charts/?range=1h"
    before = visitor.get(address, headers=HTMX).content.decode()
    version = before.partition('hx-vals=\'{"v": "')[2].partition('"')[0]
    RangeCopy.objects.all().delete()
    remember(rollout)
    after = visitor.get(f"{address}&v={version}", headers=HTMX)
    assert after.status_code == 200
    assert "Asking Prometheus" not in after.content.decode()
    assert 'every 60s"' in after.content.decode()


def test_who_looks_at_what_belongs_to_the_release_asks_nothing(visitor: Client, rollout: Rollout) -> None:
    make_measured(rollout)
    page(visitor, rollout, "")
    visitor.get(f"/rollouts/{rollout.pk}/charts/", headers=HTMX)
    assert not RangeCopy.objects.exists()


def test_what_was_kept_is_shown_while_the_source_is_asked_anew(visitor: Client, rollout: Rollout) -> None:
    now = timezone.now()
    remember(rollout, read_at=now - 10 * MINUTE, requested_at=now - 10 * MINUTE, good_until=now - 9 * MINUTE)
    text = page(visitor, rollout)
    assert "Asking Prometheus …" in text
    assert "is shown meanwhile" in text
    assert lines(text)["blue"]["y"]


def test_what_the_source_said_stands_at_the_check(visitor: Client, rollout: Rollout) -> None:
    away = "http://prometheus:9090 was asked for values, but <nothing> listens there."
    found = remember(rollout)
    RangeCopy.objects.filter(pk=found.pk).update(
        lines=[{**one, "values": [], "note": away if one["check"] == RATE else ""} for one in found.lines]
    )
    answer = visitor.get(f"/rollouts/{rollout.pk}/?range=1h").content.decode()
    assert answer.count("http://prometheus:9090 was asked for values, but &lt;nothing&gt; listens there.") == 1
    assert "There is no value in this range." in answer


def test_of_a_cluster_that_is_not_watched_what_there_is_is_shown(visitor: Client, rollout: Rollout) -> None:
    remember(rollout)
    type(rollout.cluster).objects.update(state=ClusterState.STOPPED)
    text = page(visitor, rollout)
    assert "This cluster is not watched at the moment" in text
    assert lines(text)["blue"]["y"]


def test_a_canary_that_was_never_read_says_that_its_checks_are_not_known(visitor: Client, rollout: Rollout) -> None:
    Rollout.objects.update(state={})
    assert "its Canary could not be read yet" in page(visitor, rollout)


def test_a_policy_without_checks_says_so_in_a_range_too(visitor: Client) -> None:
    assert "The policy names no check" in page(visitor, make_rollout())


def test_the_csv_of_a_range_has_every_point_of_it(visitor: Client, rollout: Rollout) -> None:
    make_measured(rollout, begin=timezone.now() - 40 * MINUTE)
    remember(rollout)
    points = len(lines(page(visitor, rollout))["blue"]["x"])
    rows = visitor.get(f"/rollouts/{rollout.pk}/check.csv?check={RATE}&range=1h").content.decode().splitlines()
    assert points > 230
    assert points <= len(rows) - 1 < points + 60


def test_the_csv_asks_nothing(visitor: Client, rollout: Rollout) -> None:
    visitor.get(f"/rollouts/{rollout.pk}/check.csv?check={RATE}&range=1h")
    assert not RangeCopy.objects.exists()


@pytest.mark.parametrize(
    ("begin", "end", "sentence"),
    [
        ("x", "2026-11-20T10:00", "“x” is not a time"),
        ("<b>", "2026-11-20T10:00", "“<b>” is not a time"),
        ("", "2026-11-20T10:00", "A range needs both times"),
        ("2026-11-20T10:00", "2026-11-19T10:00", "ends before it begins"),
        ("2026-11-20T10:00Z", "2026-11-19T10:00Z", "ends before it begins"),
        ("2020-01-01", "2026-01-01", "at most 31 days"),
        ("2026-11-20T10:00", "2099-11-20T10:00", "in the future"),
        ("0001-01-01T00:00%2B14:00", "0001-01-02T00:00", "is not a time"),
        ("1999-12-31T23:59", "2000-01-02T00:00", "before the year 2000"),
        ("2026-11-20T10:00", "9999-12-31T23:59-14:00", "is not a time"),
    ],
)
@pytest.mark.parametrize("part", ["", "charts/"])
def test_a_range_that_cannot_be_shown_says_why_and_keeps_what_was_typed(
    visitor: Client, rollout: Rollout, begin: str, end: str, sentence: str, part: str
) -> None:
    make_measured(rollout)
    answer = visitor.get(
        f"/rollouts/{rollout.pk}/{part}?range=custom&from={begin}&to={end}", headers=HTMX if part else {}
    )
    text = answer.content.decode()
    assert answer.status_code == 200
    assert sentence in html.unescape(text)
    assert "“<b>”" not in text
    assert "Checks of release 1" in text
    assert not RangeCopy.objects.exists()
    for typed, name in ((begin, "from"), (end, "to")):
        if typed.startswith("20"):
            assert f'name="{name}" value="{typed[:10]}T' in text


def test_a_range_in_seconds_is_the_same_for_the_page_and_its_charts(visitor: Client, rollout: Rollout) -> None:
    text = page(visitor, rollout, "?range=custom&from=2026-11-20T10:00:31Z&to=2026-11-20T11:00:59Z")
    address = re.search(r'hx-get="(/rollouts/\d+/charts/\?[^"]*)"', text)
    assert address is not None
    assert visitor.get(address[1], headers=HTMX).status_code == 200
    assert [copy.range for copy in RangeCopy.objects.all()] == ["2026-11-20T10:00:00+00:00/2026-11-20T11:00:00+00:00"]


def test_the_fields_are_in_utc_and_say_so(visitor: Client, rollout: Rollout) -> None:
    wanted = remember(
        rollout, key="2026-11-20T10:00:00+00:00/2026-11-20T11:00:00+00:00",
        begin=datetime(2026, 11, 20, 10, tzinfo=UTC), end=datetime(2026, 11, 20, 11, tzinfo=UTC),
    )  # fmt: skip
    text = page(visitor, rollout, "?range=custom&from=2026-11-20T15:30%2B05:30&to=2026-11-20T11:00Z")
    assert 'name="from" value="2026-11-20T10:00" data-utc="2026-11-20T10:00"' in text
    assert "From (<span data-zone>UTC</span>)" in text
    assert lines(text)["blue"]["x"][0] == "2026-11-20T10:00:00Z"
    assert RangeCopy.objects.get().pk == wanted.pk
