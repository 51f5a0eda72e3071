"""`manage.py change create`: an Application is entered and tried out first, and made by a word of its own."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User

from rollouts.models import ApplicationChange, ChangeState, Cluster
from tests.management.changes import change, fails
from tests.management.terminal import in_turn
from tests.support.bare import make_bare
from tests.support.people import make_editor, make_operator

pytestmark = pytest.mark.django_db
SET = ("--set", "name=cards", "--set", "url=https://git.example.test/cards/deploy.git", "--set", "ref=main")


@pytest.fixture(autouse=True)
def ed() -> User:
    return make_editor()


@pytest.fixture(autouse=True)
def hub(monkeypatch: pytest.MonkeyPatch) -> Cluster:
    monkeypatch.setattr("rollouts.wiring.enqueue", lambda task, arguments: None)
    make_bare("eu-west", "us-east")
    return Cluster.objects.get(is_hub=True)


def looked(refused: str = "") -> None:
    ApplicationChange.objects.update(state=ChangeState.LOOKED, seen={"refused": refused}, digest="d" * 64)


def test_it_tells_the_object_the_clusters_and_how_to_go_on() -> None:
    lines = change("create", *SET, pause=in_turn(looked))
    made = ApplicationChange.objects.get()
    assert '    "name": "cards",' in lines
    assert "In: eu-west, us-east" in lines
    place, told = f"application-changes/{made.pk}", ("--digest", "d" * 12)
    assert lines[-1].endswith(f"change confirm {place} {' '.join(told)} --reason TEXT")
    assert made.asked_at is None
    assert change("confirm", place, *told) == [f"Asked for as {place}."]


def test_what_is_wrong_is_said_field_by_field() -> None:
    code, said = fails("create", "--set", "name=Cards!", "--set", "fleet=x")
    lines = said.splitlines()
    assert (code, {line.partition(":")[0] for line in lines} >= {"name", "url", "fleet"}) == (1, True)
    assert not ApplicationChange.objects.exists()


def test_what_the_hub_refuses_cannot_be_confirmed() -> None:
    code, said = fails("create", *SET, pause=in_turn(lambda: looked("no such kind")))
    assert (code, said) == (1, "no such kind Enter it otherwise.")
    place = f"application-changes/{ApplicationChange.objects.get().pk}"
    assert fails("confirm", place, "--digest", "d" * 12) == (1, "It cannot be done now.")
    assert "Against it: no such kind Enter it otherwise." in change("show", place)


def test_a_field_that_does_not_exist_is_told_with_those_that_do() -> None:
    code, said = fails("create", "--set", "nmae=cards")
    assert (code, "Known are fleet, selector, name," in said) == (1, True)


def test_who_may_not_is_told_whom_to_ask() -> None:
    make_operator("olga")
    code, said = fails("create", *SET, who="olga")
    assert (code, "To create an Application needs the right" in said) == (1, True)
