from __future__ import annotations

import random
from dataclasses import replace

import pytest

from rollouts.domain.observations import Phase
from rollouts.domain.rollout import Outcome, Trigger
from rollouts.models import Rollout
from rollouts.services.observe import storage
from tests.support.builders import BLUE, Sides, make_rollout, make_state

pytestmark = pytest.mark.django_db


def test_the_text_that_is_searched_fits_into_an_index_whatever_a_cluster_sends() -> None:
    """PostgreSQL refuses larger entries; what cannot be compressed is the worst case."""
    chance = random.Random(7)
    images = tuple("".join(chr(chance.randint(0x10000, 0x1FFFF)) for _ in range(400)) for _ in range(20))
    name, namespace = "n" * 253, "s" * 63
    make_rollout(name=name, namespace=namespace, sides=Sides(blue=images, green=images), provider="\U0001f680" * 64)
    (row,) = Rollout.objects.all()
    assert len(row.search.encode()) <= storage.SEARCH_BYTES
    assert row.search.startswith(f"{namespace} {name} ")
    assert "\ufffd" not in row.search


@pytest.mark.parametrize("phase", [Phase.SUCCEEDED, Phase.FAILED])
def test_the_last_change_is_kept_apart_from_those_of_a_running_release(phase: Phase) -> None:
    assert make_rollout(phase=phase, save=False).settled_at is not None
    assert make_rollout(phase=Phase.PROGRESSING, save=False).settled_at is None


def test_a_row_remembers_what_blue_ran_before_the_running_release_and_forgets_it_at_the_end() -> None:
    state = make_state(phase=Phase.PROGRESSING)
    assert state.release is not None
    release = replace(state.release, from_images=(BLUE,), trigger=Trigger.CONFIG)
    row = make_rollout(save=False)
    storage.fill(row, replace(state, release=release))
    assert (row.before_images, row.trigger) == ([BLUE], "config")
    storage.fill(row, replace(state, release=replace(release, outcome=Outcome.SUCCEEDED)))
    assert (row.before_images, row.trigger) == (None, "")
