"""Files that leave this machine name no folder of it, and no package registry: those are settings of whoever builds."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
# In pieces, so that this file does not find itself.
FORBIDDEN = [
    "".join(pieces)
    for pieces in [
        ("/wo", "rk/"),
        ("/ro", "ot/"),
        ("/ho", "me/"),
        ("/Us", "ers/"),
        ("../sha", "red"),
        ("pypi", ".org"),
        ("python", "hosted.org"),
        ("registry.npm", "js.org"),
        ("proxy.go", "lang.org"),
        ("repo.maven", ".apache.org"),
        ("deb.deb", "ian.org"),
    ]
]
# The one place that may say where the tools of a laboratory are.
ALLOWED = {".ci/run": {"".join(("../sha", "red"))}}


def tracked() -> list[Path]:
    try:
        listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("not a checkout of git")
    return [ROOT / name for name in listing.stdout.split("\0") if name and (ROOT / name).is_file()]


def test_no_file_names_a_folder_of_a_machine_or_a_registry() -> None:
    found = []
    for path in tracked():
        name = path.relative_to(ROOT).as_posix()
        text = path.read_bytes().decode("utf-8", errors="ignore")
        found += [f"{name}: {word}" for word in FORBIDDEN if word in text and word not in ALLOWED.get(name, set())]
    assert found == []


def test_the_lock_files_pin_every_package_by_hash() -> None:
    for name in ("requirements.lock", "requirements-dev.lock"):
        text = (ROOT / name).read_text(encoding="utf-8").replace("\\\n", " ")
        pins = [line for line in text.splitlines() if line and not line.startswith((" ", "#"))]
        assert len(pins) > 30
        assert [pin for pin in pins if "==" not in pin or "--hash=sha256:" not in pin] == []
