"""A metrics source in memory: functions of time instead of series, for the built-in checks on Istio."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from rollouts.domain.checks import DURATION, SUCCESS_RATE
from rollouts.domain.errors import MetricsError
from rollouts.domain.metrics import Answer, MetricsSource, MetricTemplate, Place, Revisions, Series, Side
from rollouts.domain.observations import Canary

Curve = Callable[[float], float | None]
SERVER = "http://prometheus.istio-system:9090"


@dataclass(frozen=True)
class Question:
    check: str
    side: Side
    begin: float
    end: float
    step: int


@dataclass
class FakeMetrics:
    """Door and source in one. Without a function of its own a side answers `otherwise`."""

    curves: dict[tuple[str, Side], Curve] = field(default_factory=dict)
    otherwise: Curve = lambda at: 100.0
    errors: dict[str, MetricsError] = field(default_factory=dict)
    """By check; an empty name is for all."""
    more_series: int = 0
    warnings: tuple[str, ...] = ()
    held: threading.Event | None = None
    """Answers wait for it."""
    asked: list[Question] = field(default_factory=list)
    waiting: threading.Event = field(default_factory=threading.Event)
    on_question: Callable[[Question], None] = lambda question: None
    closed: int = 0
    exist: bool = True
    """Whether the metrics that are asked for have any series."""
    probes: list[str] = field(default_factory=list)
    knative: Revisions | str = "It has not been set."

    def template(self, namespace: str, name: str) -> MetricTemplate | str:
        return "There is none."

    def revisions(self, canary: Canary) -> Revisions | str:
        return self.knative

    def source(self, place: Place) -> MetricsSource:
        return self

    def instant(self, query: str, at: datetime | None = None) -> Answer:
        """Whether a metric exists is all that is asked so."""
        self.probes.append(query)
        if error := self.errors.get("probe"):
            raise error
        return Answer((Series({}, ((0.0, 7.0),)),) if self.exist else ())

    def range(self, query: str, begin: datetime, end: datetime, step: int) -> Answer:
        question = Question(*understood(query), begin.timestamp(), end.timestamp(), step)
        self.asked.append(question)
        self.on_question(question)
        if self.held is not None:
            self.waiting.set()
            assert self.held.wait(60)
        if error := self.errors.get(question.check) or self.errors.get(""):
            raise error
        value = self.curves.get((question.check, question.side), self.otherwise)
        moments = [question.begin + number * step for number in range(int((question.end - question.begin) / step) + 1)]
        samples = tuple((at, found) for at in moments if (found := value(at)) is not None)
        series = [Series({"pod": f"other-{number}"}, ((question.begin, -1.0),)) for number in range(self.more_series)]
        return Answer((*series, Series({}, samples)) if samples else (), self.warnings)

    def close(self) -> None:
        self.closed += 1


def understood(query: str) -> tuple[str, Side]:
    check = DURATION if "istio_request_duration_milliseconds" in query else SUCCESS_RATE
    return check, Side.BLUE if '-primary"' in query else Side.GREEN
