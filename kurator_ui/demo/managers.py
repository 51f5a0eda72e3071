"""Who wrote which part of a spec last: `managedFields` as an API server keeps them, two levels deep."""

from __future__ import annotations

from typing import Any

from kurator_ui.demo.errors import Obj


def note(old: Obj, new: Obj, manager: str, now: str) -> None:
    """Gives the manager every field of the spec that this write has changed, and takes it from the others."""
    before, after = old.get("spec") or {}, new.get("spec") or {}
    changed = {f"f:{name}" for name in {*before, *after} if before.get(name) != after.get(name)}
    if not changed:
        return
    entries = {one["manager"]: one for one in new["metadata"].get("managedFields") or []}
    fields = {name: _fields(one) - changed for name, one in entries.items()}
    fields[manager] = fields.get(manager, set()) | {name for name in changed if name.removeprefix("f:") in after}
    kept = []
    for name, owned in fields.items():
        if owned:
            entry = entries.get(name, {}) if name != manager else {}
            kept.append({**_entry(name, owned), "time": entry.get("time", now)})
    new["metadata"]["managedFields"] = kept


def _fields(entry: Obj) -> set[str]:
    return set((entry.get("fieldsV1") or {}).get("f:spec") or {})


def _entry(manager: str, owned: set[str]) -> dict[str, Any]:
    return {
        "manager": manager,
        "operation": "Update",
        "apiVersion": "flagger.app/v1beta1",
        "fieldsType": "FieldsV1",
        "fieldsV1": {"f:spec": {name: {} for name in sorted(owned)}},
    }
