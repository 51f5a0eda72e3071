"""What is there without scripts: sentences and tables."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from rollouts.domain.metrics import Side
from rollouts.domain.observations import Check, Phase
from rollouts.models import Curve, Measurement, Release, Rollout
from rollouts.web.fragments import fragments
from tests.support.builders import CHECKS, make_curve, make_measurement, make_release, make_rollout, make_transition
from tests.support.measured import make_measured
from tests.support.plotly_schema import assert_valid

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def rollout(db: None) -> Rollout:
    return make_rollout(phase=Phase.SUCCEEDED, checks=CHECKS)


def page(visitor: Client, rollout: Rollout, query: str = "") -> str:
    answer = visitor.get(f"/rollouts/{rollout.pk}/{query}")
    assert answer.status_code == 200
    return answer.content.decode()


def summaries(html: str) -> list[str]:
    return [" ".join(text.split()) for text in re.findall(r'-summary">(.*?)</p>', html, re.DOTALL)]


def figures(html: str) -> list[Any]:
    return [json.loads(text) for text in re.findall(r'class="plot-data" hidden>(.*?)</span>', html, re.DOTALL)]


def told(visitor: Client, rollout: Rollout, green: list[float | None], blue: list[float | None]) -> str:
    """The first summary, of a release that lasted as long as there are values, one every 15 s."""
    begin = timezone.now() - timedelta(hours=1)
    ended = begin + timedelta(seconds=15 * len(green))
    release = make_release(rollout, started_at=begin, ended_at=ended, outcome="succeeded")
    make_curve(release, Side.GREEN, green)
    make_curve(release, Side.BLUE, blue)
    return summaries(page(visitor, rollout))[0]


def test_a_check_beyond_its_limit_is_told_with_how_far_and_how_long(visitor: Client, rollout: Rollout) -> None:
    assert told(visitor, rollout, [99.9, 97.21, 98.0, 99.8], [99.9] * 4) == (
        "Green&#x27;s request-success-rate was 97.21% at its worst, below the limit of 99% for 30 s in all; "
        "blue stayed at 99.90%."
    )


def test_a_check_without_a_limit_says_so(visitor: Client) -> None:
    rollout = make_rollout(phase=Phase.SUCCEEDED, checks=(Check("orders", 30),))
    make_measured(rollout, checks=(Check("orders", 30),))
    html = page(visitor, rollout)
    assert "<small>no limit</small>" in html
    assert "without a limit" in summaries(html)[0]


def test_a_check_within_two_limits_says_so(visitor: Client) -> None:
    depth = Check("queue-depth", 30, minimum=10, maximum=150)
    rollout = make_rollout(phase=Phase.SUCCEEDED, checks=(depth,))
    make_measured(rollout, checks=(depth,), dip=0)
    assert "within the limits of at least 10 and at most 150;" in summaries(page(visitor, rollout))[0]


def test_a_check_within_its_limit_says_so(visitor: Client, rollout: Rollout) -> None:
    assert told(visitor, rollout, [99.5, 99.7], [99.9, 99.8]) == (
        "Green&#x27;s request-success-rate was 99.50% at its worst, within the limit of at least 99%; "
        "blue was between 99.80% and 99.90%."
    )


def test_a_side_without_values_is_told_as_such(visitor: Client, rollout: Rollout) -> None:
    assert told(visitor, rollout, [None, None], [99.9, 99.9]) == "There is no value of green; blue stayed at 99.90%."


def test_values_from_before_the_release_alone_are_no_values_of_it(visitor: Client, rollout: Rollout) -> None:
    release = make_release(rollout)
    make_curve(release, Side.BLUE, [99.9, 99.8], begin=release.started_at - timedelta(minutes=2))
    assert summaries(page(visitor, rollout))[0] == "Neither side has a value in this time yet."


def test_every_figure_of_a_page_is_valid(visitor: Client, rollout: Rollout) -> None:
    make_measured(rollout)
    found = figures(page(visitor, rollout))
    assert len(found) == 3
    for figure in found:
        assert_valid(figure)


def test_the_marks_say_when_phases_changed_a_check_failed_and_users_moved(visitor: Client, rollout: Rollout) -> None:
    make_measured(rollout)
    figure = figures(page(visitor, rollout))[0]
    assert [name for _, name, *_ in figure["layout"]["meta"]["names"]] == [
        "Progressing", "check failed", "users on green", "Promoting", "Finalising", "users on blue", "Succeeded",
    ]  # fmt: skip


def test_the_values_are_a_table_with_the_verdicts(visitor: Client, rollout: Rollout) -> None:
    release = make_measured(rollout)
    at = Measurement.objects.filter(release=release, verdict="failed").earliest("at").at
    Measurement.objects.filter(release=release, at=at).update(green=97.25, said="97.21%", agrees=True)
    html = page(visitor, rollout)
    assert "<td>failed: 97.25% (Flagger says 97.21%)</td>" in html
    assert f'<time datetime="{at:%Y-%m-%dT%H:%M:%SZ}"' in html


def test_where_flagger_says_otherwise_both_are_told(visitor: Client, rollout: Rollout) -> None:
    release = make_measured(rollout)
    one = Measurement.objects.filter(release=release, verdict="passed", check_name=CHECKS[0].name).earliest("at")
    Measurement.objects.filter(pk=one.pk).update(said="98.20%", agrees=False, green=99.4)
    assert f"At {one.at:%H:%M:%S} UTC Flagger says 98.20%, and here it is passed with 99.40%." in page(visitor, rollout)


def test_a_note_about_one_side_names_it(visitor: Client, rollout: Rollout) -> None:
    release = make_release(rollout)
    make_curve(release, Side.GREEN, [99.5], note="The source has no values.")
    blue = make_curve(release, Side.BLUE, [99.5])
    assert "Green: The source has no values." in page(visitor, rollout)
    Curve.objects.filter(pk=blue.pk).update(note="The source has no values.")
    Release.objects.update(measured_at=timezone.now())
    assert ">The source has no values." in page(visitor, rollout)


def test_a_long_table_shows_the_newest_and_says_what_it_leaves_out(visitor: Client, rollout: Rollout) -> None:
    release = make_release(rollout, started_at=timezone.now() - timedelta(hours=5))
    make_curve(release, Side.GREEN, [99.5] * 1000)
    html = page(visitor, rollout)
    assert html.count('data-time="clock"') < 220
    assert "800 earlier lines are in the CSV." in html


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda r: None, "Its checks are drawn here as soon as a release runs."),
        (lambda r: make_release(r, ended_at=timezone.now()), "Nothing was measured while this release ran."),
        (lambda r: make_release(r), "Not measured yet: the first values come within 30 s."),
        (
            lambda r: make_curve(make_release(r), Side.GREEN, [], note="Prometheus does not answer."),
            "Prometheus does not answer.",
        ),
        (
            lambda r: make_measurement(
                make_release(r), timezone.now(), green=None, blue=None, verdict="no-values", note="No traffic on green."
            ),
            "No traffic on green.",
        ),
        (lambda r: make_curve(make_release(r), Side.GREEN, [None, None]), "The metrics source has no value"),
    ],
)
def test_without_values_the_chart_says_why(
    visitor: Client, rollout: Rollout, make: Callable[[Rollout], object], sentence: str
) -> None:
    make(rollout)
    assert sentence in page(visitor, rollout)


def test_without_a_curve_the_judged_values_are_drawn(visitor: Client, rollout: Rollout) -> None:
    release = make_release(rollout)
    for minute in (1, 2):
        make_measurement(release, release.started_at + timedelta(minutes=minute), green=99.5, blue=99.9)
    green = next(trace for trace in figures(page(visitor, rollout))[0]["data"] if trace["name"] == "green")
    assert green["y"] == [99.5, 99.5]


def test_a_policy_without_checks_says_what_decides_instead(visitor: Client) -> None:
    rollout = make_rollout(phase=Phase.PROGRESSING)
    make_release(rollout)
    assert "The policy names no check" in page(visitor, rollout)


def test_text_of_a_cluster_cannot_leave_the_data_of_a_chart(visitor: Client) -> None:
    evil = '</span><script>alert("x")</script>'
    rollout = make_rollout(phase=Phase.PROGRESSING, checks=(Check(evil, 30, maximum=1),))
    release = make_release(rollout)
    make_curve(release, Side.GREEN, [0.5, 0.6], check_name=evil)
    make_transition(rollout, 1, at=release.started_at, why=evil)
    html = page(visitor, rollout)
    assert "<script>alert" not in html
    assert len(figures(html)) == 2


def test_a_range_shows_all_releases_in_it_with_gaps_between(visitor: Client, rollout: Rollout) -> None:
    now = timezone.now()
    make_measured(rollout, number=1, begin=now - timedelta(hours=3))
    make_measured(rollout, number=2, begin=now - timedelta(minutes=40))
    one, day = figures(page(visitor, rollout))[0], figures(page(visitor, rollout, "?range=24h"))[0]
    assert len(day["data"][0]["x"]) > 1.8 * len(one["data"][0]["x"])
    blue = next(trace for trace in day["data"] if trace["name"] == "blue")
    assert blue["y"].count(None) == 1
    assert blue["x"] == sorted(blue["x"])
    assert "2 releases ran in this range." in page(visitor, rollout, "?range=24h")


def test_a_range_that_nobody_knows_is_that_of_the_release(visitor: Client, rollout: Rollout) -> None:
    make_measured(rollout)
    assert "Checks of release 1" in page(visitor, rollout, "?range=9y")


def test_a_custom_range_is_drawn_from_its_beginning_to_its_end(visitor: Client, rollout: Rollout) -> None:
    make_measured(rollout, begin=datetime(2026, 11, 20, 11, tzinfo=UTC))
    html = page(visitor, rollout, "?range=custom&from=2026-11-20T10:00&to=2026-11-20T12:30")
    *checks, steps = figures(html)
    for figure in checks:
        assert figure["layout"]["xaxis"]["range"] == ["2026-11-20T10:00:00Z", "2026-11-20T12:30:00Z"]
    assert steps["layout"]["xaxis"]["range"][0] > "2026-11-20T10:45", "steps could not be told apart in a long range"
    assert summaries(html)[0].startswith("Green&#x27;s request-success-rate was")
    empty = page(visitor, rollout, "?range=custom&from=2026-11-19T10:00&to=2026-11-19T12:30")
    assert "It did not run in this range." in empty
    assert "No release ran in this range." in empty


@pytest.mark.usefixtures("still")
def test_charts_are_a_live_part_of_their_own(visitor: Client, rollout: Rollout) -> None:
    release = make_measured(rollout, steps=5)
    address = f"/rollouts/{rollout.pk}/charts/"
    assert f'data-topic="measured-{rollout.pk} rollout-{rollout.pk}"' in page(visitor, rollout)
    html = visitor.get(address, headers=HTMX).content.decode()
    version = html.partition('hx-vals=\'{"v": "')[2].partition('"')[0]
    assert visitor.get(f"{address}?v={version}", headers=HTMX).status_code == 204
    Release.objects.filter(pk=release.pk).update(measured_at=timezone.now())
    assert visitor.get(f"{address}?v={version}", headers=HTMX).status_code == 200
    assert visitor.get(address).status_code == 302


def test_the_live_part_around_the_charts_does_not_carry_them_along(visitor: Client, rollout: Rollout) -> None:
    make_measured(rollout)
    html = visitor.get(f"/rollouts/{rollout.pk}/", headers=HTMX).content.decode()
    assert '<section id="charts" data-keep></section>' in html
    assert "plot-data" not in html


def test_charts_need_as_many_queries_for_a_long_release_as_for_a_short_one(
    visitor: Client, rollout: Rollout, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    for number in range(1, 5):
        make_measured(rollout, number=number, begin=timezone.now() - timedelta(hours=number))
    for query, most in (("", 9), ("&range=24h", 11)):
        visitor.get(f"/rollouts/{rollout.pk}/charts/?x=1{query}", headers=HTMX)  # the first who looks at a range asks
        fragments.clear()
        with django_assert_max_num_queries(most):
            assert visitor.get(f"/rollouts/{rollout.pk}/charts/?x=1{query}", headers=HTMX).status_code == 200


def test_why_a_check_has_no_values_is_said_once(visitor: Client, rollout: Rollout) -> None:
    release, why = make_release(rollout, ended_at=timezone.now()), "Values of datadog are not readable from here."
    make_curve(release, Side.GREEN, [], note=why)
    make_curve(release, Side.BLUE, [], note=why)
    assert page(visitor, rollout).count(why) == 1
