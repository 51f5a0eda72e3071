"""Entries have numbers without holes and hang together, whoever appends them at the same time."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import LazySettings
from django.contrib.auth.models import User
from django.db import IntegrityError, connection, transaction

from rollouts.domain.authors import PROGRAM, Author, acting
from rollouts.domain.trail import Act, Stage
from rollouts.models import AuditCheckpoint, AuditEntry, AuditHead
from rollouts.services import audit
from rollouts.services.audit.recording import EVERY
from tests.support.trail import CART, write

ANN = Author("ann", 7, "192.0.2.7", "request-1")


def numbers() -> list[int]:
    return list(AuditEntry.objects.order_by("number").values_list("number", flat=True))


@pytest.mark.django_db
def test_an_entry_says_who_did_what_to_what_why_and_what_came_of_it() -> None:
    made = audit.record(
        act=Act.CHANGE,
        subject=CART,
        outcome=Stage.ACCEPTED,
        by=ANN,
        reason="errors in the logs",
        preview="a1b2",
        patch={"spec": {"suspend": True}},
        answer="200 OK",
    )
    entry = AuditEntry.objects.get()
    assert (entry.number, entry.person, entry.person_id, entry.act, entry.outcome) == (
        1,
        "ann",
        7,
        "change",
        "accepted",
    )
    assert (entry.kind, entry.cluster, entry.namespace, entry.name) == ("rollout", "eu-west-1", "shop", "cart")
    assert (entry.application, entry.release, entry.reason) == ("shop/cart", 4, "errors in the logs")
    assert (entry.preview, json.loads(entry.patch), entry.answer) == ("a1b2", {"spec": {"suspend": True}}, "200 OK")
    assert (entry.request, entry.address) == ("request-1", "192.0.2.7")
    assert entry.at == made.at


@pytest.mark.django_db
def test_the_author_is_who_is_acting_and_else_the_program() -> None:
    write(1)
    with acting(lambda: ANN):
        write(1)
    assert list(AuditEntry.objects.order_by("number").values_list("person", flat=True)) == [PROGRAM.name, "ann"]


@pytest.mark.django_db
def test_an_entry_continues_the_one_before_it() -> None:
    one, two = write(2)
    assert two.previous == one.hash
    assert AuditHead.objects.get().hash == two.hash


@pytest.mark.django_db
def test_what_is_rolled_back_leaves_no_hole() -> None:
    write(1)
    with pytest.raises(RuntimeError), transaction.atomic():
        write(2)
        raise RuntimeError
    write(1)
    assert numbers() == [1, 2]
    assert audit.verify().problems == []


@pytest.mark.django_db
def test_there_is_a_checkpoint_every_hundred_entries() -> None:
    write(EVERY + 1)
    assert list(AuditCheckpoint.objects.values_list("number", flat=True)) == [EVERY]


def in_threads(number: int, work: Callable[[int], None]) -> None:
    def run(place: int) -> None:
        try:
            work(place)
        except Exception as error:
            failed.append(error)
        finally:
            connection.close()

    failed: list[Exception] = []
    threads = [threading.Thread(target=run, args=(place,)) for place in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []


@pytest.mark.django_db(transaction=True)
def test_threads_that_append_at_once_wait_for_each_other_even_for_the_first_entry() -> None:
    def act(place: int) -> None:
        for step in range(10):
            with transaction.atomic():
                audit.record(act=Act.CHANGE, subject=CART, reason=f"thread {place} step {step}")

    in_threads(8, act)
    assert numbers() == list(range(1, 81))
    assert AuditEntry.objects.values("reason").distinct().count() == 80
    assert audit.verify().problems == []


@pytest.mark.django_db(transaction=True)
def test_who_is_overtaken_at_the_first_entry_does_not_say_that_the_head_was_missing() -> None:
    others: list[threading.Thread] = []

    def overtaken(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        answer = execute(sql, *rest)
        if not others and sql.startswith("UPDATE") and AuditHead._meta.db_table in sql:
            others.append(threading.Thread(target=in_threads, args=(1, lambda _: write(1))))
            others[0].start()
            others[0].join(1)  # where the database has one writer at a time, the other waits for this one
        return answer

    with connection.execute_wrapper(overtaken):
        write(1)
    others[0].join()
    assert numbers() == [1, 2]
    assert set(AuditEntry.objects.values_list("act", flat=True)) == {Act.CHANGE.value}
    assert audit.verify().problems == []


@pytest.mark.django_db(transaction=True)
def test_acts_that_are_undone_in_one_thread_leave_no_hole_among_those_of_others() -> None:
    def act(place: int) -> None:
        for _ in range(6):
            try:
                with transaction.atomic():
                    write(1)
                    if place % 2:
                        raise RuntimeError
            except RuntimeError:
                pass

    in_threads(6, act)
    assert numbers() == list(range(1, 19))
    assert audit.verify().problems == []


@pytest.mark.django_db
def test_a_name_outlives_the_account() -> None:
    person = User.objects.create_user("ben")
    write(1, by=Author("ben", person.pk))
    known = person.pk
    person.delete()
    entry = AuditEntry.objects.get(person="ben")
    assert entry.person_id == known


CHANGES = {
    "changed": lambda: AuditEntry.objects.filter(number=1).update(reason="nothing"),
    "deleted": lambda: AuditEntry.objects.filter(number=1).delete(),
    "emptied": lambda: AuditEntry.objects.all().delete(),
    "replaced": lambda: AuditEntry.objects.bulk_create(
        [AuditEntry(number=1, at=AuditEntry.objects.get(number=1).at)],
        update_conflicts=True,
        unique_fields=["number"],
        update_fields=["reason"],
    ),
    "checkpoint changed": lambda: AuditCheckpoint.objects.update(hash="0"),
    "checkpoint deleted": lambda: AuditCheckpoint.objects.all().delete(),
}


@pytest.mark.django_db
@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_the_database_refuses_that_an_entry_is(change: Callable[[], object]) -> None:
    write(EVERY)
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        change()
    assert len(numbers()) == EVERY
    assert audit.verify().problems == []


@pytest.mark.django_db
def test_the_database_refuses_to_replace_or_empty_all_at_once() -> None:
    write(2)
    statements = {
        "sqlite": "INSERT OR REPLACE INTO rollouts_auditentry SELECT * FROM rollouts_auditentry WHERE number = 1",
        "postgresql": "TRUNCATE rollouts_auditentry",
    }
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statements[connection.vendor])
    assert numbers() == [1, 2]


@pytest.mark.django_db(transaction=True)
def test_an_entry_becomes_a_line_of_the_log_once_it_is_committed(
    settings: LazySettings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.AUDIT_LOG = True

    def lines() -> list[Any]:
        return [record.msg for record in caplog.records if record.name == "audit"]

    with pytest.raises(RuntimeError), transaction.atomic():
        write(1)
        raise RuntimeError
    with transaction.atomic():
        (entry,) = write(1, by=ANN)
        assert lines() == []
    assert [(line["number"], line["person"], line["hash"]) for line in lines()] == [(1, "ann", entry.hash)]


@pytest.mark.django_db(transaction=True)
def test_without_the_setting_nothing_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    write(1)
    assert [record for record in caplog.records if record.name == "audit"] == []
