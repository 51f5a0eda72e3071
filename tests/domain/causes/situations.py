"""A rollout `shop/checkout` on its way, told write by write, and what may be known besides."""

from __future__ import annotations

from typing import Any

from rollouts.domain.causes import Cause, Situation, causes
from rollouts.domain.observations import Check, Event, Hook
from tests.domain.history import NEW, OLD, History
from tests.support import seen

RATE = Check("request-success-rate", 10, minimum=99.0)
DURATION = Check("request-duration", 10, maximum=500.0)
ERRORS = Check("error-count", 10, maximum=5.0, template="errors", template_namespace="shop")
CHECKS = (RATE, DURATION, ERRORS)
LOAD_TEST = Hook("load-test", "")


def running(iterations: int = 1, *, events: tuple[Event, ...] = (), **spec: Any) -> History:
    """A release whose two sides were read and are ready."""
    history = History(**{"checks": CHECKS, "hooks": (LOAD_TEST,), **spec}).idle().start()
    history.green(NEW)
    history.blue(OLD)
    return history.iterate(iterations)


def of(history: History, later: float = 1, **known: Any) -> tuple[Cause, ...]:
    now = seen.at(history.now + later)
    return causes(Situation(history.known(), now, **{"workloads_at": now, **known}))


def kinds(found: tuple[Cause, ...]) -> list[str]:
    return [cause.kind.value for cause in found]


def first(found: tuple[Cause, ...]) -> Cause:
    assert found
    return found[0]
