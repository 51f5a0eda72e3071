"""Reads settings from the environment. A value that cannot be understood stops the program and says which one.

Every variable starts with `KURATOR_UI_`, which callers leave out: `env_int("PORT", 8080)` reads `KURATOR_UI_PORT`.
"""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

PREFIX = "KURATOR_UI_"
TRUE = {"1", "true", "yes", "on"}
FALSE = {"0", "false", "no", "off", ""}


def env_str(name: str, default: str = "") -> str:
    return os.environ.get(PREFIX + name, default).strip()


def env_list(name: str, default: str = "") -> list[str]:
    """Values separated by commas; blanks around them and empty ones are dropped."""
    return [part.strip() for part in env_str(name, default).split(",") if part.strip()]


def env_bool(name: str, default: bool) -> bool:
    text = os.environ.get(PREFIX + name)
    if text is None:
        return default
    if text.strip().lower() in TRUE:
        return True
    if text.strip().lower() in FALSE:
        return False
    raise ImproperlyConfigured(f"{PREFIX}{name} must be true or false.")


def env_int(name: str, default: int) -> int:
    text = env_str(name)
    if not text:
        return default
    try:
        return int(text)
    except ValueError:
        raise ImproperlyConfigured(f"{PREFIX}{name} must be a whole number.") from None


def env_days(name: str, default: int) -> timedelta | None:
    """A number of days; 0 is for ever, and so None."""
    days = env_int(name, default)
    if days < 0:
        raise ImproperlyConfigured(f"{PREFIX}{name} must be a number of days, or 0 for ever.")
    return timedelta(days=days) if days else None


def env_secret(name: str) -> str:
    """The value itself, or the content of the file that `<NAME>_FILE` names (a mounted secret). Empty when unset.

    Messages never carry the value.
    """
    file = env_str(f"{name}_FILE")
    if not file:
        return env_str(name)
    if env_str(name):
        raise ImproperlyConfigured(f"Set {PREFIX}{name} or {PREFIX}{name}_FILE, not both.")
    try:
        return Path(file).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ImproperlyConfigured(f"{PREFIX}{name}_FILE cannot be read: {type(error).__name__}.") from None
