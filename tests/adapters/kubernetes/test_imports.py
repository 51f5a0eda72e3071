"""What is imported costs every process: the official client 20 MB and two seconds, its typed classes far more."""

from __future__ import annotations

import subprocess
import sys

MODULES = "import sys, {module}; print('\\n'.join(sys.modules))"


def imported_by(module: str) -> list[str]:
    return subprocess.check_output([sys.executable, "-c", MODULES.format(module=module)], text=True).splitlines()


def test_reading_a_recording_needs_no_connection() -> None:
    assert not {"urllib3", "yaml"} & set(imported_by("rollouts.adapters.kubernetes.decode"))


def test_a_connection_needs_no_client() -> None:
    found = imported_by("rollouts.adapters.kubernetes.connection")
    assert "urllib3" in found
    assert "kubernetes" not in found


def test_nothing_typed_of_the_client_is_imported_to_write() -> None:
    found = imported_by("rollouts.adapters.kubernetes.writing")
    assert "kubernetes.client.api_client" in found
    assert [name for name in found if name.startswith(("kubernetes.client.models.", "kubernetes.client.api."))] == []
