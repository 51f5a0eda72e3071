from __future__ import annotations

import os
import pwd
import subprocess
import sys
from pathlib import Path

from django.conf import settings


def test_an_act_on_the_command_line_names_the_account_of_the_machine(tmp_path: Path) -> None:
    def manage(*words: str) -> str:
        environment = {"PATH": os.environ["PATH"], "KURATOR_UI_STATE": str(tmp_path), "LOGNAME": "somebody-else"}
        command = [sys.executable, "manage.py", *words]
        return subprocess.run(
            command, cwd=settings.BASE_DIR, env=environment, capture_output=True, text=True, check=True, timeout=100
        ).stdout

    manage("migrate", "--verbosity", "0")
    manage("createsuperuser", "--noinput", "--username", "ann", "--email", "ann@example.com")
    person = f'"person": "{pwd.getpwuid(os.getuid()).pw_name} (command line)"'
    (line,) = manage("audit", "export").splitlines()
    assert person in line
    assert '"name": "ann"' in line
