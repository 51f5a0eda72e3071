"""Waits on the command line until something was seen: in the database, since observation goes on elsewhere."""

from __future__ import annotations

import argparse
import re
import time
from collections.abc import Callable
from datetime import timedelta
from enum import IntEnum

from django.core.management.base import CommandError
from django.utils import timezone

from rollouts.domain.rollout import Outcome
from rollouts.management.telling import stage
from rollouts.models import Command, CommandState, Release, Rollout
from rollouts.queries.clusters import mark_of
from rollouts.queries.commands import is_open
from rollouts.queries.rows import row

SECONDS = {"s": 1, "m": 60, "h": 3600}
ENDED = "ended"
Pause = Callable[[], None]
Tell = Callable[[str], object]


class Exit(IntEnum):
    """Codes that a pipeline can tell apart; 0 is what was wanted, 2 a command line that cannot be read."""

    NOT_DONE = 1
    OTHERWISE = 3
    TIMED_OUT = 4


def duration(text: str) -> timedelta:
    """`90s`, `15m`, `2h`."""
    found = re.fullmatch(r"(\d{1,5})([smh])", text)
    if found is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no duration: give 90s, 15m or 2h")
    return timedelta(seconds=int(found[1]) * SECONDS[found[2]])


def a_second() -> None:
    time.sleep(1)


def until_settled(command: Command, *, timeout: timedelta, pause: Pause, tell: Tell) -> None:
    """Returns when what the command was for has been seen. Raises CommandError when it ends otherwise or lasts."""
    deadline, known = timezone.now() + timeout, command.state
    while is_open(command):
        if timezone.now() >= deadline:
            raise CommandError(f"It is still {command.get_state_display()}.", returncode=Exit.TIMED_OUT)
        pause()
        command.refresh_from_db()
        if command.state != known and is_open(command):
            known = command.state
            tell(f"{command.get_state_display()}: {command.sentence}")
    if command.state != CommandState.OBSERVED:
        raise CommandError(f"{command.get_state_display()}: {command.sentence}", returncode=Exit.OTHERWISE)
    tell(f"{command.get_state_display()}: {command.sentence}")


def until_outcome(one: Rollout, *, wanted: str, after: int, timeout: timedelta, pause: Pause, tell: Tell) -> None:
    """Of the newest release beyond number `after`. Tells each step; raises CommandError when it ends otherwise, or not
    in time.
    """
    deadline, told = timezone.now() + timeout, ""
    while True:
        release = Release.objects.filter(rollout=one.pk, number__gt=after).order_by("-number").first()
        said = _said(one, release)
        if said != told:
            told = said
            tell(said)
        if release is not None and release.outcome != Outcome.RUNNING:
            if wanted not in (ENDED, release.outcome):
                raise CommandError(_ended(release), returncode=Exit.OTHERWISE)
            return
        if timezone.now() >= deadline:
            raise CommandError("It has not come so far in time.", returncode=Exit.TIMED_OUT)
        pause()


def _said(one: Rollout, release: Release | None) -> str:
    if release is None:
        return "Waiting for a release to begin."
    if release.outcome != Outcome.RUNNING:
        return _ended(release)
    present, now = Rollout.objects.select_related("cluster").get(pk=one.pk), timezone.now()
    mark = mark_of(present.cluster, now)
    old = f" ({mark.name} is {mark.trouble})" if mark.old else ""
    return f"Release {release.number}: {stage(row(present, mark, now))}{old}"


def _ended(release: Release) -> str:
    return f"Release {release.number}: {release.outcome}. {release.why}".rstrip()
