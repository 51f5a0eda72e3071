from __future__ import annotations

import subprocess
import sys

from kurator_ui.run import processes
from tests.support.program import ROOT

LOADED = """
import sys
from kurator_ui.celery import app
app.loader.import_default_modules()
pages = ("rollouts.web.views", "rollouts.api", "kurator_ui.urls")
print(*sorted(name for name in sys.modules if name.startswith(pages)))
"""


def test_a_worker_that_skips_the_checks_imports_no_page_and_no_api() -> None:
    """They would cost each of the processes 15 MB, and it has no use for them."""
    environment = {"CELERY_SKIP_CHECKS": "true", "PATH": "", "PYTHONPATH": str(ROOT)}
    found = subprocess.run(
        [sys.executable, "-c", LOADED],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert found.stdout.split() == []


WITHOUT_A_SHELL = """
import sys
from kurator_ui.run.celery import main
sys.argv = ["celery", "--version"]
try:
    main()
finally:
    print(*sorted(name for name in sys.modules if name.startswith("prompt_toolkit")))
"""


def test_a_process_that_stays_does_not_load_the_library_of_an_interactive_shell() -> None:
    found = subprocess.run(
        [sys.executable, "-c", WITHOUT_A_SHELL], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )
    version, loaded = found.stdout.splitlines()
    assert version
    assert loaded.split() == []


def test_every_process_of_celery_is_started_without_it() -> None:
    for command in (processes.OBSERVE, processes.SHORT, processes.COMMANDS, processes.BEAT):
        assert command.startswith("python -m kurator_ui.run.celery -A kurator_ui ")
