"""Whoever changes the trail in the database is found out, and told from removing what is old."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from cryptography.fernet import Fernet
from django.conf import LazySettings
from django.core.management import CommandError, call_command
from django.utils import timezone

from rollouts.domain.trail import BEGINNING, digest
from rollouts.models import AuditCheckpoint, AuditEntry, AuditHead
from rollouts.services import audit, retention
from rollouts.services.audit.content import content_of
from rollouts.services.audit.recording import EVERY
from rollouts.services.retention import Keep
from tests.support.trail import rewritten, unguard, write

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def entries(first: int, last: int) -> None:
    AuditEntry.objects.filter(number__range=(first, last)).delete()


def change_one() -> None:
    AuditEntry.objects.filter(number=3).update(person="somebody else")


def change_one_and_its_hash() -> None:
    rewritten(3, person="somebody else")


def change_one_and_all_that_follow() -> None:
    """All that can be done without the key."""
    entry = rewritten(3, person="somebody else")
    for next in AuditEntry.objects.filter(number__gt=3).order_by("number"):
        next.previous = entry.hash
        next.hash = digest(content_of(next), next.previous)
        next.save()
        entry = next
    AuditHead.objects.update(hash=entry.hash)
    AuditCheckpoint.objects.all().delete()


def cut_the_end() -> None:
    entries(6, EVERY + 5)


def cut_the_end_and_move_the_head() -> None:
    entries(EVERY + 3, EVERY + 5)
    AuditHead.objects.update(number=EVERY + 2, hash=AuditEntry.objects.get(number=EVERY + 2).hash)


def cut_the_end_and_the_head() -> None:
    entries(EVERY + 3, EVERY + 5)
    AuditHead.objects.all().delete()


def cut_below_the_checkpoint_and_the_head() -> None:
    entries(EVERY, EVERY + 5)
    AuditHead.objects.all().delete()


def forge_the_checkpoint() -> None:
    AuditCheckpoint.objects.update(signature="0" * 64)


def cut_the_beginning_and_say_it_was_old() -> None:
    AuditHead.objects.update(pruned_to=4)
    AuditCheckpoint.objects.create(number=4, at=timezone.now(), hash=AuditEntry.objects.get(number=4).hash)
    entries(1, 4)


def add_one() -> None:
    last = AuditEntry.objects.order_by("-number")[0]
    AuditEntry.objects.create(number=last.number + 1, at=last.at, previous=last.hash, hash="0")


TAMPERED: dict[str, tuple[Callable[[], None], list[str]]] = {
    "changed": (change_one, ["Entry 3 was changed."]),
    "replaced": (change_one_and_its_hash, ["Entry 4 does not continue the one before it"]),
    "all written anew": (change_one_and_all_that_follow, ["head of the trail is not signed"]),
    "one removed": (lambda: entries(3, 3), ["Entry 3 is missing."]),
    "some removed": (lambda: entries(1, 7), ["Entries 1 to 7 are missing."]),
    "all removed": (lambda: entries(1, EVERY + 5), [f"Entries 1 to {EVERY + 5} are cut off the end."]),
    "cut": (cut_the_end, [f"Entries 6 to {EVERY + 5} are cut off the end."]),
    "cut, head moved": (cut_the_end_and_move_the_head, ["head of the trail is not signed"]),
    "cut with the head": (cut_the_end_and_the_head, ["head of the trail is missing"]),
    "cut below a checkpoint": (
        cut_below_the_checkpoint_and_the_head,
        ["head of the trail is missing", f"Entry {EVERY} is cut off the end."],
    ),
    "beginning cut": (
        cut_the_beginning_and_say_it_was_old,
        ["head of the trail is not signed", "checkpoint of entry 4"],
    ),
    "one added": (add_one, [f"Entry {EVERY + 6} is not appended by this program."]),
    "checkpoint forged": (forge_the_checkpoint, [f"The checkpoint of entry {EVERY} is not signed"]),
}


@pytest.fixture
def trail() -> None:
    write(EVERY + 5)


@pytest.mark.parametrize(("tamper", "said"), TAMPERED.values(), ids=TAMPERED)
def test_it_is_said_which_entry_is(trail: None, tamper: Callable[[], None], said: list[str]) -> None:
    unguard()
    tamper()
    problems = audit.verify().problems
    assert len(problems) == len(said)
    for problem, piece in zip(problems, said, strict=True):
        assert piece in problem


@pytest.mark.parametrize("tamper", [cut_the_end_and_move_the_head, cut_the_end_and_the_head])
def test_a_new_act_does_not_cover_up_what_was_cut(trail: None, tamper: Callable[[], None]) -> None:
    unguard()
    tamper()
    write(3)
    (problem,) = audit.verify().problems
    assert f"Entry {EVERY + 3} says: The head of the trail was" in problem
    assert AuditEntry.objects.count() == EVERY + 6


def test_an_untouched_trail_is_vouched_for_to_its_end(trail: None) -> None:
    found = audit.verify()
    assert (found.entries, found.first, found.last, found.signed_to) == (EVERY + 5, 1, EVERY + 5, EVERY + 5)
    assert (found.problems, found.checkpoints) == ([], 1)


def test_signatures_reach_only_as_far_as_nothing_is_wrong(trail: None) -> None:
    unguard()
    AuditEntry.objects.filter(number=EVERY + 2).update(reason="")
    assert audit.verify().signed_to == EVERY


def test_an_empty_trail_is_in_order() -> None:
    found = audit.verify()
    assert (found.entries, found.problems) == (0, [])


def test_a_key_that_was_replaced_still_verifies_and_the_new_one_signs(trail: None, settings: LazySettings) -> None:
    new = Fernet.generate_key().decode()
    old = settings.SECRET_KEYS
    settings.SECRET_KEYS = [new, *old]
    assert audit.verify().problems == []
    write(1)
    settings.SECRET_KEYS = [new]
    assert audit.verify().problems == [f"The checkpoint of entry {EVERY} is not signed with any of the keys."]
    settings.SECRET_KEYS = [new, *old]
    assert audit.verify().problems == []


def test_without_keys_the_chain_is_checked_and_nothing_is_vouched_for(settings: LazySettings) -> None:
    settings.SECRET_KEYS = []
    write(3)
    found = audit.verify()
    assert (found.problems, found.signed_to, found.last) == ([], 0, 3)


def old_trail(number: int, age: timedelta) -> None:
    with time_machine.travel(timezone.now() - age, tick=True):
        write(number)


def prune(keep: timedelta | None) -> int:
    return retention.prune(keep=Keep(audit=keep), now=timezone.now(), seconds=1000).entries


def test_what_is_old_is_removed_and_the_rest_verifies() -> None:
    old_trail(5, 40 * DAY)
    write(3)
    assert prune(30 * DAY) == 5
    found = audit.verify()
    assert (found.problems, found.first, found.last, found.signed_to) == ([], 6, 9, 9)
    last = AuditEntry.objects.get(number=9)
    assert (last.act, last.kind, last.answer) == ("prune", "trail", "Entries 1 to 5 were removed for their age.")
    assert prune(30 * DAY) == 0
    assert AuditEntry.objects.count() == 4


def test_a_trail_that_was_removed_whole_goes_on_with_its_numbers() -> None:
    old_trail(EVERY + 1, 40 * DAY)
    assert prune(30 * DAY) == EVERY + 1
    assert list(AuditEntry.objects.values_list("number", flat=True)) == [EVERY + 2]
    assert list(AuditCheckpoint.objects.values_list("number", flat=True)) == [EVERY + 1]
    assert audit.verify().problems == []


def test_what_is_not_old_is_not_removed_and_by_default_nothing_is() -> None:
    old_trail(5, 40 * DAY)
    assert prune(None) == 0
    assert prune(41 * DAY) == 0
    assert AuditEntry.objects.count() == 5


def test_after_a_removal_what_is_missing_besides_is_found() -> None:
    old_trail(5, 40 * DAY)
    write(3)
    prune(30 * DAY)
    unguard()
    entries(6, 6)
    assert audit.verify().problems == ["Entry 6 is missing."]
    AuditCheckpoint.objects.all().delete()
    assert "The checkpoint of entry 5" in audit.verify().problems[0]


def test_the_first_entry_continues_nothing() -> None:
    (first,) = write(1)
    assert first.previous == BEGINNING


def run(*words: str) -> str:
    out = io.StringIO()
    call_command("audit", *words, stdout=out)
    return out.getvalue()


def test_the_command_says_how_far_signatures_reach(trail: None) -> None:
    assert run("verify") == (
        f"{EVERY + 5} entries, numbers 1 to {EVERY + 5}: each is as it was written, and none is missing.\n"
        f"Signed up to number {EVERY + 5}; 1 checkpoint fits.\n"
    )


def test_the_command_fails_with_each_problem(trail: None) -> None:
    unguard()
    change_one()
    entries(7, 8)
    with pytest.raises(CommandError) as caught:
        run("verify")
    assert str(caught.value).splitlines() == [
        "Entry 3 was changed.",
        "Entries 7 to 8 are missing.",
        "The trail is not as it was written. Signatures vouch for nothing of it.",
    ]
    assert caught.value.returncode == 1
