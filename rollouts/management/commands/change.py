"""`manage.py change`: what takes many steps, asked for, followed and stopped in the name of a person."""

from __future__ import annotations

import argparse
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from rollouts.domain.authors import Author, acting, command_line
from rollouts.domain.errors import KuratorUIError
from rollouts.management import finding, removing, telling
from rollouts.management.waiting import Exit, Pause, a_second, duration, until_removed
from rollouts.queries import removals
from rollouts.services import remove

HALF_AN_HOUR = timedelta(minutes=30)
"""A removal waits up to a quarter of an hour before it begins to take away."""
WITH_POLICY = "Say which: --application NAMESPACE/NAME --policy NAME, or CLUSTER/NAMESPACE/NAME of a plain Canary."


class Command(BaseCommand):
    help = "Remove policies and plain Canaries in the name of a person, who may exactly what that person may."

    def __init__(self, *args: Any, pause: Pause = a_second, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.pause = pause

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--as", dest="who", default="", metavar="USER", help="default: KURATOR_UI_USER")
        words = parser.add_subparsers(dest="word", required=True, metavar="remove | show | follow | stop")
        _add_remove(words.add_parser("remove", help="the rollout of a policy, or a plain Canary"))
        words.add_parser("show", help="how far it is").add_argument("change", metavar="removals/ID")
        follow = words.add_parser("follow", help="tell each step until it has ended")
        follow.add_argument("change", metavar="removals/ID")
        _add_timeout(follow)
        words.add_parser("stop", help="at whatever step it is").add_argument("change", metavar="removals/ID")

    def handle(self, **options: Any) -> None:
        person = finding.person(options["who"] or settings.COMMAND_LINE_USER)
        author = Author(f"{person.get_username()}, by {command_line().name}", person.pk)
        words = {"remove": self._remove, "show": self._show, "follow": self._follow, "stop": self._stop}
        with acting(lambda: author):
            try:
                words[options["word"]](person, options)
            except KuratorUIError as error:
                raise CommandError(str(error), returncode=Exit.NOT_DONE) from error

    def _remove(self, person: Any, options: dict[str, Any]) -> None:
        asked = removing.Asked(
            reason=options["reason"].strip(), confirm=options["confirm"], dry_run=options["dry_run"],
            wait=options["timeout"] if options["wait"] else None, pause=self.pause, tell=self.stdout.write,
        )  # fmt: skip
        if bool(options["application"]) != bool(options["policy"]):
            raise CommandError(WITH_POLICY, returncode=Exit.UNREADABLE)
        if options["policy"]:
            one = finding.application(person, options["application"])
            removing.of_policy(person, one, options["policy"], asked)
            return
        removing.of_canary(person, finding.rollout(person, options["rollout"]), asked)

    def _show(self, person: Any, options: dict[str, Any]) -> None:
        one = finding.removal(person, options["change"])
        for line in telling.removal_lines(one, removals.parts_of(one)):
            self.stdout.write(line)

    def _follow(self, person: Any, options: dict[str, Any]) -> None:
        one = finding.removal(person, options["change"])
        until_removed(one, timeout=options["timeout"], pause=self.pause, tell=self.stdout.write)

    def _stop(self, person: Any, options: dict[str, Any]) -> None:
        one = finding.removal(person, options["change"])
        if sentence := removals.may_not_stop(person, one):
            raise CommandError(sentence, returncode=Exit.NOT_DONE)
        if not remove.stop_removal(removal=one, now=timezone.now()):
            raise CommandError(removals.ENDED_ALREADY, returncode=Exit.NOT_DONE)
        self.stdout.write(one.sentence)


def _add_remove(parser: argparse.ArgumentParser) -> None:
    thing = parser.add_mutually_exclusive_group(required=True)
    thing.add_argument("rollout", nargs="?", default="", metavar="CLUSTER/NAMESPACE/NAME", help="or its id")
    thing.add_argument("--application", default="", metavar="NAMESPACE/NAME", help="or its id")
    parser.add_argument("--policy", default="", metavar="NAME", help="of the application")
    parser.add_argument("--reason", default="")
    parser.add_argument("--confirm", default="", metavar="NAME", help="what has to be typed")
    parser.add_argument("--dry-run", action="store_true", help="tell what it would do")
    parser.add_argument("--wait", action="store_true", help="until it has ended")
    _add_timeout(parser)


def _add_timeout(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--timeout", type=duration, default=HALF_AN_HOUR, metavar="30m")
