from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from celery.worker import WorkController
from django.conf import settings

from kurator_ui.celery import ObserverStep, app
from kurator_ui.embedded import Embedded

pytestmark = pytest.mark.skipif(not settings.EMBEDDED, reason="with Redis the workers are processes of their own")


class Heard:
    def __init__(self) -> None:
        self.values: list[str] = []
        self._changed = threading.Condition()

    def say(self, value: str) -> None:
        with self._changed:
            self.values.append(value)
            self._changed.notify_all()

    def wait_for(self, value: str, times: int = 1) -> bool:
        with self._changed:
            return self._changed.wait_for(lambda: self.values.count(value) >= times, timeout=30)


@pytest.fixture
def heard() -> Iterator[Heard]:
    heard = Heard()

    @app.task(name="tests.say")
    def say(value: str) -> None:
        heard.say(value)

    kept = app.conf.beat_schedule
    app.conf.beat_schedule = {"say": {"task": "tests.say", "schedule": 0.2, "args": ("scheduled",)}}
    yield heard
    app.conf.beat_schedule = kept
    app.tasks.unregister("tests.say")


def test_tasks_and_the_schedule_run_beside_the_server_until_it_stops(heard: Heard) -> None:
    before = set(threading.enumerate())
    embedded = Embedded(observe=False)
    embedded.start()
    try:
        app.send_task("tests.say", ("asked",))
        assert heard.wait_for("asked")
        assert heard.wait_for("scheduled", times=2)
    finally:
        embedded.stop()
    left = [thread.name for thread in threading.enumerate() if thread not in before and not thread.daemon]
    assert left == []
    assert app.send_task("tests.say", ("late",))
    assert heard.values.count("late") == 0


@pytest.mark.parametrize("observe", [True, False])
def test_only_a_worker_told_to_observe_runs_the_observer(observe: bool) -> None:
    worker = WorkController(app=app, pool_cls="threads", concurrency=1, observe=observe)
    steps = worker.steps  # type: ignore[attr-defined]  # set by Celery's blueprint
    assert any(isinstance(step, ObserverStep) for step in steps) is observe
