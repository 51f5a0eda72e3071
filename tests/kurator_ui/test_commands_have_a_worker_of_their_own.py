from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from django.conf import settings

from kurator_ui.celery import app
from kurator_ui.embedded import THREADS, Embedded
from rollouts.tasks import BEAT, ROUTES

pytestmark = pytest.mark.skipif(not settings.EMBEDDED, reason="with Redis the workers are processes of their own")
PATIENCE = 30.0
Steps = tuple[threading.Semaphore, threading.Event, threading.Event]


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
    """Of a task that begins, waits to be let go, and of a command that is carried out."""
    begun, go, carried_out = threading.Semaphore(0), threading.Event(), threading.Event()

    @app.task(name="tests.wait")
    def wait() -> None:
        begun.release()
        go.wait(PATIENCE)

    monkeypatch.setattr("rollouts.services.act.carry_out", lambda **_: carried_out.set())
    yield begun, go, carried_out
    app.tasks.unregister("tests.wait")


def test_a_command_is_carried_out_while_every_other_thread_is_busy(steps: Steps, embedded: Embedded) -> None:
    begun, go, carried_out = steps
    try:
        for _ in range(THREADS["short"] + 1):
            app.send_task("tests.wait")
        for _ in range(THREADS["short"]):
            assert begun.acquire(timeout=PATIENCE)
        app.send_task("rollouts.tasks.carry_out", kwargs={"command": 1})
        assert carried_out.wait(PATIENCE)
        assert not begun.acquire(blocking=False)
    finally:
        go.set()


def test_what_looks_after_commands_waits_behind_nothing_else() -> None:
    assert ROUTES[BEAT["settle"]["task"]] == ROUTES["rollouts.tasks.carry_out"] == {"queue": "commands"}
