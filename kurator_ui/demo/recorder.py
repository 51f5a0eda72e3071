"""Kubernetes Events as client-go's recorder sends them: repeated, combined and dropped by its correlator."""

from __future__ import annotations

from dataclasses import dataclass, field

from kurator_ui.demo.clock import Clock, stamp
from kurator_ui.demo.errors import ApiError, Obj
from kurator_ui.demo.resources import EVENTS
from kurator_ui.demo.store import Address, Store

COMBINE_FROM = 10
"""Different messages of one object and type within `COMBINE_SECONDS`; from this one on they share one Event."""
COMBINE_SECONDS = 600.0
BURST = 25
REFILL_SECONDS = 300.0
"""One more Event per object in this time, once the burst is used up."""
KEPT_SECONDS = 3600.0


@dataclass(slots=True)
class _Bucket:
    tokens: float = BURST
    at: float = 0.0


@dataclass(slots=True)
class _Similar:
    messages: set[str] = field(default_factory=set)
    at: float = 0.0


class Recorder:
    def __init__(self, store: Store, clock: Clock, component: str, refill_seconds: float = REFILL_SECONDS) -> None:
        self._store, self._clock, self._component = store, clock, component
        self._refill = refill_seconds
        self._buckets: dict[str, _Bucket] = {}
        self._similar: dict[tuple[str, str], _Similar] = {}
        self._sent: dict[tuple[str, str, str], str] = {}

    def record(self, about: Obj, kind: str, message: str) -> None:
        """About an object (kind and metadata are enough); the type is Normal or Warning."""
        uid = about["metadata"]["uid"]
        if not self._affordable(uid):
            return
        message, key = self._combined(uid, kind, message)
        known = self._sent.get((uid, kind, key))
        if known and self._repeat(about["metadata"]["namespace"], known, message):
            return
        self._sent[(uid, kind, key)] = self._create(about, kind, message)

    def expire(self) -> None:
        """Drop what is older than an hour, as the API server does."""
        oldest = stamp(self._clock.now() - KEPT_SECONDS)
        for event in list(self._store.all(EVENTS)):
            if event["lastTimestamp"] < oldest:
                self._store.delete(EVENTS, event["metadata"]["namespace"], event["metadata"]["name"])

    def _affordable(self, uid: str) -> bool:
        now = self._clock.now()
        bucket = self._buckets.setdefault(uid, _Bucket(at=now))
        bucket.tokens = min(BURST, bucket.tokens + (now - bucket.at) / self._refill)
        bucket.at = now
        if bucket.tokens < 1:
            return False
        bucket.tokens -= 1
        return True

    def _combined(self, uid: str, kind: str, message: str) -> tuple[str, str]:
        now = self._clock.now()
        similar = self._similar.setdefault((uid, kind), _Similar(at=now))
        if now - similar.at > COMBINE_SECONDS:
            similar.messages.clear()
        similar.at = now
        similar.messages.add(message)
        if len(similar.messages) < COMBINE_FROM:
            return message, message
        similar.messages.pop()
        return f"(combined from similar events): {message}", ""

    def _repeat(self, namespace: str, name: str, message: str) -> bool:
        def again(event: Obj) -> None:
            event.update({"count": event["count"] + 1, "lastTimestamp": stamp(self._clock.now()), "message": message})

        try:
            self._store.change(Address(EVENTS, namespace, name), again)
        except ApiError:
            return False  # expired meanwhile
        return True

    def _create(self, about: Obj, kind: str, message: str) -> str:
        meta, now = about["metadata"], self._clock.now()
        involved = {"kind": about["kind"], "namespace": meta["namespace"], "name": meta["name"], "uid": meta["uid"]}
        involved |= {"apiVersion": about["apiVersion"], "resourceVersion": meta["resourceVersion"]}
        name = f"{meta['name']}.{int(now * 1e9) + self._store.version:x}"
        event: Obj = {
            "metadata": {"name": name, "namespace": meta["namespace"]},
            "involvedObject": involved,
            "reason": "Synced",
            "message": message,
            "source": {"component": self._component},
            "firstTimestamp": stamp(now),
            "lastTimestamp": stamp(now),
            "count": 1,
            "type": kind,
            "eventTime": None,
            "reportingComponent": self._component,
            "reportingInstance": "",
        }
        self._store.create(EVENTS, event)
        return name
