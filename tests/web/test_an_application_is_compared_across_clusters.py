from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from rollouts.domain.observations import Phase
from rollouts.models import Application, Cluster, Measurement, Release, Rollout
from tests.support.builders import CHECKS, make_application, make_cluster, make_rollout
from tests.support.measured import make_measured, make_measured_application
from tests.support.plotly_schema import assert_valid

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


def page(visitor: Client, application: Application, query: str = "") -> str:
    answer = visitor.get(f"/applications/{application.pk}/{query}")
    assert answer.status_code == 200
    return answer.content.decode()


def figures(html: str) -> list[Any]:
    return [json.loads(text) for text in re.findall(r'class="plot-data" hidden>(.*?)</span>', html, re.DOTALL)]


def clusters(html: str) -> list[str]:
    return re.findall(r"<h4><a[^>]*>(.*?)</a>", html)


def test_the_worst_cluster_comes_first_and_all_have_the_same_axes(visitor: Client) -> None:
    html = page(visitor, make_measured_application(4))
    assert clusters(html) == ["store-03", "store-02", "store-01", "store-00"]
    lanes, *several = figures(html)
    for figure in (lanes, *several):
        assert_valid(figure)
    axes = [(one["layout"]["xaxis"]["range"], one["layout"]["yaxis"]["range"]) for one in several]
    assert all(one == axes[0] for one in axes)
    begins = [min(one["data"][-1]["x"]) for one in several]
    assert begins == pytest.approx([0] * 4, abs=0.01), "each release is counted from its start"


def test_the_sentence_names_the_clusters_beyond_the_limit(visitor: Client) -> None:
    application = make_measured_application(2)
    worst = Release.objects.get(rollout__cluster__name="store-01")
    Measurement.objects.filter(release=worst, check_name=CHECKS[0].name).update(green=97.5)
    assert "Green was beyond its limit in 1 of 2 clusters: store-01 (97.50%)." in page(visitor, application)


def test_within_the_limit_the_nearest_is_named(visitor: Client) -> None:
    application = make_measured_application(2)
    for name, value in (("store-00", 99.6), ("store-01", 99.2)):
        release = Release.objects.get(rollout__cluster__name=name)
        Measurement.objects.filter(release=release, check_name=CHECKS[0].name).update(green=value)
    assert "Green stayed within its limit in both clusters; store-01 came nearest with 99.20%." in page(
        visitor, application
    )


def test_a_part_of_a_millisecond_beyond_the_limit_is_within_it_as_for_flagger(visitor: Client) -> None:
    application = make_measured_application(1)
    Measurement.objects.filter(check_name=CHECKS[1].name).update(green=500.4)
    html = page(visitor, application, f"?check={CHECKS[1].name}")
    assert "Green stayed within its limit in store-00; it came nearest with 500ms." in html


def test_the_lane_of_a_cluster_that_cannot_be_seen_ends_where_knowledge_does(visitor: Client) -> None:
    application = make_measured_application(1)
    lost = timezone.now() - timedelta(minutes=2)
    Cluster.objects.update(state="unreachable", state_since=lost, fresh_at=lost)
    Release.objects.update(outcome="running", ended_at=None, started_at=lost - timedelta(minutes=3))
    Rollout.objects.update(phase="Progressing")
    assert "In store-00: running for 3 min." in page(visitor, application)


def test_the_check_that_is_compared_and_how_lanes_are_aligned_are_in_the_address(visitor: Client) -> None:
    application = make_measured_application(2)
    html = page(visitor, application, "?check=request-duration&align=clock")
    lanes, first, *_ = figures(html)
    assert lanes["layout"]["xaxis"]["type"] == "date"
    assert first["layout"]["yaxis"]["ticksuffix"] == "ms"
    assert figures(page(visitor, application))[0]["layout"]["xaxis"]["type"] == "linear"


def test_two_rollouts_of_one_cluster_have_lanes_of_their_own(visitor: Client) -> None:
    application, cluster = make_application(), make_cluster("eu-west-1")
    for namespace in ("shop", "shop-canary"):
        made = make_rollout(cluster, application=application, namespace=namespace, checks=CHECKS)
        make_measured(made)
    names = figures(page(visitor, application))[0]["layout"]["yaxis"]["categoryarray"]
    assert sorted(names) == ["eu-west-1: shop-canary/checkout", "eu-west-1: shop/checkout"]


def test_without_a_release_or_a_check_it_says_so(visitor: Client) -> None:
    application = make_application()
    rollout = make_rollout(application=application, phase=Phase.PROGRESSING)
    assert "Releases and their checks are drawn here as soon as one runs." in page(visitor, application)
    make_measured(rollout, checks=())
    assert "The policy names no check that could be compared." in page(visitor, application)


def test_a_check_that_was_not_measured_says_so(visitor: Client) -> None:
    application = make_application()
    make_measured(make_rollout(make_cluster("eu-west"), application=application, checks=CHECKS), checks=())
    assert "request-success-rate has not been measured in eu-west yet." in page(visitor, application)


@pytest.mark.parametrize("address", ["steps.csv", "check.csv?check=request-success-rate"])
def test_both_charts_have_their_csv(visitor: Client, address: str) -> None:
    application = make_measured_application(2)
    assert address in page(visitor, application)
    answer = visitor.get(f"/applications/{application.pk}/{address}")
    rows = list(csv.reader(io.StringIO(answer.content.decode())))
    assert {row[0] for row in rows[1:]} == {"store-00", "store-01"}


def test_a_csv_of_a_check_that_nobody_has_is_not_found(visitor: Client) -> None:
    application = make_measured_application(1)
    assert visitor.get(f"/applications/{application.pk}/check.csv?check=x").status_code == 404


@pytest.mark.usefixtures("still")
def test_charts_follow_what_is_measured(visitor: Client) -> None:
    application = make_measured_application(2)
    address = f"/applications/{application.pk}/charts/"
    version = visitor.get(address, headers=HTMX).content.decode().partition('{"v": "')[2].partition('"')[0]
    assert visitor.get(f"{address}?v={version}", headers=HTMX).status_code == 204
    Release.objects.update(measured_at=timezone.now() + timedelta(seconds=1))
    assert visitor.get(f"{address}?v={version}", headers=HTMX).status_code == 200
    assert visitor.get(address).status_code == 302


def test_more_clusters_need_no_more_queries(visitor: Client, django_assert_max_num_queries: Callable[..., Any]) -> None:
    application = make_measured_application(12)
    with django_assert_max_num_queries(12):
        assert visitor.get(f"/applications/{application.pk}/charts/", headers=HTMX).status_code == 200
