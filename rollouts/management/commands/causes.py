"""Prints every cause that the box "Why is it here?" can tell, as `docs/causes.md` has it."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from rollouts.domain.causes.document import markdown


class Command(BaseCommand):
    help = "List every cause that can be told of a rollout, in Markdown."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(markdown(), ending="")
