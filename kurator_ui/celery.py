"""The Celery application, and the worker's option `--observe`.

Queues: `short` (re-lists and other tasks of seconds), `measure` (measurements, which nothing else waits behind),
`commands` (what people ask of rollouts, which waits behind nothing else) and `observe`, on which nothing waits: its
worker runs the observer, whose watches never end and would fill any pool of tasks.
"""

from __future__ import annotations

import os
from typing import Any, Protocol

import click
from celery import Celery, bootsteps

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kurator_ui.settings")


def make_app(name: str, *, current: bool) -> Celery:
    made = Celery(name, set_as_current=current)
    made.config_from_object("django.conf:settings", namespace="CELERY")
    made.autodiscover_tasks(["rollouts"])
    return made


app = make_app("kurator_ui", current=True)


class Observer(Protocol):
    def start(self) -> None: ...

    def stop(self) -> None: ...


class ObserverStep(bootsteps.StartStopStep):
    """Runs the observer for as long as the worker lives.

    It is a step of the worker and not of its consumer, which starts anew at every loss of the broker.
    """

    requires = ("celery.worker.components:Pool",)

    def __init__(self, worker: Any, observe: bool = False, **kwargs: Any) -> None:
        super().__init__(worker, **kwargs)
        self._wanted = observe
        self._observer: Observer | None = None

    def include_if(self, worker: Any) -> bool:
        return self._wanted

    def start(self, worker: Any) -> None:
        from rollouts.wiring import observer  # noqa: PLC0415  (models can be loaded only now)

        self._observer = observer()
        self._observer.start()

    def stop(self, worker: Any) -> None:
        if self._observer is not None:
            self._observer.stop()
            self._observer = None

    def terminate(self, worker: Any) -> None:
        self.stop(worker)


app.steps["worker"].add(ObserverStep)
app.user_options["worker"].add(click.Option(["--observe"], is_flag=True, help="Watch the clusters from this worker."))
