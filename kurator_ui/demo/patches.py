"""The patch formats an API server takes: merge, JSON and strategic merge."""

from __future__ import annotations

import copy
from typing import Any

from kurator_ui.demo.errors import ApiError, Obj, bad_request, patch_does_not_apply

MERGE_KEYS = {
    "containers": "name",
    "initContainers": "name",
    "env": "name",
    "volumes": "name",
    "ports": "containerPort",
}


def apply_patch(current: Obj, patch: Any, content_type: str) -> Obj:
    """The patched object; the current one is left alone. Raises ApiError when the patch does not apply."""
    match content_type.partition(";")[0].strip():
        case "application/merge-patch+json":
            return _object(merge(current, _object(patch)))
        case "application/strategic-merge-patch+json":
            return _object(merge(current, _object(patch), strategic=True))
        case "application/json-patch+json":
            return json_patch(current, patch)
        case other:
            text = f"the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/strategic-merge-patch+json ({other})"  # noqa: E501
            raise ApiError(415, "UnsupportedMediaType", text)


def _object(value: Any) -> Obj:
    if not isinstance(value, dict):
        raise bad_request("the patch is not an object")
    return value


def merge(target: Any, patch: Any, strategic: bool = False, field: str = "") -> Any:
    """RFC 7396; strategic: lists whose items have a known key are merged item by item."""
    if isinstance(patch, dict):
        result = dict(target) if isinstance(target, dict) else {}
        for key, value in patch.items():
            if value is None:
                result.pop(key, None)
            else:
                result[key] = merge(result.get(key), value, strategic, key)
        return result
    if strategic and isinstance(patch, list) and isinstance(target, list) and field in MERGE_KEYS:
        return _merge_items(target, patch, MERGE_KEYS[field])
    return copy.deepcopy(patch)


def _merge_items(target: list[Any], patch: list[Any], key: str) -> list[Any]:
    result = list(target)
    for item in patch:
        found = [index for index, have in enumerate(result) if have.get(key) == item.get(key)]
        if item.get("$patch") == "delete":
            result = [have for have in result if have.get(key) != item.get(key)]
        elif found:
            result[found[0]] = merge(result[found[0]], item, strategic=True)
        else:
            result.append(item)
    return result


def json_patch(current: Obj, operations: Any) -> Obj:
    """RFC 6902, without `copy`."""
    if not isinstance(operations, list):
        raise bad_request("a JSON patch is a list of operations")
    result = copy.deepcopy(current)
    for operation in operations:
        try:
            _operate(result, operation)
        except (KeyError, IndexError, ValueError, TypeError) as error:
            path = operation.get("path", "") if isinstance(operation, dict) else ""
            raise patch_does_not_apply(f"{path}: missing value ({type(error).__name__})") from error
    return result


def _operate(document: Obj, operation: Obj) -> None:
    path, kind = operation["path"], operation["op"]
    if kind == "move":
        value = _take(document, operation["from"])
        _put(document, path, value, replace=False)
    elif kind == "remove":
        _take(document, path)
    elif kind in ("add", "replace"):
        if kind == "replace":
            _read(document, path)
        _put(document, path, copy.deepcopy(operation["value"]), replace=kind == "replace")
    elif kind == "test":
        try:
            same = _read(document, path) == operation["value"]
        except (KeyError, IndexError):
            same = operation["value"] is None
        if not same:
            raise patch_does_not_apply(f"testing value {path} failed: test failed")
    else:
        raise bad_request(f"unexpected kind of operation: {kind}")


def _steps(path: str) -> list[str]:
    return [step.replace("~1", "/").replace("~0", "~") for step in path.split("/")[1:]]


def _read(document: Any, path: str) -> Any:
    for step in _steps(path):
        document = document[int(step)] if isinstance(document, list) else document[step]
    return document


def _parent(document: Any, path: str) -> tuple[Any, str]:
    *way, last = _steps(path)
    for step in way:
        document = document[int(step)] if isinstance(document, list) else document[step]
    return document, last


def _take(document: Any, path: str) -> Any:
    parent, last = _parent(document, path)
    return parent.pop(int(last) if isinstance(parent, list) else last)


def _put(document: Any, path: str, value: Any, replace: bool) -> None:
    parent, last = _parent(document, path)
    if not isinstance(parent, list):
        parent[last] = value
    elif last == "-":
        parent.append(value)
    elif replace:
        parent[int(last)] = value
    else:
        if int(last) > len(parent):
            raise IndexError(last)
        parent.insert(int(last), value)
