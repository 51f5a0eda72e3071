"""The spec of a plain Canary is read whole when it is first seen, and whenever it has become another."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from rollouts.domain.redaction import LONGEST
from rollouts.models import PolicyRevision, Rollout
from rollouts.services import revisions
from rollouts.services.observe import specs
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
