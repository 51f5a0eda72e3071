"""Asks for values within the time that a pass has, and never again a source that has just not answered.

A source that cannot be reached, or does not let us in, is silent for the rest of the pass. One that does not finish an
answer may be slow for that check alone: the check is not asked for again in the pass, the others are. When a second
one in a row is not finished, the source is taken to hang, and is silent too: that costs two limits of time a pass.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

from rollouts.domain.asking import TemplateKey, askings, follows_revisions, templates_of
from rollouts.domain.causes.novalues import probe_of
from rollouts.domain.checks import Verdict
from rollouts.domain.errors import MetricsError, MetricsUnfinished, QueryRefused
from rollouts.domain.metrics import Answer, Asking, ClusterMetrics, MetricsSource, MetricTemplate, Place, Series, Side
from rollouts.domain.observations import Canary
from rollouts.domain.ports import MetricsDoor

LONGEST_NOTE = 500
EMPTY = "The source has no values for this query."


class OutOfTime(Exception):
    """The pass has used up its time; what has not been asked yet waits for the next one."""


@dataclass(frozen=True, slots=True)
class Span:
    """Moments from `begin` to `end`, both included, in Unix seconds."""

    begin: int
    end: int
    step: int

    def holds(self, at: float) -> bool:
        return self.begin <= round(at) <= self.end and (round(at) - self.begin) % self.step == 0


@dataclass(frozen=True, slots=True)
class Reading:
    """Values in the check's unit, or why there is no answer: `failed` is what that makes of the check.

    `again`: it may be different next time. `silent`: the source gave no answer. `away`: it would give none to another
    question either.
    """

    samples: tuple[tuple[float, float], ...] = ()
    note: str = ""
    failed: Verdict | None = None
    again: bool = False
    silent: bool = False
    away: bool = False


class Asker:
    """Of one pass over one cluster, which lasts until `end` by `clock`. Closes what it has opened, and the door."""

    def __init__(
        self,
        door: MetricsDoor,
        known: ClusterMetrics,
        *,
        end: float,
        clock: Callable[[], float],
    ) -> None:
        self._door = door
        self._known = known
        self._clock = clock
        self._end = end
        self._sources: dict[Place, MetricsSource] = {}
        self._silent: dict[Place, MetricsError] = {}
        self._unfinished: dict[tuple[Place, str], MetricsError] = {}
        self._last_unfinished: set[Place] = set()
        self._unknown: dict[tuple[Place, str], bool] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        for source in self._sources.values():
            source.close()
        self._door.close()

    def check_time(self) -> None:
        if self._clock() >= self._end:
            raise OutOfTime

    def askings(self, canary: Canary) -> tuple[Asking, ...]:
        """Raises OutOfTime."""
        templates: dict[TemplateKey, MetricTemplate | str] = {}
        for key in templates_of(canary):
            self.check_time()
            templates[key] = self._door.template(*key)
        self.check_time()
        if not follows_revisions(canary, self._known):
            return askings(canary, templates, self._known)
        return askings(canary, templates, self._known, self._door.revisions(canary))

    def range(self, asking: Asking, side: Side, begin: float, end: float, step: int) -> Reading:
        """From `begin` to `end`, both included, in Unix seconds. Raises OutOfTime."""
        answer = self._answer(asking, side, begin, end, step)
        return answer if isinstance(answer, Reading) else _reading(answer, asking.scale)

    def at_once(self, asking: Asking, side: Side, spans: Sequence[Span]) -> list[Reading]:
        """One for each of `spans`, by a single question for every second of all of them. Raises OutOfTime."""
        begin, end = min(span.begin for span in spans), max(span.end for span in spans)
        answer = self._answer(asking, side, begin, end, 1)
        if isinstance(answer, Reading):
            return [answer] * len(spans)
        return [_reading(_within(answer, span), asking.scale) for span in spans]

    def _answer(self, asking: Asking, side: Side, begin: float, end: float, step: int) -> Answer | Reading:
        """What stands for an answer where there is none is a reading already."""
        query = asking.green if side is Side.GREEN else asking.blue
        if asking.unreadable or not query or asking.place is None:
            note = asking.unreadable or asking.blue_note
            return Reading(note=note, failed=Verdict.UNREADABLE, again=asking.unread)
        if (silence := self._silence(asking, asking.place)) is not None:
            return silence
        self.check_time()
        try:
            answer = self._source(asking.place).range(query, _time(begin), _time(end), step)
        except QueryRefused as error:
            self._last_unfinished.discard(asking.place)
            return Reading(note=_note(str(error)), failed=Verdict.ERROR)
        except MetricsError as error:
            return self._unread(asking, asking.place, error)
        self._last_unfinished.discard(asking.place)
        return answer

    def _silence(self, asking: Asking, place: Place) -> Reading | None:
        """What stands for an answer where none is asked for any more in this pass."""
        if (error := self._silent.get(place)) is not None:
            return _unread(error, away=True)
        error = self._unfinished.get((place, asking.green))
        return None if error is None else _unread(error, away=False)

    def _unread(self, asking: Asking, place: Place, error: MetricsError) -> Reading:
        if isinstance(error, MetricsUnfinished) and place not in self._last_unfinished:
            self._unfinished[place, asking.green] = error
            self._last_unfinished.add(place)
            return _unread(error, away=False)
        self._silent[place] = error
        return _unread(error, away=True)

    def unknown(self, asking: Asking) -> bool:
        """Whether the source has no series at all of the metrics that are asked for, whatever their labels: the name is
        wrong, or nothing is scraped. One question a pass. Raises OutOfTime.
        """
        probe = probe_of(asking.green)
        if not probe or asking.place is None or asking.place in self._silent:
            return False
        if (asking.place, probe) not in self._unknown:
            self.check_time()
            self._unknown[asking.place, probe] = False  # the values were answered: no answer here is not worth a word
            with suppress(MetricsError):
                self._unknown[asking.place, probe] = not self._source(asking.place).instant(probe).series
        return self._unknown[asking.place, probe]

    def _source(self, place: Place) -> MetricsSource:
        if place not in self._sources:
            self._sources[place] = self._door.source(place)
        return self._sources[place]


def _unread(error: MetricsError, *, away: bool) -> Reading:
    return Reading(note=_note(str(error)), failed=Verdict.UNREADABLE, again=True, silent=True, away=away)


def _reading(answer: Answer, scale: float) -> Reading:
    """Of several series Flagger takes the last one."""
    samples = answer.series[-1].samples if answer.series else ()
    notes = [f"The source warns: {warning}" for warning in answer.warnings]
    if len(answer.series) > 1:
        notes.insert(0, f"The query gives {len(answer.series)} series; the last one counts, as it does for Flagger.")
    if not samples:
        notes.insert(0, EMPTY)
    return Reading(tuple((at, value * scale) for at, value in samples), _note(" ".join(notes)))


def _within(answer: Answer, span: Span) -> Answer:
    """As the source would have answered for the span alone: without the series that have no value in it."""
    held = [(one.labels, tuple(sample for sample in one.samples if span.holds(sample[0]))) for one in answer.series]
    return Answer(tuple(Series(labels, samples) for labels, samples in held if samples), answer.warnings)


def _note(text: str) -> str:
    return text.replace("\0", "")[:LONGEST_NOTE]


def _time(second: float) -> datetime:
    return datetime.fromtimestamp(second, UTC)
