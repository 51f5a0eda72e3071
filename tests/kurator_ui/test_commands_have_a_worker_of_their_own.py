from __future__ import annotations

import threading
from collections.abc import Iterator
from uuid import uuid4

import pytest
from django.conf import settings

from kurator_ui.celery import app
from kurator_ui.embedded import THREADS, Embedded
from kurator_ui.run.processes import COMMANDS, SHORT
from rollouts.tasks import BEAT, ROUTES

pytestmark = pytest.mark.skipif(not settings.EMBEDDED, reason="with Redis the workers are processes of their own")
PATIENCE = 30.0
Steps = tuple[str, threading.Semaphore, threading.Event, threading.Event]


@pytest.fixture
def embedded() -> Iterator[Embedded]:
    kept = app.conf.beat_schedule
    app.conf.beat_schedule = {}
    made = Embedded(observe=False)
    made.start()
    yield made
    made.stop()
    app.conf.beat_schedule = kept


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> Iterator[Steps]:
    """Of a task, by its name, that begins, waits to be let go, and of a command that is carried out."""
    name = f"tests.wait_{uuid4().hex}"
    begun, go, carried_out = threading.Semaphore(0), threading.Event(), threading.Event()

    @app.task(name=name)
    def wait() -> None:
        begun.release()
        go.wait(PATIENCE)

    monkeypatch.setattr("rollouts.services.act.carry_out", lambda **_: carried_out.set())
    yield name, begun, go, carried_out
    app.tasks.unregister(name)


def test_a_command_is_carried_out_while_every_other_thread_is_busy(steps: Steps, embedded: Embedded) -> None:
    wait, begun, go, carried_out = steps
    try:
        for _ in range(THREADS["short"] + 1):
            app.send_task(wait)
        for _ in range(THREADS["short"]):
            assert begun.acquire(timeout=PATIENCE)
        app.send_task("rollouts.tasks.carry_out", kwargs={"command": 1})
        assert carried_out.wait(PATIENCE)
        assert not begun.acquire(blocking=False)
    finally:
        go.set()


def test_what_looks_after_commands_waits_behind_nothing_else() -> None:
    assert ROUTES[BEAT["settle"]["task"]] == ROUTES["rollouts.tasks.carry_out"] == {"queue": "commands"}


def test_what_a_person_looks_at_does_not_wait_behind_measuring(steps: Steps, embedded: Embedded) -> None:
    wait, begun, go, _ = steps
    try:
        for _ in range(THREADS["measure"] + 1):
            app.send_task(wait, queue="measure")
        for _ in range(THREADS["measure"]):
            assert begun.acquire(timeout=PATIENCE)
        assert not begun.acquire(blocking=False)
        app.send_task(wait)
        assert begun.acquire(timeout=PATIENCE)
    finally:
        go.set()


def test_each_queue_has_a_worker() -> None:
    used = {route["queue"] for route in ROUTES.values()} | {settings.CELERY_TASK_DEFAULT_QUEUE}
    assert used == set(THREADS)
    assert used == {queue for command in (SHORT, COMMANDS) for queue in _queues(command)}


def _queues(command: str) -> list[str]:
    return command.partition("--queues ")[2].partition(" ")[0].split(",")
