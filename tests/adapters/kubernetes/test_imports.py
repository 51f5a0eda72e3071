"""What is imported costs every process: the official client 20 MB and two seconds, its typed classes far more."""

from __future__ import annotations

import subprocess
import sys

MODULES = "import sys, {module}; print('\\n'.join(sys.modules))"
ASKING = """
import sys
from rollouts.adapters.kubernetes.connection import KubernetesConnection
from rollouts.domain.ports import Permission
from tests.support.misbehaving import FakeCluster
with FakeCluster() as cluster:
    assert KubernetesConnection(cluster.credential()).allowed(Permission("patch", "flagger.app", "canaries"))
print("\\n".join(sys.modules))
"""


def imported_by(module: str) -> list[str]:
    return printed_by(MODULES.format(module=module))


def printed_by(program: str) -> list[str]:
    return subprocess.check_output([sys.executable, "-c", program], text=True).splitlines()


def test_reading_a_recording_needs_no_connection() -> None:
    assert not {"urllib3", "yaml"} & set(imported_by("rollouts.adapters.kubernetes.decode"))


def test_a_connection_needs_no_client() -> None:
    found = imported_by("rollouts.adapters.kubernetes.connection")
    assert "urllib3" in found
    assert "kubernetes" not in found


def test_a_question_about_rights_needs_no_client() -> None:
    """It is sent as an object is, yet changes nothing, and who observes asks it of every cluster."""
    found = printed_by(ASKING)
    assert "rollouts.adapters.kubernetes.connection" in found
    assert "kubernetes" not in found


def test_nothing_typed_of_the_client_is_imported_to_write() -> None:
    found = imported_by("rollouts.adapters.kubernetes.writing")
    assert "kubernetes.client.api_client" in found
    assert [name for name in found if name.startswith(("kubernetes.client.models.", "kubernetes.client.api."))] == []
