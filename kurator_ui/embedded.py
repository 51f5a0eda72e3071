"""What an embedded installation runs beside its server, in the same process: Celery workers, beat and the observer."""

from __future__ import annotations

import threading
import time
from typing import Any

import structlog
from celery import Celery
from celery.beat import EmbeddedService
from celery.signals import task_postrun, task_prerun
from celery.worker import WorkController
from django.db import close_old_connections

from kurator_ui.celery import Observer, app, make_app

log = structlog.get_logger(__name__)

THREADS = {"short": 8, "measure": 2, "commands": 4}
"""Of the worker of each queue. All share one interpreter: with eight that measure a change took seconds under full
load, with four hardly less. A source that gives no answer holds one for 15 s at most, and is asked less and less often.
"""
NEEDED = {"short": [], "measure": [], "commands": ["rollouts.adapters.kubernetes.writing"]}
"""What it imports as it starts: the first command would wait two seconds for it."""
STOP_SECONDS = 3.0


class Embedded:
    def __init__(self, *, observe: bool) -> None:
        self._observe = observe
        self._observer: Observer | None = None
        self._workers: dict[str, WorkController] = {}
        self._beat: Any = None
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        task_prerun.connect(_tidy_connections)
        task_postrun.connect(_tidy_connections)
        # The queues that a worker takes from are kept with its application, so each has one of its own. The main one
        # comes last: what a worker makes of its application as the default of all threads, the last one makes.
        self._workers = {queue: _worker(_app_of(queue), queue) for queue in ("commands", "measure", "short")}
        self._beat = EmbeddedService(app, thread=True, scheduler_cls="kurator_ui.beat:Punctual")
        self._threads = [
            threading.Thread(target=worker.start, name=f"celery-{queue}", daemon=True)
            for queue, worker in self._workers.items()
        ]
        self._threads.append(self._beat)
        for thread in self._threads:
            thread.start()
        app.send_task("rollouts.tasks.prune")  # this beat remembers nothing: it starts a day anew with the program
        if self._observe:
            from rollouts.wiring import observer  # noqa: PLC0415  (models can be loaded only now)

            self._observer = observer()
            self._observer.start()

    def stop(self) -> None:
        """Stop all parts at once. What does not end within three seconds is left to the end of the process."""
        deadline = time.monotonic() + STOP_SECONDS
        stoppers = [
            threading.Thread(target=part.stop, name=f"stop-{name}", daemon=True)
            for name, part in {"observer": self._observer, "beat": self._beat, **self._workers}.items()
            if part is not None
        ]
        for thread in stoppers:
            thread.start()
        for thread in [*stoppers, *self._threads]:
            thread.join(max(0.0, deadline - time.monotonic()))
        task_prerun.disconnect(_tidy_connections)
        task_postrun.disconnect(_tidy_connections)
        if late := [thread.name for thread in [*stoppers, *self._threads] if thread.is_alive()]:
            log.warning("still running at the end", parts=late)


def _app_of(queue: str) -> Celery:
    if queue == app.conf.task_default_queue:
        return app
    made = make_app(f"kurator_ui_{queue}", current=False)
    made.conf.task_routes = app.conf.task_routes
    return made


def _worker(app: Celery, queue: str) -> WorkController:
    return WorkController(
        app=app,
        pool_cls="threads",
        concurrency=THREADS[queue],
        queues=[queue],
        hostname=f"{queue}@embedded",
        include=NEEDED[queue],
        without_gossip=True,
        without_mingle=True,
        without_heartbeat=True,
    )


def _tidy_connections(**kwargs: Any) -> None:
    close_old_connections()  # Celery's own Django support does this for the workers of its command line only
