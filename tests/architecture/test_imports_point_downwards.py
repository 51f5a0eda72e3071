"""The import contracts of pyproject.toml hold, and they would notice if they did not."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
LINTER = Path(sys.executable).with_name("lint-imports")


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([LINTER, "--no-cache"], cwd=folder, capture_output=True, text=True, check=False, timeout=100)


def test_every_import_keeps_to_its_layer() -> None:
    result = lint(ROOT)
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize(
    ("module", "statement", "contract"),
    [
        ("rollouts/domain/planted.py", "import rollouts.models", "Imports point downwards BROKEN"),
        ("rollouts/queries/planted.py", "import rollouts.services", "Imports point downwards BROKEN"),
        ("rollouts/web/planted.py", "import rollouts.adapters", "Only wiring chooses adapters BROKEN"),
        ("rollouts/services/planted.py", "import urllib3", "Each outside library has one door BROKEN"),
        ("rollouts/adapters/changefeed/planted.py", "import rollouts.adapters.kubernetes", "each other BROKEN"),
        ("rollouts/adapters/kubernetes/planted.py", "import django.db", "neither Django nor Celery"),
    ],
)
def test_a_forbidden_import_is_noticed(tmp_path: Path, module: str, statement: str, contract: str) -> None:
    for package in ("rollouts", "kurator_ui"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / module).write_text(f"from __future__ import annotations\n\n{statement}\n")
    result = lint(tmp_path)
    assert result.returncode != 0
    assert contract in result.stdout
