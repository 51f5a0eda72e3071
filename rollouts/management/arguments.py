"""The words of `manage.py rollout`, and which of them go together."""

from __future__ import annotations

import argparse
from datetime import timedelta
from typing import Any

from django.core.management.base import CommandError, CommandParser

from rollouts.domain.commands import AT_ONCE, OF_EDITORS, Act
from rollouts.domain.rollout import Outcome
from rollouts.management.waiting import ENDED, Exit, duration
from rollouts.queries.filters import Part
from rollouts.services.act import Pace

ALIASES = {Act.ROLL_BACK: ("rollback",), Act.PROMOTE_NOW: ("promote",)}
"""What people type."""
WORDS = "list | show | watch | cancel | stop | reason | ACT"
FIVE_MINUTES, A_MINUTE, LONGEST_PAUSE = timedelta(minutes=5), timedelta(minutes=1), timedelta(hours=1)
OF_SEVERAL = ("cluster", "all_clusters", "policy", "at_once", "between", "go_on")
WHERE = "With --application say where: --cluster NAME (as often as needed), --all-clusters, or --policy NAME."


def add(parser: CommandParser) -> None:
    parser.add_argument("--as", dest="who", default="", metavar="USER", help="default: KURATOR_UI_USER")
    words = parser.add_subparsers(dest="word", required=True, metavar=WORDS)
    _add_list(words.add_parser("list", help="rollouts, one a line"))
    one = CommandParser(add_help=False)
    thing = one.add_mutually_exclusive_group(required=True)
    thing.add_argument("rollout", nargs="?", default="", metavar="CLUSTER/NAMESPACE/NAME", help="or its id")
    thing.add_argument("--application", default="", metavar="NAMESPACE/NAME", help="or its id: all of its rollouts")
    words.add_parser("show", parents=[one], help="where it stands, and what may be asked of it")
    _add_watch(words.add_parser("watch", parents=[one], help="tell each step until the release has ended"))
    for word, what in (("cancel", "a command that nobody carries out yet"), ("stop", "a batch: what has not begun")):
        words.add_parser(word, help=what).add_argument("id", type=_number)
    why = words.add_parser("reason", help="say why a command was asked for that was requested without a reason")
    why.add_argument("id", type=_number, metavar="COMMAND")
    why.add_argument("reason")
    for act in (one for one in Act if one not in OF_EDITORS):
        _add_act(words.add_parser(act.value, aliases=ALIASES.get(act, ()), parents=[one]), act)


def check(options: dict[str, Any]) -> None:
    """Of an act. Raises CommandError for what does not go together."""
    several = [name for name in OF_SEVERAL if options[name] not in (None, "", False, [])]
    if not options["application"]:
        if several:
            _refuse(f"--{several[0].replace('_', '-')} needs --application.")
    elif not {"cluster", "all_clusters", "policy"} & set(several):
        _refuse(WHERE)
    elif options["policy"] and len(several) > 1:
        _refuse("A policy has no turns: Kurator brings it to all of its clusters.")


def pace(options: dict[str, Any]) -> Pace:
    """As in the dialog unless something else is said: in turn, a minute between, stopping at the first failure."""
    between, goes_on = options["between"], options["go_on"]
    if options["at_once"] or (options["act"] in AT_ONCE and between is None and not goes_on):
        return Pace()
    return Pace(in_turn=True, pause=int((A_MINUTE if between is None else between).total_seconds()), goes_on=goes_on)


def _refuse(sentence: str) -> None:
    raise CommandError(sentence, returncode=Exit.UNREADABLE)


def _add_list(parser: argparse.ArgumentParser) -> None:
    for name in ("cluster", "namespace", "phase"):
        parser.add_argument(f"--{name}", action="append", default=[])
    parser.add_argument("--application", default="", metavar="NAMESPACE/NAME")
    parser.add_argument("--part", choices=[part.value for part in Part])


def _add_watch(parser: argparse.ArgumentParser) -> None:
    ends = [ENDED, Outcome.SUCCEEDED.value, Outcome.FAILED.value]
    parser.add_argument("--until", choices=ends, default=ENDED)
    parser.add_argument("--timeout", type=duration, default=timedelta(minutes=15), metavar="15m")
    parser.add_argument("--new", action="store_true", help="the next release, not the newest so far")


def _add_act(parser: argparse.ArgumentParser, act: Act) -> None:
    parser.set_defaults(act=act)
    parser.add_argument("--reason", default="")
    parser.add_argument("--choose", type=choice, action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("--confirm", default="", metavar="NAME", help="what has to be typed where an act adds risk")
    parser.add_argument("--dry-run", action="store_true", help="tell what it would do")
    parser.add_argument("--wait", action="store_true", help="until what it is for was seen")
    parser.add_argument("--timeout", type=duration, default=FIVE_MINUTES, metavar="5m", help="of --wait")
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--cluster", action="append", default=[], metavar="NAME", help="in the order of their turns")
    where.add_argument("--all-clusters", action="store_true", help="wherever it is possible")
    where.add_argument("--policy", default="", metavar="NAME", help="through this policy of the application")
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--at-once", action="store_true", help="not one cluster after the other")
    how.add_argument("--between", type=_pause, metavar="1m", help="pause between two clusters")
    parser.add_argument("--go-on", action="store_true", help="also after a cluster where it did not come about")


def choice(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=VALUE")
    return name, value


def _pause(text: str) -> timedelta:
    found = duration(text)
    if found > LONGEST_PAUSE:
        raise argparse.ArgumentTypeError("a pause lasts an hour at most")
    return found


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise argparse.ArgumentTypeError(f"{text!r} is no number")
    return int(text)
