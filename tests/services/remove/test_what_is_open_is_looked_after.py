"""Each pass of the schedule over the removals that are open."""

from __future__ import annotations

from uuid import uuid4

from django.db import connection
from django.test.utils import CaptureQueriesContext

from rollouts.models import Removal
from rollouts.services.remove.looking_after import look_after_removals
from tests.services.remove.world import Removing


def test_many_open_removals_cost_no_more_queries_than_one(world: Removing) -> None:
    removal = world.ask()
    asked, queries = _pass(world)
    parts = list(removal.parts.order_by("id"))
    for place in range(3):
        removal.pk, removal.policy, removal.mark = None, f"another-{place}", str(uuid4())
        removal.save()
        for part in parts:
            part.pk, part.removal = None, removal
            part.save()
    assert _pass(world) == (4 * asked, queries)


def test_a_pass_over_nothing_costs_one_query(world: Removing) -> None:
    assert not Removal.objects.exists()
    assert _pass(world) == (0, 1)


def _pass(world: Removing) -> tuple[int, int]:
    """How many parts a worker was asked for, and the queries that it took."""
    with CaptureQueriesContext(connection) as queries:
        asked = look_after_removals(now=world.now(), enqueue=lambda *_: None)
    return asked, len(queries)
