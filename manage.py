#!/usr/bin/env python3
"""Django's command line for kurator-ui."""

from __future__ import annotations

import os
import sys

from django.core.management import execute_from_command_line

from rollouts.domain.authors import acting, command_line

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kurator_ui.settings")
    try:
        with acting(command_line):
            execute_from_command_line(sys.argv)
        sys.stdout.flush()
    except BrokenPipeError:  # whoever read us has enough, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(141)  # as a shell reports a program that SIGPIPE ended
