"""`manage.py demo`: serve the simulated fleet until it is interrupted."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from kurator_ui.demo.options import add_options, options_of
from kurator_ui.demo.process import run


class Command(BaseCommand):
    help = "Serve a simulated fleet: a Kurator hub, members and plain clusters."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_options(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        sys.exit(run(options_of(options)))
