"""Observations for tests: a rollout `shop/checkout` with three iterations, and what is read of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from rollouts.domain.observations import Canary, Deleted, Event, Kind, Phase, Route, Workload

RUNNING = (Phase.PROGRESSING, Phase.PROMOTING, Phase.FINALISING)
START = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def canary(
    seconds: float = 0, phase: Phase = Phase.INITIALIZED, *, version: int | None = None, **changes: Any
) -> Canary:
    """As written by Flagger `seconds` after the start, in a run that began after 10 s.

    The resource version grows with the time unless it is given.
    """
    given: dict[str, Any] = {
        "namespace": "shop",
        "name": "checkout",
        "uid": "uid-checkout",
        "resource_version": str(version if version is not None else 100 + int(seconds * 10)),
        "provider": "istio",
        "target_name": changes.get("name", "checkout"),
        "service_name": changes.get("name", "checkout"),
        "interval": 10,
        "iterations_wanted": 3,
        "threshold": 2,
        "phase": phase,
        "phase_text": phase.value,
        "last_applied": "aaa",
        "last_promoted": "aaa",
        "last_transition_at": at(seconds).replace(microsecond=0),
        "phase_at": at(10 if phase is Phase.PROGRESSING else seconds).replace(microsecond=0),
        "promoted_at": at(10 if phase in RUNNING else seconds).replace(microsecond=0),
    }
    return Canary(**(given | changes))


def route(green: int | None, *, version: int = 1, name: str = "checkout") -> Route:
    return Route(Kind.VIRTUAL_SERVICE, "shop", name, green, resource_version=str(version))


def workload(name: str, image: str, *, ready: int = 2, wanted: int = 2, template: str = "") -> Workload:
    return Workload("Deployment", "shop", name, (image,), template or image, wanted, ready, uid=f"uid-{name}")


def event(message: str, seconds: float, *, uid: str = "", name: str = "checkout", type: str = "Normal") -> Event:
    return Event(
        uid or f"event-{seconds}-{message[:20]}",
        "shop",
        name,
        "uid-checkout",
        type,
        message,
        1,
        at(seconds),
        at(seconds),
    )


def deleted(name: str = "checkout", *, uid: str = "uid-checkout", version: int = 10**6) -> Deleted:
    return Deleted(Kind.CANARY, "shop", name, uid, str(version))
