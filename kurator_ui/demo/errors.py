"""Refusals of an API server, worded as the real one words them."""

from __future__ import annotations

from typing import Any

Obj = dict[str, Any]


class ApiError(Exception):
    """An answer other than success: an HTTP status with a Kubernetes `Status` object."""

    def __init__(
        self, code: int, reason: str, message: str, details: Obj | None = None, headers: Obj | None = None
    ) -> None:
        super().__init__(message)
        self.code, self.reason, self.message = code, reason, message
        self.details = details or {}
        self.headers: dict[str, str] = headers or {}

    def status(self) -> Obj:
        return {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": self.message,
            "reason": self.reason,
            "details": self.details,
            "code": self.code,
        }


def details(group: str, plural: str, name: str) -> Obj:
    found = {"name": name, "group": group, "kind": plural}
    return {key: value for key, value in found.items() if value}


def qualified(group: str, plural: str) -> str:
    return f"{plural}.{group}" if group else plural


def not_found(group: str, plural: str, name: str) -> ApiError:
    return ApiError(404, "NotFound", f'{qualified(group, plural)} "{name}" not found', details(group, plural, name))


def no_such_path() -> ApiError:
    return ApiError(404, "NotFound", "the server could not find the requested resource")


def already_exists(group: str, plural: str, name: str) -> ApiError:
    text = f'{qualified(group, plural)} "{name}" already exists'
    return ApiError(409, "AlreadyExists", text, details(group, plural, name))


def conflict(group: str, plural: str, name: str, why: str = "") -> ApiError:
    why = why or "the object has been modified; please apply your changes to the latest version and try again"
    text = f'Operation cannot be fulfilled on {qualified(group, plural)} "{name}": {why}'
    return ApiError(409, "Conflict", text, details(group, plural, name))


def forbidden(user: str, verb: str, group: str, resource: str, namespace: str, name: str) -> ApiError:
    subject = f'{qualified(group, resource)} "{name}"' if name else qualified(group, resource)
    where = f'in the namespace "{namespace}"' if namespace else "at the cluster scope"
    text = f'{subject} is forbidden: User "{user}" cannot {verb} resource "{resource}" in API group "{group}" {where}'
    return ApiError(403, "Forbidden", text, details(group, resource.split("/")[0], name))


def unauthorized() -> ApiError:
    return ApiError(401, "Unauthorized", "Unauthorized")


def gone(asked: int, oldest: int) -> ApiError:
    return ApiError(410, "Expired", f"too old resource version: {asked} ({oldest})")


def continue_expired() -> ApiError:
    text = "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter."  # noqa: E501
    return ApiError(410, "Expired", text)


def version_from_the_future(asked: int, current: int) -> ApiError:
    cause = {"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}
    text = f"Timeout: Too large resource version: {asked}, current: {current}"
    return ApiError(504, "Timeout", text, {"causes": [cause], "retryAfterSeconds": 1})


def invalid(kind: str, group: str, plural: str, name: str, causes: list[tuple[str, str]]) -> ApiError:
    """Validation failed; each cause is (field path, what is wrong with it)."""
    found = [f"{path}: {text}" for path, text in causes]
    what = found[0] if len(found) == 1 else "[" + ", ".join(found) + "]"
    full = f"{kind}.{group}" if group else kind
    listed = [{"reason": "FieldValueInvalid", "message": text, "field": path} for path, text in causes]
    info = {**details(group, plural, name), "kind": kind, "causes": listed}
    return ApiError(422, "Invalid", f'{full} "{name}" is invalid: {what}', info)


def patch_does_not_apply(why: str) -> ApiError:
    """A JSON patch that cannot be applied, a failed `test` among them."""
    text = "the server rejected our request due to an error in our request"
    return ApiError(422, "Invalid", text, {"causes": [{"reason": "UnexpectedServerResponse", "message": why}]})


def bad_request(text: str) -> ApiError:
    return ApiError(400, "BadRequest", text)
