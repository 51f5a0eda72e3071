"""Texts of policies go when they are old, but for the newest of each."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from rollouts.models import Application, PolicyRevision, Rollout
from rollouts.services import old_revisions
from rollouts.services.old_revisions import NEWEST
from rollouts.services.retention import Keep, Pruned, prune
from tests.support.builders import NOW, make_application, make_cluster, make_rollout

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
KEEP = Keep(revisions=100 * DAY)


def revisions(number: int, *, age: int = 200, policy: str = "prod", **whose: Application | Rollout) -> None:
    PolicyRevision.objects.bulk_create(
        PolicyRevision(policy=policy, rollout={"text": one}, digest=str(one), at=NOW - age * DAY, **whose)
        for one in range(number)
    )


def prune_now(keep: Keep = KEEP) -> Pruned:
    return prune(keep=keep, now=NOW, seconds=60)


def texts(**whose: object) -> list[int]:
    found = PolicyRevision.objects.filter(**whose).order_by("pk")
    return [one["text"] for one in found.values_list("rollout", flat=True)]


@pytest.fixture
def policy() -> Application:
    return make_application("checkout", "shop", make_cluster("hub", is_hub=True))


def test_of_each_policy_and_canary_the_newest_stay_however_old_they_are(policy: Application) -> None:
    canary, other = (make_rollout(make_cluster(name)) for name in ("eu-west", "us-east"))
    for whose in ({"application": policy}, {"plain": canary}):
        revisions(NEWEST + 3, **whose)
    revisions(NEWEST, application=policy, policy="test")
    revisions(NEWEST, plain=other)
    assert prune_now() == Pruned(revisions=6)
    assert texts(application=policy, policy="prod") == list(range(3, NEWEST + 3))
    assert texts(plain=canary) == list(range(3, NEWEST + 3))
    assert len(texts(application=policy, policy="test")) == len(texts(plain=other)) == NEWEST
    assert prune_now() == Pruned()


def test_what_is_young_stays_however_many_there_are(policy: Application) -> None:
    revisions(2, application=policy)
    revisions(NEWEST + 5, age=99, application=policy)
    assert prune_now() == Pruned(revisions=2)
    assert prune_now(Keep()) == Pruned()


def test_every_policy_has_its_turn_however_small_the_batches_are(
    policy: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(old_revisions, "OWNERS_A_BATCH", 1)
    monkeypatch.setattr(old_revisions, "ROWS_A_BATCH", 2)
    another = make_application("cart", "shop", policy.hub)
    for name in ("a", "b"):
        for one in (policy, another):
            revisions(NEWEST + 3, policy=name, application=one)
    revisions(NEWEST + 5, age=99, policy="c", application=policy)
    revisions(NEWEST + 1, plain=make_rollout(make_cluster("eu-west")))
    assert prune_now() == Pruned(revisions=13)


def test_a_pass_that_has_no_time_left_says_so_and_the_next_goes_on(
    policy: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(old_revisions, "ROWS_A_BATCH", 1)
    revisions(NEWEST + 2, application=policy)
    assert prune(keep=KEEP, now=NOW, seconds=0) == Pruned(revisions=1, finished=False)
    assert prune_now() == Pruned(revisions=1)


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL chooses by what tables hold")
def test_they_are_found_by_the_indexes_and_without_reading_any_text(policy: Application) -> None:
    revisions(NEWEST + 1, application=policy)
    revisions(NEWEST + 1, plain=make_rollout(make_cluster("eu-west")))
    with CaptureQueriesContext(connection) as captured:
        for rows in old_revisions.old_revisions(DAY, NOW):
            rows.delete()
    reads = [query["sql"] for query in captured.captured_queries if query["sql"].startswith("SELECT")]
    counts = [step for sql in reads if "COUNT" in sql for step in plan(sql)]
    assert counts
    assert all("COVERING INDEX revision_by_" in step for step in counts), counts
    searches = [step for sql in reads if "COUNT" not in sql for step in plan(sql)]
    of_rows = [step for step in searches if "rollouts_policyrevision" in step or " U0 " in step]
    assert of_rows
    assert all(step.startswith(("SEARCH", "MULTI-INDEX")) for step in of_rows), of_rows
    assert not any("TEMP B-TREE" in step for step in searches), searches


def plan(sql: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {sql}")
        return [step for *_, step in cursor.fetchall()]
