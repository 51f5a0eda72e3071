"""What every test may use."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import hypothesis
import pytest
from django.conf import settings

from kurator_ui.run.programs import find_program

# No test judges how long something took: the machine may be busy.
hypothesis.settings.register_profile("patient", deadline=None)
hypothesis.settings.load_profile("patient")


def pytest_unconfigure() -> None:
    """Parallel runs end without leaving Python properly, so the settings cannot tidy up by themselves."""
    shutil.rmtree(settings.STATE_DIR, ignore_errors=True)


def missing(reason: str) -> None:
    """Skip for want of a tool. In CI nothing may be wanting, so there it is a failure."""
    if os.environ.get("CI", "").lower() == "true":
        pytest.fail(f"{reason} (with CI=true nothing is skipped)", pytrace=False)
    pytest.skip(reason)


@pytest.fixture(autouse=True)
def _trail_may_be_forgotten(request: pytest.FixtureRequest) -> Iterator[None]:
    """After a test that commits all tables are emptied, and the audit trail lets go of what was pruned only."""
    marker = request.node.get_closest_marker("django_db")
    if "transactional_db" not in request.fixturenames and not (marker and marker.kwargs.get("transaction")):
        yield
        return
    request.getfixturevalue("transactional_db")  # is torn down after this one
    yield
    from rollouts.models import AuditCheckpoint, AuditEntry, AuditHead  # noqa: PLC0415  (not before there are settings)

    if AuditEntry.objects.exists() or AuditCheckpoint.objects.exists():
        AuditHead.objects.update_or_create(pk=1, defaults={"pruned_to": 2**62})
        AuditEntry.objects.all().delete()
        AuditCheckpoint.objects.all().delete()


@pytest.fixture(scope="session")
def tool() -> Callable[[str], str]:
    """`tool("redis-server")`: the path of a program of this machine; without it the test is skipped with the reason."""

    def find(name: str) -> str:
        if path := find_program(name):
            return str(path)
        missing(f"{name} is not installed")
        raise AssertionError("unreachable")

    return find


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that other accounts may pass through, as PostgreSQL's own must; pytest's are closed to them."""
    folder = Path(tempfile.mkdtemp(prefix="kurator-ui-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)
