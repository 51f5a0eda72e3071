"""`manage.py rollout`: see and steer rollouts from a terminal or a pipeline, in the name of a person."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from rollouts import access, wiring
from rollouts.domain.authors import Author, acting, command_line
from rollouts.domain.commands import Act, Refusal
from rollouts.domain.errors import KuratorUIError
from rollouts.domain.rollout import Outcome
from rollouts.management import telling
from rollouts.management.waiting import ENDED, Exit, Pause, a_second, duration, until_outcome, until_settled
from rollouts.models import Rollout
from rollouts.queries import clusters, commands, fleet, rows
from rollouts.queries.filters import FleetFilter, Part, of_part
from rollouts.services import act as acts

ALIASES = {Act.ROLL_BACK: ("rollback",)}
"""What people type, where it means exactly the same."""
NOBODY = "Say in whose name: --as USER, or KURATOR_UI_USER."
FIVE_MINUTES = timedelta(minutes=5)
A_READ = 500
SECONDS_TO_READ = 15


def choice(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=VALUE")
    return name, value


class Command(BaseCommand):
    help = "See and steer rollouts in the name of a person, who may exactly what that person may."

    def __init__(self, *args: Any, pause: Pause = a_second, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.pause = pause

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--as", dest="who", default="", metavar="USER", help="default: KURATOR_UI_USER")
        words = parser.add_subparsers(dest="word", required=True, metavar="list | show | watch | ACT")
        self._add_list(words.add_parser("list", help="rollouts, one a line"))
        one = CommandParser(add_help=False)
        one.add_argument("rollout", metavar="CLUSTER/NAMESPACE/NAME", help="or its id")
        words.add_parser("show", parents=[one], help="where it stands, and what may be asked of it")
        self._add_watch(words.add_parser("watch", parents=[one], help="tell each step until the release has ended"))
        for act in Act:
            self._add_act(words.add_parser(act.value, aliases=ALIASES.get(act, ()), parents=[one]), act)

    def _add_list(self, parser: argparse.ArgumentParser) -> None:
        for name in ("cluster", "namespace", "phase"):
            parser.add_argument(f"--{name}", action="append", default=[])
        parser.add_argument("--application", default="", metavar="NAMESPACE/NAME")
        parser.add_argument("--part", choices=[part.value for part in Part])
        parser.set_defaults(does=self._list)

    def _add_watch(self, parser: argparse.ArgumentParser) -> None:
        ends = [ENDED, Outcome.SUCCEEDED.value, Outcome.FAILED.value]
        parser.add_argument("--until", choices=ends, default=ENDED)
        parser.add_argument("--timeout", type=duration, default=timedelta(minutes=15), metavar="15m")
        parser.add_argument("--new", action="store_true", help="the next release, not the newest so far")
        parser.set_defaults(does=self._watch)

    def _add_act(self, parser: argparse.ArgumentParser, act: Act) -> None:
        parser.add_argument("--reason", default="")
        parser.add_argument("--choose", type=choice, action="append", default=[], metavar="NAME=VALUE")
        parser.add_argument("--confirm", default="", metavar="NAME", help="what has to be typed where an act adds risk")
        parser.add_argument("--dry-run", action="store_true", help="tell what it would do")
        parser.add_argument("--wait", action="store_true", help="until what it is for was seen")
        parser.add_argument("--timeout", type=duration, default=FIVE_MINUTES, metavar="5m", help="of --wait")
        parser.set_defaults(does=self._act, act=act)

    def handle(self, **options: Any) -> None:
        person = _person(options["who"] or settings.COMMAND_LINE_USER)
        author = Author(f"{person.get_username()}, by {command_line().name}", person.pk)
        does: Callable[..., None] = options.get("does") or self._show
        with acting(lambda: author):
            try:
                does(person, options)
            except KuratorUIError as error:
                raise CommandError(str(error), returncode=Exit.NOT_DONE) from error

    def _list(self, person: Any, options: dict[str, Any]) -> None:
        now = timezone.now()
        marks = {mark.id: mark for mark in clusters.marks(person, now)}
        chosen = FleetFilter(
            clusters=tuple(options["cluster"]), namespaces=tuple(options["namespace"]),
            phases=tuple(options["phase"]), application=options["application"],
        )  # fmt: skip
        part = Part(options["part"]) if options["part"] else None
        selection = of_part(fleet.selected(person, chosen, marks), part, clusters.present(marks.values(), now))
        ids = list(selection.order_by("cluster__name", "namespace", "name").values_list("pk", flat=True))
        for start in range(0, len(ids), A_READ):
            for one in rows.by_ids(ids[start : start + A_READ], selection, marks, now):
                self.stdout.write(telling.columns(one))

    def _show(self, person: Any, options: dict[str, Any]) -> None:
        one = _find(person, options["rollout"])
        newest = one.releases.order_by("-number").first()
        for line in telling.shown(one, newest, commands.may_not(person, one), timezone.now()):
            self.stdout.write(line)

    def _watch(self, person: Any, options: dict[str, Any]) -> None:
        one = _find(person, options["rollout"])
        newest = one.releases.order_by("-number").first()
        after = newest.number if newest is not None and options["new"] else 0
        until_outcome(
            one, wanted=options["until"], after=after, timeout=options["timeout"], pause=self.pause,
            tell=self.stdout.write,
        )  # fmt: skip

    def _act(self, person: Any, options: dict[str, Any]) -> None:
        one, now = _find(person, options["rollout"]), timezone.now()
        if sentence := commands.may_not(person, one) or ("" if one.state else commands.NEVER_READ):
            raise CommandError(sentence, returncode=Exit.NOT_DONE)
        seen = self._seen(one, options, now)
        if isinstance(seen.judged, Refusal):
            raise CommandError(str(seen.judged), returncode=Exit.NOT_DONE)
        for line in telling.planned(seen):
            self.stdout.write(line)
        if options["dry_run"]:
            return
        command = acts.request(
            rollout=one, wanted=seen.wanted, digest=seen.digest, person=person, reason=options["reason"],
            typed=options["confirm"], now=now, enqueue=wiring.enqueue, record=acts.to_trail, feed=wiring.change_feed(),
        )  # fmt: skip
        self.stdout.write(f"Requested as command {command.pk}.")
        if options["wait"]:
            until_settled(command, timeout=options["timeout"], pause=self.pause, tell=self.stdout.write)

    def _seen(self, one: Rollout, options: dict[str, Any], now: datetime) -> acts.Preview:
        """What an earlier version can be chosen from is read by a worker first."""
        for _ in range(SECONDS_TO_READ):
            seen = acts.preview_exactly(rollout=one, act=options["act"], choice=dict(options["choose"]), now=now)
            if not acts.being_read(rollout=one, seen=seen, enqueue=wiring.enqueue, now=now):
                break
            self.pause()
        return seen


def _person(name: str) -> Any:
    if not name:
        raise CommandError(NOBODY, returncode=Exit.NOT_DONE)
    found = get_user_model().objects.filter(username=name, is_active=True).first()
    if found is None:
        raise CommandError(f"There is no account {name!r} that may sign in.", returncode=Exit.NOT_DONE)
    return found


def _find(person: access.Person, place: str) -> Rollout:
    seen = access.visible_rollouts(person).select_related("cluster", "application")
    cluster, _, rest = place.partition("/")
    namespace, _, name = rest.partition("/")
    if place.isascii() and place.isdigit() and len(place) < 19:
        found = seen.filter(pk=int(place)).first()
    else:
        found = seen.filter(cluster__name=cluster, namespace=namespace, name=name).first()
    if found is None:
        raise CommandError(f"There is no rollout {place}.", returncode=Exit.NOT_DONE)
    return found
