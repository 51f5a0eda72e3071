"""All objects of one kind in one cluster, with the recent changes that a watch may resume from."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

import msgspec

from kurator_ui.demo.errors import Obj, gone
from kurator_ui.demo.selectors import Test


@dataclass(frozen=True, slots=True)
class Entry:
    """One object at one version, encoded."""

    namespace: str
    name: str
    version: int
    raw: bytes

    def read(self) -> Obj:
        return cast(Obj, msgspec.json.decode(self.raw))


@dataclass(frozen=True, slots=True)
class Change:
    kind: str
    entry: Entry
    before: Entry | None


class Watcher:
    """One open watch: a namespace (or all), a selection, and where to send what passes."""

    def __init__(self, namespace: str, test: Test | None, send: Callable[[str, bytes], None]) -> None:
        self.namespace, self.test, self.send = namespace, test, send
        self.since = 0

    def offer(self, change: Change) -> None:
        entry = change.entry
        if entry.version <= self.since or (self.namespace and entry.namespace != self.namespace):
            return
        if self.test is None:
            self.send(change.kind, entry.raw)
            return
        # An object that begins or ceases to match is added or deleted for this watcher.
        now = self.test(entry.read())
        was = change.before is not None and self.test(change.before.read())
        if change.kind == "DELETED":
            if was or now:
                self.send("DELETED", entry.raw)
        elif now:
            self.send("MODIFIED" if was else "ADDED", entry.raw)
        elif was:
            self.send("DELETED", entry.raw)


class Collection:
    def __init__(self, history: int) -> None:
        self.entries: dict[tuple[str, str], Entry] = {}
        self.watchers: set[Watcher] = set()
        self.compacted = 0
        self._changes: deque[Change] = deque()
        self._keep = history

    def listed(self, namespace: str) -> list[Entry]:
        """In the order of namespace and name."""
        found = [entry for entry in self.entries.values() if not namespace or entry.namespace == namespace]
        return sorted(found, key=lambda entry: (entry.namespace, entry.name))

    def put(self, kind: str, entry: Entry) -> None:
        key = (entry.namespace, entry.name)
        change = Change(kind, entry, self.entries.get(key))
        if kind == "DELETED":
            self.entries.pop(key, None)
        else:
            self.entries[key] = entry
        self._changes.append(change)
        if len(self._changes) > self._keep:
            self.compacted = max(self.compacted, self._changes.popleft().entry.version)
        for watcher in tuple(self.watchers):
            watcher.offer(change)

    def follow(self, since: int, watcher: Watcher) -> None:
        if since < self.compacted:
            raise gone(since, self.compacted)
        watcher.since = since
        for change in tuple(self._changes):
            watcher.offer(change)
        self.watchers.add(watcher)

    def compact(self, version: int) -> None:
        self._changes.clear()
        self.compacted = version
