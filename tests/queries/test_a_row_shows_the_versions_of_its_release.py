from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from rollouts.domain.observations import Phase
from rollouts.models import Role
from tests.support.builders import BLUE, GREEN, Sides, make_release, make_rollout
from tests.support.fleet_look import Look
from tests.support.people import make_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def person() -> User:
    return make_person("viewer", Role.VIEWER)


def test_while_blue_is_overwritten_it_is_still_shown_with_its_former_version(person: User) -> None:
    rollout = make_rollout(phase=Phase.PROMOTING, sides=Sides(blue=(GREEN,), green=(GREEN,)))
    make_release(rollout, from_images=[BLUE], to_images=[GREEN])
    look = Look(person, timezone.now())
    (row,), (line,) = look.rows(), look.applications()
    for shown in (row, line.furthest):
        assert shown.blue is not None
        assert shown.green is not None
        assert (shown.blue.short, shown.green.short, shown.shows_green) == ("6.5.0", "6.6.0", True)


def test_users_who_are_back_on_blue_are_shown_on_the_version_it_runs_by_then(person: User) -> None:
    rollout = make_rollout(phase=Phase.FINALISING, sides=Sides(blue=(GREEN,), green=(GREEN,)))
    make_release(rollout, from_images=[BLUE], to_images=[GREEN])
    look = Look(person, timezone.now())
    (row,), (line,) = look.rows(), look.applications()
    for shown in (row, line.furthest):
        assert shown.blue is not None
        assert (shown.blue.short, shown.blue_live, shown.shows_green) == ("6.6.0", "live", False)


def test_after_the_release_each_side_is_what_it_runs(person: User) -> None:
    rollout = make_rollout(phase=Phase.SUCCEEDED, sides=Sides(blue=(GREEN,), green=(GREEN,)))
    make_release(rollout, from_images=[BLUE], to_images=[GREEN], outcome="succeeded", ended_at=timezone.now())
    (row,) = Look(person, timezone.now()).rows()
    assert row.blue is not None
    assert row.blue.short == "6.6.0"


@pytest.mark.parametrize(("trigger", "words"), [("config", "new configuration"), ("template", "new pod template")])
def test_a_release_of_the_same_images_says_what_is_new(person: User, trigger: str, words: str) -> None:
    rollout = make_rollout(phase=Phase.PROGRESSING, sides=Sides(blue=(BLUE,), green=(BLUE,)))
    make_release(rollout, trigger=trigger, from_images=[BLUE], to_images=[BLUE])
    (row,) = Look(person, timezone.now()).rows()
    assert row.green is not None
    assert row.green.short == words
