"""`manage.py change`: what takes many steps, asked for, followed and stopped in the name of a person."""

from __future__ import annotations

import argparse
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from rollouts.domain.authors import Author, acting, command_line
from rollouts.domain.errors import KuratorUIError
from rollouts.domain.new_canaries.making import Target
from rollouts.management import changing, finding, telling_changes
from rollouts.management.arguments import choice
from rollouts.management.waiting import Exit, Pause, a_second, duration
from rollouts.models import Removal
from rollouts.queries.new_canary_entered import KINDS

WORDS = "remove | delete | create | make-canary | confirm | show | follow | stop"
ASKED_FOR_ALREADY = "A removal is asked for already: there is nothing to confirm."
HALF_AN_HOUR = timedelta(minutes=30)
"""A removal waits up to a quarter of an hour before it begins to take away."""
WITH_POLICY = "Say which: --application NAMESPACE/NAME --policy NAME, or CLUSTER/NAMESPACE/NAME of a plain Canary."


class Command(BaseCommand):
    help = "Remove policies, delete and create Applications: in the name of a person, with exactly that one's rights."

    def __init__(self, *args: Any, pause: Pause = a_second, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.pause = pause

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--as", dest="who", default="", metavar="USER", help="default: KURATOR_UI_USER")
        words = parser.add_subparsers(dest="word", required=True, metavar=WORDS)
        _add_remove(words.add_parser("remove", help="the rollout of a policy, or a plain Canary"))
        delete = words.add_parser("delete", help="an Application: look what would go, and tell how to confirm it")
        delete.add_argument("application", metavar="NAMESPACE/NAME", help="or its id")
        create = words.add_parser("create", help="an Application: have it tried out, and tell how to confirm it")
        create.add_argument("--set", type=choice, action="append", default=[], metavar="FIELD=TEXT", required=True)
        _add_canary(words.add_parser("make-canary", help="a plain one: have it tried out, and tell how to confirm it"))
        confirm = _add_change(words.add_parser("confirm", help="what was looked at"))
        confirm.add_argument("--digest", default="", metavar="TEXT", help="as it was told: for what you confirm")
        _add_confirmed(confirm)
        _add_change(words.add_parser("show", help="how far it is"))
        _add_timeout(_add_change(words.add_parser("follow", help="tell each step until it has ended")))
        _add_change(words.add_parser("stop", help="at whatever step it is"))

    def handle(self, **options: Any) -> None:
        person = finding.person(options["who"] or settings.COMMAND_LINE_USER)
        author = Author(f"{person.get_username()}, by {command_line().name}", person.pk)
        words = {
            "remove": self._remove, "delete": self._delete, "create": self._create,
            "make-canary": self._make_canary, "confirm": self._confirm,
            "show": self._show, "follow": self._follow, "stop": self._stop,
        }  # fmt: skip
        with acting(lambda: author):
            try:
                words[options["word"]](person, options)
            except KuratorUIError as error:
                raise CommandError(str(error), returncode=Exit.NOT_DONE) from error

    def _remove(self, person: Any, options: dict[str, Any]) -> None:
        asked = self._asked(options)
        if bool(options["application"]) != bool(options["policy"]):
            raise CommandError(WITH_POLICY, returncode=Exit.UNREADABLE)
        if options["policy"]:
            one = finding.application(person, options["application"])
            changing.of_policy(person, one, options["policy"], asked)
            return
        changing.of_canary(person, finding.rollout(person, options["rollout"]), asked)

    def _delete(self, person: Any, options: dict[str, Any]) -> None:
        one = finding.application(person, options["application"])
        changing.look_at_deletion(person, one, self._asked(options))

    def _create(self, person: Any, options: dict[str, Any]) -> None:
        changing.look_at_creation(person, _fields(options["set"]), self._asked(options))

    def _make_canary(self, person: Any, options: dict[str, Any]) -> None:
        cluster, namespace, workload = options["workload"]
        target = Target(options["kind"], namespace, workload, options["service"] or workload)
        changing.look_at_canary(
            person, finding.cluster(person, cluster), target, options["port"], _fields(options["set"]),
            self._asked(options),
        )  # fmt: skip

    def _confirm(self, person: Any, options: dict[str, Any]) -> None:
        one = finding.change(person, options["change"])
        if isinstance(one, Removal):
            raise CommandError(ASKED_FOR_ALREADY, returncode=Exit.NOT_DONE)
        changing.confirm(person, one, self._asked(options))

    def _show(self, person: Any, options: dict[str, Any]) -> None:
        for line in telling_changes.stands(finding.change(person, options["change"])):
            self.stdout.write(line)

    def _follow(self, person: Any, options: dict[str, Any]) -> None:
        one = finding.change(person, options["change"])
        changing.follow(one, options["timeout"], self.pause, self.stdout.write)

    def _stop(self, person: Any, options: dict[str, Any]) -> None:
        self.stdout.write(changing.stop(person, finding.change(person, options["change"])))

    def _asked(self, options: dict[str, Any]) -> changing.Asked:
        return changing.Asked(
            reason=options.get("reason", "").strip(), confirm=options.get("confirm", ""),
            digest=options.get("digest", ""),
            dry_run=options.get("dry_run", False), wait=options["timeout"] if options.get("wait") else None,
            pause=self.pause, tell=self.stdout.write,
        )  # fmt: skip


def _add_remove(parser: argparse.ArgumentParser) -> None:
    thing = parser.add_mutually_exclusive_group(required=True)
    thing.add_argument("rollout", nargs="?", default="", metavar="CLUSTER/NAMESPACE/NAME", help="or its id")
    thing.add_argument("--application", default="", metavar="NAMESPACE/NAME", help="or its id")
    parser.add_argument("--policy", default="", metavar="NAME", help="of the application")
    parser.add_argument("--dry-run", action="store_true", help="tell what it would do")
    _add_confirmed(parser)


def _add_canary(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("workload", type=_place, metavar="CLUSTER/NAMESPACE/WORKLOAD")
    parser.add_argument("--kind", choices=KINDS, default=KINDS[0])
    parser.add_argument("--service", default="", metavar="NAME", help="as the workload where it is not named")
    parser.add_argument("--port", type=int, help="of the Service")
    parser.add_argument("--set", type=choice, action="append", default=[], metavar="FIELD=TEXT")


def _fields(given: list[tuple[str, str]]) -> dict[str, str]:
    fields = dict(given)
    if len(fields) < len(given):
        names = [name for name, _ in given]
        twice = next(name for name in names if names.count(name) > 1)
        raise CommandError(f"{twice} is set twice. Say it once, with all its lines.", returncode=Exit.UNREADABLE)
    return fields


def _place(text: str) -> tuple[str, str, str]:
    cluster, _, rest = text.partition("/")
    namespace, _, name = rest.partition("/")
    if not (cluster and namespace and name):
        raise argparse.ArgumentTypeError(f"{text!r} is not CLUSTER/NAMESPACE/WORKLOAD")
    return cluster, namespace, name


def _add_confirmed(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--reason", default="")
    parser.add_argument("--confirm", default="", metavar="NAME", help="what has to be typed")
    parser.add_argument("--wait", action="store_true", help="until it has ended")
    _add_timeout(parser)


def _add_change(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    parser.add_argument("change", metavar="KIND/ID", help="as it was told: removals/12")
    return parser


def _add_timeout(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--timeout", type=duration, default=HALF_AN_HOUR, metavar="30m")
