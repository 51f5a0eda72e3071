"""Refuses to start what would look right and go wrong. Errors, so that every management command stops too."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register


@register()
def check_installation(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    sqlite = settings.DATABASES["default"]["ENGINE"].endswith("sqlite3")
    wrong = {
        "E001": (
            not settings.EMBEDDED and settings.SECRET_KEY == settings.DEFAULT_SECRET_KEY,
            "KURATOR_UI_SECRET_KEY is not set.",
            "Give every process the same long random value.",
        ),
        "E002": (
            not settings.EMBEDDED and not settings.SECRET_KEYS,
            "KURATOR_UI_SECRET_KEYS is not set.",
            "Give every process the same Fernet keys, separated by commas; the first encrypts.",
        ),
        "E003": (
            not settings.EMBEDDED and settings.DEBUG,
            "KURATOR_UI_DEBUG is on beside Redis.",
            "DEBUG shows settings and code to whoever meets an error. Switch it off.",
        ),
        "E004": (
            sqlite and (not settings.EMBEDDED or settings.PROCESSES > 1),
            "SQLite cannot serve several processes of this program.",
            "Set KURATOR_UI_DATABASE_URL to a PostgreSQL database.",
        ),
        "E005": (
            settings.EMBEDDED and settings.PROCESSES > 1,
            "The in-process broker reaches one process only.",
            "Set KURATOR_UI_REDIS_URL.",
        ),
    }
    return [
        Error(message, hint=hint, id=f"kurator_ui.{number}") for number, (bad, message, hint) in wrong.items() if bad
    ]
