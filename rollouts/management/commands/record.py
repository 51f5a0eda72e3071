"""`manage.py record CLUSTER --seconds N > FILE`: what a cluster's watches say, for a bug report or for `replay`."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from rollouts import wiring
from rollouts.domain.errors import KuratorUIError
from rollouts.models import Cluster


class Command(BaseCommand):
    help = "Write a cluster's raw watch streams to standard output, one JSON object a line, without secrets."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("cluster", help="its name, as `clusters list` gives it")
        parser.add_argument("--seconds", type=float, default=60, help="how long to record (default 60)")

    def handle(self, *, cluster: str, seconds: float, **options: Any) -> None:
        row = Cluster.objects.select_related("hub").filter(name=cluster).first()
        if row is None:
            raise CommandError(f"There is no cluster {cluster}. `manage.py clusters list` names them.")
        try:
            for line in wiring.recording(row, seconds=seconds):
                self.stdout.write(line)
                self.stdout.flush()
        except KuratorUIError as error:
            raise CommandError(str(error)) from None
        except (BrokenPipeError, KeyboardInterrupt):
            return
