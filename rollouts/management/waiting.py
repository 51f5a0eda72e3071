"""Waits on the command line until something was seen: in the database, since observation goes on elsewhere."""

from __future__ import annotations

import argparse
import re
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from enum import IntEnum

from django.core.management.base import CommandError
from django.utils import timezone

from rollouts.domain.rollout import Outcome
from rollouts.management.telling import stage
from rollouts.models import Batch, Command, CommandState, Release, Rollout
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
    UNREADABLE = 2
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


def until_ended(batch: Batch, *, timeout: timedelta, pause: Pause, tell: Tell) -> None:
    """Tells each stage in each cluster. Returns when it has come about in all of them; raises CommandError when not in
    some, or when it lasts.
    """
    deadline, known = timezone.now() + timeout, dict.fromkeys(batch.commands.values_list("pk", flat=True), "")
    while True:
        ended = Batch.objects.filter(pk=batch.pk, ended_at__isnull=False).exists()
        commands = list(batch.commands.select_related("rollout__cluster").order_by("pk"))
        for one in commands:
            if known[one.pk] != one.state:
                known[one.pk] = one.state
                tell(f"{one.place.name}: {one.get_state_display()}. {one.sentence}".rstrip())
        if ended:
            break
        if timezone.now() >= deadline:
            raise CommandError(f"Batch {batch.pk} has not ended in time, and goes on.", returncode=Exit.TIMED_OUT)
        pause()
    if missing := [one.place.name for one in commands if one.state != CommandState.OBSERVED]:
        raise CommandError(f"It did not come about in {', '.join(missing)}.", returncode=Exit.OTHERWISE)


def until_outcome(
    rollouts: Sequence[Rollout], *, wanted: str, after: Mapping[int, int], timeout: timedelta, pause: Pause, tell: Tell
) -> None:
    """Of the newest release of each beyond number `after`. Tells each step; raises CommandError when one ends
    otherwise, or not all in time.
    """
    deadline, told, left = timezone.now() + timeout, dict[int, str](), list(rollouts)
    while left:
        for one in rollouts:
            if one in left and _has_ended(one, wanted, after.get(one.pk, 0), told, tell, named=len(rollouts) > 1):
                left.remove(one)
        if left and timezone.now() >= deadline:
            raise CommandError("It has not come so far in time.", returncode=Exit.TIMED_OUT)
        if left:
            pause()


def _has_ended(one: Rollout, wanted: str, after: int, told: dict[int, str], tell: Tell, *, named: bool) -> bool:
    release = Release.objects.filter(rollout=one.pk, number__gt=after).order_by("-number").first()
    said = f"{one.cluster.name}: {_said(one, release)}" if named else _said(one, release)
    if said != told.get(one.pk):
        told[one.pk] = said
        tell(said)
    if release is None or release.outcome == Outcome.RUNNING:
        return False
    if wanted not in (ENDED, release.outcome):
        raise CommandError(said, returncode=Exit.OTHERWISE)
    return True


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
