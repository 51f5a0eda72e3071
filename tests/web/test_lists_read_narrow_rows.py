"""The plans of SQLite, since it is the database that chooses by rules alone: PostgreSQL's depend on its statistics."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from rollouts.access.covering import FEW_CLUSTERS
from rollouts.domain.observations import Phase
from rollouts.models import Cluster, Covers, Grant
from rollouts.web.fragments import fragments
from tests.support.builders import make_application, make_cluster, make_rollout
from tests.support.people import grant

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(connection.vendor != "sqlite", reason="plans are those of SQLite"),
]
ADDRESSES = (
    "/",
    "/?page=2",
    "/?part=running",
    "/?part=quiet&page=2",
    "/?q=app",
    "/?q=app&phase=Failed&namespace=shop&strategy=blue-green&provider=istio&owner=nobody",
    "/?sort=name&order=backwards",
    "/?sort=cluster",
    "/?sort=phase&q=app",
    "/?sort=changed",
    "/?view=applications",
    "/?view=applications&part=needs",
    "/?view=applications&sort=changed",
    "/?view=applications&namespace=shop",
    "/?view=applications&q=app&sort=name",
)
BY_KEY = ('"rollouts_rollout"."id" IN (', '"rollouts_rollout"."application_id" IN (')
"""Whole rows are read of one page only."""


COVERED = re.compile("USING COVERING INDEX rollout_(lists|by_application)")


@pytest.mark.parametrize("address", [*ADDRESSES, "/clusters/"])
def test_what_goes_over_the_whole_fleet_reads_an_index_alone(visitor: Client, address: str) -> None:
    fill()
    reads_an_index_alone(visitor, address)


def reads_an_index_alone(visitor: Client, address: str) -> None:
    visitor.get(address)
    fragments.clear()
    with CaptureQueriesContext(connection) as captured:
        assert visitor.get(address).status_code == 200
    statements = [query["sql"] for query in captured.captured_queries]
    passes = [sql for sql in statements if 'FROM "rollouts_rollout"' in sql and not any(key in sql for key in BY_KEY)]
    assert passes
    for sql in passes:
        reads = [step for step in plan(sql) if "rollouts_rollout" in step or " U0 " in step]
        assert reads and all(COVERED.search(step) for step in reads), (sql, reads)


@pytest.mark.parametrize("part", ["many clusters", "a namespace", "both, and an application"])
@pytest.mark.parametrize("address", [*ADDRESSES, "/clusters/"])
def test_it_does_so_for_who_sees_a_large_part_too(visitor: Client, address: str, part: str) -> None:
    fill()
    person = User.objects.get()
    Grant.objects.all().delete()
    if part != "a namespace":
        for cluster in [make_cluster() for _ in range(FEW_CLUSTERS)] + [Cluster.objects.earliest("pk")]:
            grant(person, covers=Covers.CLUSTER, cluster=cluster)
    if part != "many clusters":
        grant(person, covers=Covers.NAMESPACE, namespace="shop")
    if part == "both, and an application":
        grant(person, covers=Covers.APPLICATION, application=make_application("app-1"))
    reads_an_index_alone(visitor, address)


@pytest.mark.parametrize("address", ADDRESSES)
def test_rows_of_a_page_are_found_by_their_keys(visitor: Client, address: str) -> None:
    fill()
    visitor.get(address)
    fragments.clear()
    with CaptureQueriesContext(connection) as captured:
        visitor.get(address)
    of_page = [query["sql"] for query in captured.captured_queries if any(key in query["sql"] for key in BY_KEY)]
    assert of_page
    for sql in of_page:
        reads = [step for step in plan(sql) if step.startswith(("SEARCH rollouts_rollout", "SCAN rollouts_rollout"))]
        assert reads and all("PRIMARY KEY" in step or "(application_id=?" in step for step in reads), (sql, reads)


def plan(sql: str) -> Iterator[str]:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {sql}")
        yield from (step for *_, step in cursor.fetchall())


def fill() -> None:
    phases = (Phase.SUCCEEDED, Phase.FAILED, Phase.PROGRESSING, Phase.WAITING_PROMOTION)
    cluster = make_cluster()
    for number in range(120):
        name = f"app-{number}"
        make_rollout(cluster, application=make_application(name), name=name, phase=phases[number % 4])
