from __future__ import annotations

import subprocess
import sys

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
