from __future__ import annotations

from django.apps import AppConfig


class KuratorUiConfig(AppConfig):
    name = "kurator_ui"
    verbose_name = "kurator-ui"

    def ready(self) -> None:
        # Models are loaded only now, and tasks import them.
        from kurator_ui import checks  # noqa: F401, PLC0415  (registers the system checks)
        from kurator_ui.celery import app  # noqa: PLC0415
        from rollouts.tasks import BEAT, ROUTES  # noqa: PLC0415

        app.set_default()  # for every thread: being current holds for one thread only
        app.conf.beat_schedule = BEAT
        app.conf.task_routes = ROUTES
