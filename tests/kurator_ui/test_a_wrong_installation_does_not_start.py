"""Each installation here is a process of its own, since settings are read once."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
KEYS = "dGVzdC1rZXktMzItYnl0ZXMtb2YtdGVzdC1rZXkhISE="
PRODUCTION = {
    "KURATOR_UI_REDIS_URL": "redis://:hidden@localhost:1/0",
    "KURATOR_UI_DATABASE_URL": "postgresql://me:hidden@localhost:1/name",
    "KURATOR_UI_SECRET_KEY": "long-and-random",
    "KURATOR_UI_SECRET_KEYS": KEYS,
    "KURATOR_UI_PROCESSES": "5",
}


def check(state: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("KURATOR_UI_")}
    environment |= {"DJANGO_SETTINGS_MODULE": "kurator_ui.settings", "KURATOR_UI_STATE": str(state), **settings}
    return subprocess.run(
        [sys.executable, "manage.py", "check"], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60
    )


def test_an_embedded_installation_needs_no_settings_and_keeps_its_keys(tmp_path: Path) -> None:
    assert check(tmp_path).returncode == 0
    keys = {name: (tmp_path / name).read_text() for name in ("secret-key", "fernet-key")}
    assert check(tmp_path).returncode == 0
    assert keys == {name: (tmp_path / name).read_text() for name in keys}
    assert {(tmp_path / name).stat().st_mode & 0o777 for name in keys} == {0o600}


def test_a_complete_production_installation_is_accepted(tmp_path: Path) -> None:
    result = check(tmp_path, **PRODUCTION)
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"KURATOR_UI_SECRET_KEY": ""}, "KURATOR_UI_SECRET_KEY is not set"),
        ({"KURATOR_UI_SECRET_KEYS": ""}, "KURATOR_UI_SECRET_KEYS is not set"),
        ({"KURATOR_UI_DEBUG": "true"}, "KURATOR_UI_DEBUG is on beside Redis"),
        ({"KURATOR_UI_DATABASE_URL": ""}, "SQLite cannot serve several processes"),
        ({"KURATOR_UI_REDIS_URL": ""}, "in-process broker reaches one process only"),
    ],
)
def test_an_incomplete_production_installation_is_refused(
    tmp_path: Path, change: dict[str, str], complaint: str
) -> None:
    result = check(tmp_path, **{**PRODUCTION, **change})
    assert result.returncode != 0
    assert complaint in result.stderr
    assert "hidden" not in result.stderr
