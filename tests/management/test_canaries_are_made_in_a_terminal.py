"""`manage.py change make-canary`: a plain Canary is entered and tried out first, and made by a word of its own."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from rollouts.management.requesting import SECONDS_TO_READ
from rollouts.models import ChangeState, Cluster, Inventory, NewCanary
from tests.management.changes import change, fails
from tests.management.terminal import in_turn
from tests.support.bare import make_inventory
from tests.support.builders import make_cluster, make_rollout
from tests.support.new_canaries import make_new_canary
from tests.support.people import make_editor, make_operator

pytestmark = pytest.mark.django_db
TOLD = "d" * 12
CART = ("make-canary", "edge/shop/cart", "--port", "8080")


@pytest.fixture(autouse=True)
def ed() -> User:
    return make_editor()


@pytest.fixture(autouse=True)
def edge(monkeypatch: pytest.MonkeyPatch) -> Cluster:
    monkeypatch.setattr("rollouts.wiring.enqueue", lambda task, arguments: None)
    made = make_cluster("edge")
    make_inventory("edge")
    return made


def looked(refused: str = "") -> Callable[[], object]:
    seen = {"refused": refused, "pods": 2}
    return lambda: NewCanary.objects.update(state=ChangeState.LOOKED, seen=seen, digest="d" * 64)


def test_it_tells_the_object_and_how_to_go_on() -> None:
    lines = change(*CART, "--set", "interval=30", pause=in_turn(looked()))
    row = NewCanary.objects.get()
    assert (row.texts["interval"], row.asked_at) == ("30", None)
    assert '  "kind": "Canary",' in lines
    assert lines[-1].endswith(f"change confirm new-canaries/{row.pk} --digest {TOLD} --reason TEXT")
    assert change("confirm", f"new-canaries/{row.pk}", "--digest", TOLD) == [f"Asked for as new-canaries/{row.pk}."]
    assert change("show", f"new-canaries/{row.pk}")[0] == "New Canary shop/cart in edge: going on"


def test_waiting_tells_each_step(edge: Cluster, ed: User) -> None:
    row, now = make_new_canary(edge, ed), timezone.now()

    def ends() -> None:
        NewCanary.objects.update(state=ChangeState.DONE, written_at=now, arrived_at=now, ended_at=now, sentence="Made.")

    lines = change("confirm", f"new-canaries/{row.pk}", "--digest", TOLD, "--wait", pause=in_turn(ends))
    assert lines[-2:] == ["edge: Flagger has made blue (done).", "Made."]


def test_what_is_around_the_workload_is_read_first() -> None:
    Inventory.objects.update(read_at=None)
    now = timezone.now()
    lines = change(*CART, pause=in_turn(lambda: Inventory.objects.update(read_at=now), looked()))
    assert any(line.startswith("What is around it was read at ") for line in lines)


def test_what_cannot_be_read_is_told() -> None:
    Inventory.objects.all().delete()
    pauses = [lambda: None] * SECONDS_TO_READ
    lines = change(*CART, pause=in_turn(*pauses, looked()))
    assert "What is around it was not read: say its ports and its autoscaler yourself." in lines


def test_a_field_that_is_set_twice_is_not_understood() -> None:
    code, said = fails(*CART, "--set", "hosts=a.test", "--set", "hosts=b.test")
    assert (code, said) == (2, "hosts is set twice. Say it once, with all its lines.")


def test_what_is_wrong_is_said_field_by_field() -> None:
    code, said = fails(*CART, "--set", "failures=many")
    assert (code, "failures: “many” is no whole number." in said.splitlines()) == (1, True)
    assert fails("make-canary", "edge/shop/Cart!")[1].startswith("workload: ")
    assert not NewCanary.objects.exists()


def test_what_is_in_the_way_is_told(edge: Cluster) -> None:
    make_rollout(edge, name="cart")
    assert fails(*CART)[0] == 1
    assert not NewCanary.objects.exists()


def test_what_the_cluster_refuses_is_told() -> None:
    assert fails(*CART, pause=in_turn(looked("There is no such workload."))) == (1, "There is no such workload.")


def test_who_may_not_is_told_whom_to_ask(edge: Cluster, ed: User) -> None:
    make_operator("olga")
    code, said = fails(*CART, who="olga")
    assert (code, "Ask somebody who administers edge." in said) == (1, True)
    row = make_new_canary(edge, ed, state=ChangeState.OPEN, asked_at=timezone.now())
    assert fails("stop", f"new-canaries/{row.pk}", who="olga")[0] == 1
    assert change("stop", f"new-canaries/{row.pk}") == ["Stopped. The cluster was not asked to do anything."]
