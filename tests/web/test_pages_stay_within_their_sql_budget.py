from __future__ import annotations

import gzip
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from rollouts.domain.observations import Phase
from rollouts.models import Rollout
from rollouts.web.fragments import fragments
from tests.support.builders import (
    CHECKS,
    NOW,
    make_application,
    make_cluster,
    make_event,
    make_measurement,
    make_release,
    make_rollout,
    make_transition,
)

pytestmark = pytest.mark.django_db
PHASES = (Phase.SUCCEEDED, Phase.FAILED, Phase.PROGRESSING, Phase.WAITING_PROMOTION)
BUDGET = {
    "/": 12,
    "/?view=applications": 12,
    "/?q=app&cluster=c-1&phase=Failed&sort=cluster": 12,
    "/?view=applications&q=app&sort=name": 12,
    "/clusters/": 6,
}


def fill(clusters: int, applications: int) -> None:
    made = [make_cluster(f"c-{number}") for number in range(clusters)]
    for place in range(applications):
        application = make_application(f"app-{place}")
        for number, cluster in enumerate(made):
            make_rollout(
                cluster, application=application, name=f"app-{place}", phase=PHASES[(place + number) % len(PHASES)]
            )


@pytest.mark.parametrize("address", BUDGET)
def test_a_list_needs_no_more_queries_for_more_rows(
    visitor: Client, address: str, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    fill(clusters=3, applications=15)
    with django_assert_max_num_queries(BUDGET[address]):
        assert visitor.get(address).status_code == 200


def test_the_page_of_a_rollout_needs_no_more_queries_for_a_longer_history(
    visitor: Client, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    rollout = make_rollout(phase=Phase.PROGRESSING)
    for number in range(1, 6):
        make_release(rollout, number)
        for step in range(10):
            make_transition(rollout, number * 10 + step, release=number)
            make_event(rollout, f"event {number} {step}")
    with django_assert_max_num_queries(14):
        assert visitor.get(f"/rollouts/{rollout.pk}/").status_code == 200


@pytest.mark.parametrize("address", ["/releases/{}/", "/releases/{}.json"])
def test_a_report_needs_no_more_queries_for_a_longer_release(
    visitor: Client, address: str, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    rollout = make_rollout(phase=Phase.PROGRESSING, checks=CHECKS)
    releases = [make_release(rollout, number) for number in range(1, 26)]
    Rollout.objects.update(release_number=25)
    for step in range(30):
        make_transition(rollout, step, release=25)
        for check in CHECKS:
            make_measurement(releases[-1], NOW + timedelta(seconds=step), check_name=check.name)
    with django_assert_max_num_queries(12):
        assert visitor.get(address.format(releases[-1].pk)).status_code == 200


def test_the_page_of_an_application_needs_no_more_queries_for_more_clusters(
    visitor: Client, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    fill(clusters=12, applications=1)
    with django_assert_max_num_queries(20):
        assert visitor.get(f"/applications/{make_application('app-0').pk}/").status_code == 200


@pytest.mark.usefixtures("still")
def test_who_has_the_newest_version_costs_four_queries(
    visitor: Client, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    fill(clusters=2, applications=2)
    html = visitor.get("/").content.decode()
    version = html.partition('hx-vals=\'{"v": "')[2].partition('"')[0]
    cache.clear()
    fragments.clear()
    with django_assert_max_num_queries(4):
        visitor.get(f"/?v={version}", headers={"HX-Request": "true"})


def test_a_full_page_of_the_fleet_is_small(visitor: Client) -> None:
    fill(clusters=10, applications=20)
    for address in ("/", "/?view=applications", "/?part=needs"):
        assert len(gzip.compress(visitor.get(address).content)) < 60_000
