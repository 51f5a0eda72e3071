"""The spec of a plain Canary is read whole when it is first seen, and whenever it has become another."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, cast

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from rollouts.domain.errors import ClusterError, Forbidden, Refused, Unreachable
from rollouts.domain.observations import Kind
from rollouts.domain.redaction import LONGEST
from rollouts.models import PolicyRevision, Rollout
from rollouts.services import revisions
from rollouts.services.observe import specs
from rollouts.services.observe.watching import ClusterWatch
from tests.services.observe.harness import RUN, Observation, Walker
from tests.support.builders import make_application, make_cluster, make_rollout
from tests.support.canaries import made_by_kurator, spec
from tests.support.misbehaving import FakeCluster
from tests.support.objects import Object, canary
from tests.support.waiting import until

pytestmark = pytest.mark.django_db(transaction=True)


def applied(fake: FakeCluster, generation: int, **analysis: Any) -> Object:
    found = canary("shop", "checkout")
    found["metadata"]["generation"] = generation
    found["spec"]["analysis"] |= analysis
    return fake.set(found)


def intervals() -> list[str]:
    return [one.rollout["analysis"]["interval"] for one in PolicyRevision.objects.order_by("pk")]


def reads(fake: FakeCluster) -> int:
    return sum(request.path.endswith("/canaries/checkout") for request in fake.requests)


def test_each_text_is_kept_also_where_no_column_says_it(fake: FakeCluster) -> None:
    applied(fake, 1)
    with Observation(fake) as observation:
        observation.wait_until_fresh()
        until(lambda: intervals() == ["10s"], seconds=30)
        applied(fake, 2, primaryReadyThreshold=80)
        until(lambda: PolicyRevision.objects.count() == 2, seconds=30)
    last = PolicyRevision.objects.latest("pk")
    assert last.rollout["analysis"]["primaryReadyThreshold"] == 80
    assert last.plain == Rollout.objects.get()


def test_a_release_has_it_read_no_more(fake: FakeCluster) -> None:
    with Observation(fake) as observation:
        observation.wait_until_fresh()
        until(lambda: PolicyRevision.objects.count() == 1, seconds=30)
        before = reads(fake)
        Walker(fake).walk(RUN)
        until(lambda: len(observation.story()) == len(RUN), seconds=30)
        assert not Rollout.objects.exclude(spec_due_at=None).exists()
    assert reads(fake) == before


def test_what_changed_while_nobody_observed_is_found(fake: FakeCluster) -> None:
    applied(fake, 1)
    with Observation(fake) as observation:
        observation.wait_until_fresh()
        until(lambda: intervals() == ["10s"], seconds=30)
    applied(fake, 2, interval="20s")
    with Observation(fake) as observation:
        observation.wait_until_fresh()
        until(lambda: intervals() == ["10s", "20s"], seconds=30)


def test_one_that_cannot_be_read_keeps_no_other_waiting_and_is_asked_again_later() -> None:
    cluster = make_cluster("edge")
    for number in range(specs.AT_ONCE + 1):
        make_rollout(cluster, name=f"app-{number}")
    Rollout.objects.update(spec_due_at=timezone.now())
    reader = specs.Specs(now=timezone.now)
    first, second = reader.due([cluster.pk]), reader.due([cluster.pk])
    assert (len(first), len(second)) == (specs.AT_ONCE, 1)
    assert {row.pk for row in first}.isdisjoint(row.pk for row in second)
    assert reader.due([cluster.pk]) == []


class Watch:
    """A cluster that answers with an error."""

    def __init__(self, error: ClusterError) -> None:
        self.error = error

    def ready(self) -> Watch:
        return self

    def raw(self, kind: Kind, namespace: str, name: str) -> dict[str, Any]:
        raise self.error


def read(reader: specs.Specs, rows: list[Rollout], error: ClusterError) -> None:
    for row in rows:
        with pytest.raises(ClusterError):
            reader.read(cast(ClusterWatch, Watch(error)), row)


@pytest.mark.parametrize("error", [Refused("no"), Forbidden("no"), Unreachable("no")])
def test_what_cannot_be_read_comes_after_all_others_however_many_it_is(
    monkeypatch: pytest.MonkeyPatch, error: ClusterError
) -> None:
    monkeypatch.setattr(specs, "LOOKED_AT", specs.AT_ONCE)
    closed, opened = make_cluster("closed"), make_cluster("open")
    old = make_rollout(opened)
    Rollout.objects.update(spec_due_at=timezone.now() - timedelta(hours=1))
    for number in range(specs.AT_ONCE + 1):
        make_rollout(closed, name=f"app-{number}")
    closed.rollouts.update(spec_due_at=timezone.now())
    reader = specs.Specs(now=timezone.now)
    first = reader.due([closed.pk, opened.pk])
    assert {row.cluster_id for row in first} == {closed.pk}
    read(reader, first, error)
    assert old in reader.due([closed.pk, opened.pk])


@pytest.mark.parametrize(("error", "asked"), [(Refused("no"), 1), (Forbidden("no"), 0), (Unreachable("no"), 0)])
def test_a_cluster_that_lets_nobody_read_rests(error: ClusterError, asked: int) -> None:
    cluster = make_cluster("edge")
    for number in range(specs.AT_ONCE + 1):
        make_rollout(cluster, name=f"app-{number}")
    Rollout.objects.update(spec_due_at=timezone.now())
    reader = specs.Specs(now=timezone.now)
    read(reader, reader.due([cluster.pk]), error)
    assert len(reader.due([cluster.pk])) == asked


def test_what_was_put_off_last_is_asked_for_last() -> None:
    cluster = make_cluster("edge")
    rows = [make_rollout(cluster, name=name) for name in ("first", "second")]
    Rollout.objects.update(spec_due_at=timezone.now())
    read(specs.Specs(now=timezone.now), rows, Refused("no"))
    assert [row.name for row in specs.Specs(now=timezone.now).due([cluster.pk])] == ["first", "second"]


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL chooses by what tables hold")
@pytest.mark.parametrize("due", [0, 3])
def test_what_is_due_is_found_without_reading_what_is_not(due: int) -> None:
    clusters = [make_cluster(f"store-{number}") for number in range(30)]
    rows = [make_rollout(cluster) for cluster in clusters]
    Rollout.objects.filter(pk__in=[row.pk for row in rows[:due]]).update(spec_due_at=timezone.now())
    with CaptureQueriesContext(connection) as captured:
        found = specs.Specs(now=timezone.now).due([cluster.pk for cluster in clusters])
    assert (len(found), len(captured)) == (due, 1)
    steps = plan(captured.captured_queries[0]["sql"])
    reads = [step for step in steps if "rollouts_rollout" in step]
    assert reads and all("rollout_spec_due" in step for step in reads), steps
    assert not any("TEMP B-TREE" in step for step in steps), steps


def plan(sql: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {sql}")
        return [step for *_, step in cursor.fetchall()]


def test_what_kurator_makes_and_what_is_gone_is_not_read() -> None:
    claimed, gone, plain = (make_rollout(make_cluster(name)) for name in ("west", "east", "edge"))
    made_by_kurator(claimed)
    Rollout.objects.filter(pk=gone.pk).update(deleted_at=timezone.now())
    Rollout.objects.update(spec_due_at=timezone.now())
    everywhere = list(Rollout.objects.values_list("cluster", flat=True))
    assert [row.pk for row in specs.Specs(now=timezone.now).due(everywhere)] == [plain.pk]
    assert Rollout.objects.exclude(spec_due_at=None).get() == plain


def test_a_text_that_is_longer_than_a_policy_is_not_kept() -> None:
    one = make_rollout(make_cluster("edge"), application=make_application("checkout"))
    revisions.note_spec(rollout=one, spec=spec(service__hosts=["h" * LONGEST]), now=timezone.now())
    assert not PolicyRevision.objects.exists()
