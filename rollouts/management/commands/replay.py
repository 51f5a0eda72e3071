"""`manage.py replay FILE… [--json]`: what the rules make of recorded watch streams. Needs no database.

One JSON object a line: `{"cluster": NAME, "path": collection watched, "at": Unix seconds of arrival, "event": {"type":
ADDED|MODIFIED|DELETED, "object": {…}}}`, in the order of arrival; `"listed": true` marks what a list after a lost
stream said. Several files are one history.
"""

from __future__ import annotations

import heapq
import json
from argparse import ArgumentParser
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from rollouts import wiring
from rollouts.domain.observations import Observation, Unreadable
from rollouts.domain.replay import Key, Replay, Timeline, milliseconds, seconds, story
from rollouts.domain.rollout import Release, Transition

CHANGES = {"ADDED", "MODIFIED", "DELETED"}
NOT_CHANGES = {"BOOKMARK", "ERROR"}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a recording; `seen` is None when it says nothing that the rules need."""

    cluster: str
    seen_at: datetime
    seen: Observation | None
    listed: bool


class Command(BaseCommand):
    help = "Prints the releases and transitions that recorded watch streams tell."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="a recording; several are one history")
        parser.add_argument("--json", action="store_true", dest="as_json", help="print the documented JSON form")

    def handle(self, *args: Any, files: list[Path], as_json: bool, **options: Any) -> None:
        replay = Replay()
        for line in heapq.merge(*map(lines_of, files), key=lambda line: line.seen_at):
            if isinstance(line.seen, Unreadable):
                seen = line.seen
                self.stderr.write(
                    f"{line.cluster} {seen.kind} {seen.namespace}/{seen.name} is unreadable: {seen.reason}"
                )
            elif line.seen is not None:
                replay.fold(line.cluster, line.seen, seen_at=line.seen_at, listed=line.listed)
        if as_json:
            self.stdout.write(json.dumps(story(replay), indent=2, ensure_ascii=False))
        else:
            for text in _told(replay):
                self.stdout.write(text)


def lines_of(path: Path) -> Iterator[Line]:
    """Raises CommandError with file, number of the line and what is wrong with it."""
    try:
        with path.open("rb") as file:
            for number, raw in enumerate(file, start=1):
                if raw.strip():
                    yield _line(raw, f"{path}, line {number}")
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror or error}") from error


def _line(raw: bytes, where: str) -> Line:
    try:
        found = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise CommandError(f"{where}: not JSON ({error})") from error
    try:
        event = found["event"]
        change, about = event["type"], event["object"]
        seen_at = datetime.fromtimestamp(found["at"], UTC)
        cluster, path, listed = str(found["cluster"]), str(found["path"]), bool(found.get("listed", False))
    except KeyError as error:
        raise CommandError(f"{where}: {error.args[0]!r} is missing") from error
    except (TypeError, AttributeError, ValueError, OverflowError, OSError) as error:
        raise CommandError(f"{where}: not a line of a recording ({error})") from error
    if change in NOT_CHANGES:
        return Line(cluster, seen_at, None, listed)
    if change not in CHANGES:
        raise CommandError(f"{where}: the type of an event is one of {', '.join(sorted(CHANGES))}, not {change!r}")
    kind = wiring.kind_of(path)
    seen = wiring.decode(kind, json.dumps(about).encode(), deleted=change == "DELETED") if kind else None
    return Line(cluster, seen_at, seen, listed)


def _told(replay: Replay) -> Iterator[str]:
    for key, timeline in replay.timelines.items():
        yield f"{key.cluster}  {key.namespace}/{key.name}"
        yield from _rollout(key, timeline)
        yield ""
    if not replay.timelines:
        yield "No Canary in this recording."


def _rollout(key: Key, timeline: Timeline) -> Iterator[str]:
    between = timeline.of(None)
    for release in timeline.releases.values():
        yield f"  {_headline(release)}"
        yield from (f"    {_row(one)}" for one in timeline.of(release.number))
    if between:
        yield "  between releases"
        yield from (f"    {_row(one)}" for one in between)
    if not timeline.transitions:
        yield "  nothing changed"


def _headline(release: Release) -> str:
    versions = f"{_images(release.from_images)} -> {_images(release.to_images)}"
    started = ("about " if release.start_approximate else "") + seconds(release.started_at)
    ended = f" to {seconds(release.ended_at)}" if release.ended_at else ""
    judged = f"{release.outcome}, analysis {release.analysis}, trigger {release.trigger}"
    return f"release {release.number} ({release.strategy}): {judged}; {started}{ended}; {versions}"


def _images(images: tuple[str, ...] | None) -> str:
    return "unknown" if images is None else ", ".join(images) or "none"


def _row(made: Transition) -> str:
    share = "?" if made.weight is None else f"{made.weight}%"
    facts = f"{made.phase or '-':<16} iterations {made.iterations}  failed checks {made.failed_checks}"
    side = f"live {made.live_side} (green {share}, from {made.live_source})"
    notes = "  suspended" * made.suspended + "  [writes before it were not seen]" * made.gap
    return f"{milliseconds(made.seen_at)}  {facts}  {side}{notes}" + (f"  {made.why}" if made.why else "")
