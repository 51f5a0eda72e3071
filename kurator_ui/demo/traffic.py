"""Simulated requests: success rates and latencies of every workload, smooth, repeatable, with faults on demand."""

from __future__ import annotations

import math
import zlib
from dataclasses import dataclass

from kurator_ui.demo.clock import Clock

REMEMBERED = 40
"""Spans and faults kept per workload."""


@dataclass(slots=True)
class Fault:
    """Something wrong with one workload since a time: a share of errors (0 to 1), extra milliseconds."""

    since: float
    errors: float = 0.0
    delay_ms: float = 0.0
    until: float = math.inf


@dataclass(slots=True)
class Span:
    """When a workload had ready pods, so when it could answer requests."""

    since: float
    until: float = math.inf


@dataclass(frozen=True, slots=True)
class Load:
    """What one workload answers at one moment."""

    success_percent: float
    p99_ms: float
    requests_per_second: float


class Traffic:
    def __init__(self, clock: Clock, seed: str) -> None:
        self._clock, self._seed = clock, seed
        self._faults: dict[tuple[str, str], list[Fault]] = {}
        self._spans: dict[tuple[str, str], list[Span]] = {}

    def served(self, namespace: str, workload: str, ready: bool, since: float | None = None) -> None:
        """Note that a workload has ready pods, or has none any more."""
        spans = self._spans.setdefault((namespace, workload), [])
        now = self._clock.now()
        is_open = bool(spans) and spans[-1].until == math.inf
        if ready and not is_open:
            spans.append(Span(now if since is None else since))
            del spans[:-REMEMBERED]
        elif not ready and is_open:
            spans[-1].until = now

    def forget(self, namespace: str, workload: str) -> None:
        self._spans.pop((namespace, workload), None)

    def fault(self, namespace: str, workload: str, errors: float = 0.0, delay_ms: float = 0.0) -> None:
        """From now on; zero and zero ends what was wrong."""
        faults = self._faults.setdefault((namespace, workload), [])
        now = self._clock.now()
        if faults and faults[-1].until == math.inf:
            faults[-1].until = now
        if errors or delay_ms:
            faults.append(Fault(now, errors, delay_ms))
        del faults[:-REMEMBERED]

    def at(self, namespace: str, workload: str, when: float) -> Load | None:
        """None when the workload answered nothing then."""
        spans = self._spans.get((namespace, workload), ())
        if not any(span.since <= when < span.until for span in spans):
            return None
        base = zlib.crc32(f"{self._seed}/{namespace}/{workload}".encode())
        wave = _wave(base, when)
        errors, delay = 0.0, 0.0
        for fault in self._faults.get((namespace, workload), ()):
            if fault.since <= when < fault.until:
                errors, delay = fault.errors, fault.delay_ms
        success = 100.0 - 0.28 * abs(wave) if not errors else 100.0 * (1 - errors) + 1.5 * wave
        latency = 70.0 + base % 90 + 14.0 * _wave(base // 7, when) + delay
        return Load(max(0.0, min(100.0, success)), max(1.0, latency), 20.0 + base % 60 + 6.0 * wave)


def _wave(base: int, when: float) -> float:
    """Between -1 and 1, changing within tens of seconds."""
    phase = base % 6283 / 1000
    return (math.sin(when / 47 + phase) + math.sin(when / 19 + 2 * phase) + math.sin(when / 7.3 + 3 * phase)) / 3
