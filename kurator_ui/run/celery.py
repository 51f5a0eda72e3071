"""`python -m kurator_ui.run.celery …` is `celery …` without its interactive shell, for processes that stay: whatever it
is told to do, Celery loads the library of that shell, which costs each process 8 MB.
"""

from __future__ import annotations

import sys
from types import ModuleType

SHELL = "click_repl"


def main() -> None:
    no_shell = ModuleType(SHELL)
    no_shell.register_repl = lambda group: None  # type: ignore[attr-defined]
    sys.modules[SHELL] = no_shell
    from celery.__main__ import main as celery  # noqa: PLC0415  (not before there is no shell)

    celery()


if __name__ == "__main__":
    main()
