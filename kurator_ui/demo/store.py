"""The objects of one cluster, as an API server keeps them: versions, generations, finalizers, conflicts, watches.

Objects are kept as encoded JSON. Reading decodes a fresh copy, so nobody can change what is stored but through here,
and a list or a watch event is joined from bytes that exist already. One resourceVersion counts for the whole cluster.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from kurator_ui.demo import managers
from kurator_ui.demo.clock import Clock, stamp
from kurator_ui.demo.collection import Collection, Entry, Watcher
from kurator_ui.demo.errors import Obj, already_exists, conflict, not_found
from kurator_ui.demo.resources import CANARIES, Resource
from kurator_ui.demo.validation import validate

Hook = Callable[[str, Obj, Obj | None], None]
"""Told of every stored change: ADDED, MODIFIED or DELETED, the object, the one before."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where one object lives."""

    resource: Resource
    namespace: str
    name: str


class Store:
    def __init__(self, clock: Clock, resources: tuple[Resource, ...], history: int) -> None:
        self.clock = clock
        self.version = 1
        self.resources = {resource.key: resource for resource in resources}
        self.collections = {key: Collection(history) for key in self.resources}
        self._hooks: dict[str, list[Hook]] = {}
        self.dirty = False

    def subscribe(self, resource: Resource, hook: Hook) -> None:
        self._hooks.setdefault(resource.key, []).append(hook)

    def find(self, resource: Resource, namespace: str, name: str) -> Obj | None:
        entry = self.collections[resource.key].entries.get((namespace if resource.namespaced else "", name))
        return entry.read() if entry else None

    def get(self, resource: Resource, namespace: str, name: str) -> Obj:
        found = self.find(resource, namespace, name)
        if found is None:
            raise not_found(resource.group, resource.plural, name)
        return found

    def all(self, resource: Resource, namespace: str = "") -> Iterator[Obj]:
        for entry in self.collections[resource.key].listed(namespace):
            yield entry.read()

    def create(self, resource: Resource, obj: Obj, *, dry_run: bool = False, manager: str = "") -> Obj:
        """Raises 409 AlreadyExists, 422 Invalid; a given status is kept only where it is no subresource."""
        meta = obj.setdefault("metadata", {})
        if not meta.get("name") and meta.get("generateName"):
            meta["name"] = meta["generateName"] + uuid.uuid4().hex[:5]
        key = self._key(resource, obj)
        if key in self.collections[resource.key].entries:
            raise already_exists(resource.group, resource.plural, meta["name"])
        obj["apiVersion"], obj["kind"] = resource.api_version, resource.kind
        validate(resource, obj)
        if resource.status:
            obj.pop("status", None)
        meta.pop("managedFields", None)
        meta.update({"uid": str(uuid.uuid4()), "creationTimestamp": stamp(self.clock.now()), "generation": 1})
        if not resource.status and resource.plural in ("events", "secrets", "configmaps", "namespaces", "services"):
            meta.pop("generation")
        self._note(resource, {}, obj, manager)
        return obj if dry_run else self._keep(resource, key, "ADDED", obj, None)

    def update(
        self, resource: Resource, obj: Obj, *, status: bool = False, dry_run: bool = False, manager: str = ""
    ) -> Obj:
        """Raises 404, 409 Conflict when the given resourceVersion or uid is another's, 422 Invalid.

        With `status` only the status is taken, without it everything else (for kinds that have the subresource).
        A write that changes nothing leaves the version as it is.
        """
        key = self._key(resource, obj)
        old = self.get(resource, *key)
        meta = obj["metadata"]
        if meta.get("resourceVersion") and meta["resourceVersion"] != old["metadata"]["resourceVersion"]:
            raise conflict(resource.group, resource.plural, key[1])
        if meta.get("uid") and meta["uid"] != old["metadata"]["uid"]:
            why = (
                f"Precondition failed: UID in precondition: {meta['uid']}, UID in object meta: {old['metadata']['uid']}"
            )
            raise conflict(resource.group, resource.plural, key[1], why)
        new = _merged_write(resource, old, obj, status)
        if new == old:
            return old
        validate(resource, new)
        self._note(resource, old, new, manager)
        if dry_run:
            return new
        if new["metadata"].get("deletionTimestamp") and not new["metadata"].get("finalizers"):
            return self._drop(resource, key, new)
        return self._keep(resource, key, "MODIFIED", new, old)

    def change(self, at: Address, edit: Callable[[Obj], None], *, status: bool = False) -> Obj:
        """Read, edit in place, write: what a controller does. Raises 404."""
        obj = self.get(at.resource, at.namespace, at.name)
        edit(obj)
        return self.update(at.resource, obj, status=status)

    def delete(
        self, resource: Resource, namespace: str, name: str, *, dry_run: bool = False, only: Obj | None = None
    ) -> Obj:
        """An object with finalizers is only marked; its finalizers' owner removes it later. `only` are preconditions:
        raises 409 where the object has another uid or version.
        """
        obj = self.get(resource, namespace, name)
        for field, called in (("uid", "UID"), ("resourceVersion", "ResourceVersion")):
            wanted, found = (only or {}).get(field), obj["metadata"][field]
            if wanted and wanted != found:
                why = f"the {called} in the precondition ({wanted}) does not match the {called} in record ({found})."
                raise conflict(resource.group, resource.plural, name, f"Precondition failed: {why}")
        if dry_run:
            return obj
        key = self._key(resource, obj)
        if not obj["metadata"].get("finalizers"):
            return self._drop(resource, key, obj)
        if obj["metadata"].get("deletionTimestamp"):
            return obj
        old = msgspec.json.decode(msgspec.json.encode(obj))
        obj["metadata"].update({"deletionTimestamp": stamp(self.clock.now()), "deletionGracePeriodSeconds": 0})
        return self._keep(resource, key, "MODIFIED", obj, old)

    def restore(self, resource: Resource, obj: Obj) -> None:
        """Put back an object of an earlier run as it was, its version and uid included; nobody is told."""
        key = self._key(resource, obj)
        version = int(obj["metadata"]["resourceVersion"])
        self.collections[resource.key].entries[key] = Entry(*key, version, msgspec.json.encode(obj))
        self.version = max(self.version, version)

    def forget_history(self) -> None:
        """Compaction: watches from an older version than now are answered 410, continued lists too."""
        for collection in self.collections.values():
            collection.compact(self.version)

    def watch(self, resource: Resource, since: int, watcher: Watcher) -> None:
        """Raises 410 when the version is compacted; a version of the future is waited for, as the real one does."""
        self.collections[resource.key].follow(since, watcher)

    def _key(self, resource: Resource, obj: Obj) -> tuple[str, str]:
        meta = obj["metadata"]
        return (meta.get("namespace", "") if resource.namespaced else "", meta["name"])

    def _note(self, resource: Resource, old: Obj, new: Obj, manager: str) -> None:
        """Only where it is told to somebody who looks: of Canaries."""
        if manager and resource is CANARIES:
            managers.note(old, new, manager, stamp(self.clock.now()))

    def _keep(self, resource: Resource, key: tuple[str, str], kind: str, obj: Obj, old: Obj | None) -> Obj:
        self._store(resource, key, kind, obj, old)
        return obj

    def _store(self, resource: Resource, key: tuple[str, str], kind: str, obj: Obj, old: Obj | None) -> None:
        self.version += 1
        self.dirty = True
        obj["metadata"]["resourceVersion"] = str(self.version)
        entry = Entry(*key, self.version, msgspec.json.encode(obj))
        self.collections[resource.key].put(kind, entry)
        for hook in self._hooks.get(resource.key, ()):
            hook(kind, entry.read(), old)

    def _drop(self, resource: Resource, key: tuple[str, str], obj: Obj) -> Obj:
        self._store(resource, key, "DELETED", obj, obj)
        self._collect_garbage(obj["metadata"]["uid"])
        return obj

    def _collect_garbage(self, owner: str) -> None:
        mark = f'"uid":"{owner}"'.encode()
        for resource in self.resources.values():
            for entry in self.collections[resource.key].listed(""):
                if b"ownerReferences" in entry.raw and mark in entry.raw:
                    owners = entry.read()["metadata"].get("ownerReferences", [])
                    if any(reference["uid"] == owner for reference in owners):
                        self.delete(resource, entry.namespace, entry.name)


def _merged_write(resource: Resource, old: Obj, given: Obj, status: bool) -> Obj:
    """What the object becomes: server-owned metadata kept, status and the rest written by their own ways only."""
    if status:
        return {**old, "status": given.get("status")} if given.get("status") is not None else old
    new = dict(given)
    new["apiVersion"], new["kind"] = resource.api_version, resource.kind
    if resource.status:
        new.pop("status", None)
        if "status" in old:
            new["status"] = old["status"]
    kept = (
        "uid",
        "creationTimestamp",
        "generation",
        "resourceVersion",
        "deletionTimestamp",
        "deletionGracePeriodSeconds",
        "managedFields",
    )
    meta = {key: value for key, value in given["metadata"].items() if key not in kept and value not in ({}, [], None)}
    meta.update({key: old["metadata"][key] for key in kept if key in old["metadata"]})
    new["metadata"] = meta
    if "generation" in meta and _body(new) != _body(old):
        meta["generation"] += 1
    return new


def _body(obj: Obj) -> dict[str, Any]:
    return {key: value for key, value in obj.items() if key not in ("metadata", "status")}
