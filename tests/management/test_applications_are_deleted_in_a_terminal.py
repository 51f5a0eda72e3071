"""`manage.py change delete`: an Application is looked at first, and deleted by a word of its own."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from rollouts.domain import memory
from rollouts.domain.whole.deleting import Deletion, Going, Trap, TrapKind
from rollouts.models import Application, ApplicationChange, AuditEntry, ChangeState
from tests.management.changes import change, fails
from tests.management.terminal import in_turn
from tests.support.bare import make_bare
from tests.support.governed import make_policy, make_removal
from tests.support.people import make_editor, make_operator
from tests.support.whole import make_change

pytestmark = pytest.mark.django_db
TOLD = "d" * 12
TRAP = Trap(TrapKind.ROLLOUT, "It still has a rollout.", "Remove it first.", "cart-prod")
GOING = Going("cart-prod", "eu-west", True, ("Deployment shop/cart",), "Flux deletes what it has applied.")


@pytest.fixture
def ed() -> User:
    return make_editor()


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch, ed: User) -> Application:
    monkeypatch.setattr("rollouts.wiring.enqueue", lambda task, arguments: None)
    return make_bare("eu-west", "us-east")


def looked(judged: Deletion) -> Callable[[], object]:
    seen = {**memory.dump(judged), "entries": {}}
    return lambda: ApplicationChange.objects.update(state=ChangeState.LOOKED, seen=seen, digest="d" * 64)


def test_looking_tells_what_would_go_and_how_to_go_on(bare: Application) -> None:
    pause = in_turn(looked(Deletion((), (GOING,), ("Namespace shop goes.",))))
    lines = change("delete", "shop/cart", pause=pause)
    number = ApplicationChange.objects.get().pk
    assert lines[:4] == [
        "cart-prod in eu-west: Flux deletes what it has applied.",
        "  Deployment shop/cart",
        "In: eu-west, us-east",
        "Warning: Namespace shop goes.",
    ]
    place = f"application-changes/{number}"
    assert lines[-1].endswith(f"change confirm {place} --digest {TOLD} --confirm cart --reason TEXT")
    assert ApplicationChange.objects.get().asked_at is None


def test_what_speaks_against_it_is_told_and_has_its_code(bare: Application) -> None:
    code, said = fails("delete", "shop/cart", pause=in_turn(looked(Deletion((TRAP,), (), ()))))
    assert (code, said) == (1, "It still has a rollout. Remove it first.")


def test_who_may_not_is_told_whom_to_ask(bare: Application) -> None:
    make_operator("olga")
    code, said = fails("delete", "shop/cart", who="olga")
    assert (code, "To delete an Application needs the right" in said) == (1, True)
    assert not ApplicationChange.objects.exists()


def test_confirming_asks_for_it_in_the_name_of_the_person(bare: Application, ed: User) -> None:
    one = make_change(bare, ed)
    place, told = f"application-changes/{one.pk}", ("--digest", TOLD)
    words = ("confirm", place, *told, "--confirm", "cart", "--reason", "no longer sold")
    assert change(*words) == [f"Asked for as application-changes/{one.pk}."]
    one.refresh_from_db()
    assert (one.state, one.reason) == (ChangeState.OPEN, "no longer sold")
    assert AuditEntry.objects.get(kind="application").person.startswith("ed, by ")


@pytest.mark.parametrize(
    ("words", "said"),
    [(("--reason", "so"), "Type cart"), (("--confirm", "cart"), "Say why: a reason is required.")],
)
def test_without_name_or_reason_nothing_is_asked_for(
    bare: Application, ed: User, words: tuple[str, ...], said: str
) -> None:
    one = make_change(bare, ed)
    code, told = fails("confirm", f"application-changes/{one.pk}", "--digest", TOLD, *words)
    assert (code, said in told) == (1, True)
    one.refresh_from_db()
    assert one.asked_at is None


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ((), "Say --digest as it was told with what you confirm."),
        (("--digest", "e" * 12), "What was shown is not so any more. Look at it again."),
        (("--digest", "d"), "What was shown is not so any more. Look at it again."),
    ],
)
def test_it_is_confirmed_for_exactly_what_was_told(
    bare: Application, ed: User, told: tuple[str, ...], said: str
) -> None:
    one = make_change(bare, ed)
    words = ("confirm", f"application-changes/{one.pk}", *told, "--confirm", "cart", "--reason", "so")
    assert fails(*words) == (1, said)
    one.refresh_from_db()
    assert one.asked_at is None


def test_what_has_been_stopped_is_not_said_to_be_asked_for(bare: Application, ed: User) -> None:
    one = make_change(bare, ed)
    words = ("confirm", f"application-changes/{one.pk}", "--digest", TOLD, "--confirm", "cart", "--reason", "so")
    change(*words)
    change("stop", f"application-changes/{one.pk}")
    assert fails(*words) == (1, "Stopped. The hub was not asked to do anything.")


def test_waiting_tells_each_step_and_what_is_left(bare: Application, ed: User) -> None:
    one = make_change(bare, ed)
    now = timezone.now()

    def ends() -> None:
        left = {"1": {"name": "eu-west", "said": "No workload of it is left."}}
        ApplicationChange.objects.update(
            state=ChangeState.DONE, written_at=now, arrived_at=now, ended_at=now, left=left, sentence="It is gone."
        )

    words = ("--digest", TOLD, "--confirm", "cart", "--reason", "so", "--wait")
    lines = change("confirm", f"application-changes/{one.pk}", *words, pause=in_turn(ends))
    assert "hub: Kurator has let it go, and it is gone from the hub (done)." in lines
    assert lines[-2:] == ["eu-west: No workload of it is left.", "It is gone."]


def test_it_is_shown_with_what_was_seen_and_stopped(bare: Application, ed: User) -> None:
    one = make_change(bare, ed, Deletion((), (GOING,), ()))
    place = f"application-changes/{one.pk}"
    lines = change("show", place)
    assert lines[0] == "Deletion of Application shop/cart: not asked for yet"
    assert "cart-prod in eu-west: Flux deletes what it has applied." in lines
    assert fails("follow", place) == (1, "Nobody has asked for it yet: confirm it first.")
    assert change("stop", place) == ["Stopped. The hub was not asked to do anything."]
    assert fails("stop", place)[0] == 1


def test_a_removal_has_nothing_to_confirm(ed: User) -> None:
    removal = make_removal(make_policy("ap-south"))
    code, said = fails("confirm", f"removals/{removal.pk}")
    assert (code, said) == (1, "A removal is asked for already: there is nothing to confirm.")
