"""The command line of the demo fleet."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from kurator_ui.demo.process import SEED, Options


def add_options(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--state",
        type=Path,
        default=Path(".state/demo"),
        help="folder that holds the fleet; the next start continues it",
    )
    parser.add_argument("--port", type=int, default=0, help="0: the port of the last time, or a free one")
    parser.add_argument("--members", type=int, default=4, help="member clusters of the hub")
    parser.add_argument(
        "--clusters", type=int, default=0, help="generate load over so many plain clusters instead of telling a story"
    )
    parser.add_argument("--rollouts", type=int, default=10_000, help="with --clusters: rollouts over all of them")
    parser.add_argument("--changes", type=float, default=50.0, help="with --clusters: status changes per second")
    parser.add_argument("--running", type=int, default=0, help="with --clusters: releases on their way at once")
    parser.add_argument("--interval", type=int, default=10, help="with --clusters: seconds between checks, in policies")
    parser.add_argument("--seed", type=int, default=SEED, help="of everything that is chosen by chance")


def options_of(given: dict[str, Any]) -> Options:
    names = ("state", "port", "members", "clusters", "rollouts", "changes", "running", "interval", "seed")
    return Options(**{name: given[name] for name in names})
