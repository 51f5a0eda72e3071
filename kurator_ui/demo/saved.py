"""Clusters on disk, so that the next start continues: same objects, same uids, versions that keep growing."""

from __future__ import annotations

from pathlib import Path

import msgspec

from kurator_ui.demo.errors import Obj
from kurator_ui.demo.identity import write_private
from kurator_ui.demo.store import Store

UNSAVED_VERSIONS = 1_000_000
"""Added when the last run did not end in order: more versions than it can have given out since it saved."""


class _Saved(msgspec.Struct):
    version: int
    orderly: bool
    objects: dict[str, list[msgspec.Raw]]


def save(store: Store, path: Path, *, orderly: bool) -> None:
    """`orderly`: nothing will be written after this."""
    objects = {
        key: [msgspec.Raw(entry.raw) for entry in collection.entries.values()]
        for key, collection in store.collections.items()
    }
    write_private(path, msgspec.json.encode(_Saved(store.version, orderly, objects)))
    store.dirty = False


def load(store: Store, path: Path) -> bool:
    """False when there is nothing to continue."""
    if not path.exists():
        return False
    saved = msgspec.json.decode(path.read_bytes(), type=_Saved)
    for key, objects in saved.objects.items():
        if resource := store.resources.get(key):
            for raw in objects:
                store.restore(resource, msgspec.json.decode(raw, type=Obj))
    store.version = max(store.version, saved.version + (0 if saved.orderly else UNSAVED_VERSIONS))
    store.forget_history()
    return True
