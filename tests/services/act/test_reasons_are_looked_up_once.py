"""What an administrator wants reasons for is read once for a request, however many clusters it is about."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from rollouts.adapters.changefeed.memory import MemoryChangeFeed
from rollouts.domain.commands import Act
from rollouts.domain.observations import Phase
from rollouts.models import RequiredReason, Role
from rollouts.services import act
from tests.support.builders import make_application, make_cluster, make_rollout
from tests.support.people import make_operator

pytestmark = pytest.mark.django_db


def lookups(wanted: Act, clusters: int) -> int:
    """How often a request for so many clusters reads them."""
    person, now, asked = make_operator(), timezone.now(), act.want(wanted)
    rollouts = [make_rollout(make_cluster(), phase=Phase.PROGRESSING) for _ in range(clusters)]
    parts = act.preview_many(rollouts=rollouts, wanted=asked, now=now)
    with CaptureQueriesContext(connection) as context:
        batch = act.request_many(
            application=make_application(), rollouts=rollouts,
            chosen=[act.Chosen(part.rollout.pk, part.digest) for part in parts], wanted=asked, pace=act.Pace(),
            person=person, reason="", now=now, enqueue=lambda task, arguments: None, record=lambda command: None,
            record_batch=lambda batch: None, feed=MemoryChangeFeed(),
        )  # fmt: skip
    assert batch.commands.count() == clusters
    return sum(RequiredReason._meta.db_table in one["sql"] for one in context.captured_queries)


@pytest.mark.parametrize("clusters", [2, 6])
@pytest.mark.parametrize("wanted", [Act.PAUSE, Act.ROLL_BACK])
def test_a_request_without_a_reason_reads_them_once(wanted: Act, clusters: int) -> None:
    RequiredReason.objects.create(role=Role.ADMIN)
    assert lookups(wanted, clusters) == 1
