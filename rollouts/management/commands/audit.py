"""`manage.py audit verify | export`."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from rollouts.models import AuditEntry
from rollouts.queries.audit import Chosen, in_order, narrowed
from rollouts.queries.audit_export import Format, export_lines
from rollouts.services import audit


class Command(BaseCommand):
    help = "Verify that the audit trail is as it was written, or export it."

    def add_arguments(self, parser: CommandParser) -> None:
        acts = parser.add_subparsers(dest="act", required=True, metavar="verify | export")
        acts.add_parser("verify", help="fails (exit code 1) when an entry was changed, is missing or cut off")
        export = acts.add_parser("export", help="entries as lines, the oldest first")
        export.add_argument("--format", choices=[str(one) for one in Format], default=str(Format.JSON_LINES))
        export.add_argument("--since", type=date.fromisoformat, metavar="DATE", help="the first day, in UTC")
        export.add_argument("--until", type=date.fromisoformat, metavar="DATE", help="the last day, in UTC")
        export.add_argument("--person", default="", metavar="NAME")
        export.add_argument("--act", default="", dest="done", metavar="ACT", help="add, change, remove, …")

    def handle(self, *, act: str, **options: Any) -> None:
        if act == "verify":
            self._verify()
        else:
            self._export(options)

    def _verify(self) -> None:
        found = audit.verify()
        if found.problems:
            vouched = f"to number {found.signed_to}" if found.signed_to else "for nothing of it"
            last = f"The trail is not as it was written. Signatures vouch {vouched}."
            raise CommandError("\n".join([*found.problems, last]))
        if not found.entries:
            self.stdout.write("The trail is empty.")
            return
        self.stdout.write(
            f"{found.entries} entries, numbers {found.first} to {found.last}: each is as it was written, and none is"
            " missing."
        )
        fit = "checkpoint fits" if found.checkpoints == 1 else "checkpoints fit"
        signed = f"Signed up to number {found.signed_to}" if found.signed_to else "Nothing is signed"
        self.stdout.write(f"{signed}; {found.checkpoints} {fit}.")

    def _export(self, options: dict[str, Any]) -> None:
        chosen = Chosen(person=options["person"], act=options["done"], first=options["since"], last=options["until"])
        for line in export_lines(in_order(narrowed(AuditEntry.objects.all(), chosen)), Format(options["format"])):
            self.stdout.write(line, ending="")
