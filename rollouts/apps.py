from __future__ import annotations

from django.apps import AppConfig


class RolloutsConfig(AppConfig):
    name = "rollouts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # Both need the models.
        from rollouts.services.audit import people  # noqa: PLC0415
        from rollouts.web import revocations  # noqa: PLC0415

        revocations.connect()
        people.connect()
