"""`manage.py prune`: removes what is older than the settings say. A worker does the same every day."""

from __future__ import annotations

import math
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from rollouts import wiring
from rollouts.services import retention


class Command(BaseCommand):
    help = (
        "Thin and remove curves, values, timelines, revisions of policies and entries of the audit trail that are older"
        " than KURATOR_UI_KEEP_… say; releases keep their summary."
    )

    def handle(self, **options: Any) -> None:
        done = retention.prune(keep=wiring.keep(), now=timezone.now(), seconds=math.inf)
        self.stdout.write(
            f"Thinned {done.thinned} curves."
            f" Removed {done.curves} curves, {done.measurements} measurements, {done.transitions} transitions,"
            f" {done.events} Events, {done.releases} releases, {done.revisions} revisions of policies"
            f" and {done.entries} entries of the audit trail."
        )
