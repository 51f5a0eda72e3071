"""One shape for whatever goes wrong: `{"error": {"code", "message", …}}`. The sentence is for people, the code for
programs.
"""

from __future__ import annotations

from typing import Any

import structlog
from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from ninja import NinjaAPI, Schema
from ninja.errors import HttpError, ValidationError

from rollouts.domain.errors import InvalidInput

Raised = Exception | type[Exception]
"""As ninja declares what its handlers are given; it is always an exception."""
log = structlog.get_logger("api")
CODES = {
    400: "malformed",
    401: "unauthenticated",
    403: "forbidden",
    404: "not-found",
    405: "method-not-allowed",
    409: "conflict",
    413: "too-large",
    422: "invalid",
    429: "too-many",
    500: "internal",
}
TOO_LARGE = "This is more than is read at once. Send less."
NOT_ALLOWED = "This address does not know that method."
INTERNAL = "Something went wrong here. It has been logged."
NOT_FOUND = "There is nothing at this address, or nothing that you may see."


class Field(Schema):
    """`where` as `query.limit` or `body.act`."""

    where: str
    message: str


class Fault(Schema):
    code: str
    message: str
    fields: list[Field] = []


class Problem(Schema):
    """What every answer of 400 and above has."""

    error: Fault


class Refused(Exception):
    """An answer that is an error. `more` stands beside the message."""

    def __init__(
        self, status: int, message: str, *, code: str = "", headers: dict[str, str] | None = None, **more: Any
    ) -> None:
        super().__init__(message)
        self.status, self.code, self.headers, self.more = status, code, headers or {}, more


def problem(
    status: int, message: str, *, code: str = "", headers: dict[str, str] | None = None, **more: Any
) -> HttpResponse:
    said = {"code": code or CODES[status], "message": message, **more}
    return JsonResponse({"error": said}, status=status, headers=headers)


def missed(error: Exception, field: str) -> dict[str, Any]:
    """What a request lacks, by its place: what is not of its own is of the `choice`."""
    where = field if field in ("reason", "typed") else f"choice.{field}"
    return {"code": "unconfirmed", "fields": [{"where": f"body.{where}", "message": str(error)}]}


def answers(good: Any, *, status: int = 200, more: dict[int, Any] | None = None) -> dict[int, Any]:
    """For the document: what an operation may answer."""
    return {status: good, **dict.fromkeys((400, 401, 403, 404, 413, 422, 429), Problem), **(more or {})}


def teach(api: NinjaAPI) -> None:
    """Every error of this API is put into the one shape."""
    api.add_exception_handler(Refused, _refused)
    api.add_exception_handler(ValidationError, _invalid)
    api.add_exception_handler(InvalidInput, lambda _, error: problem(422, str(error)))
    api.add_exception_handler(Http404, lambda _, error: problem(404, _sentence(error, NOT_FOUND)))
    api.add_exception_handler(PermissionDenied, lambda _, error: problem(403, _sentence(error, "You may not do this.")))
    api.add_exception_handler(RequestDataTooBig, lambda _, error: problem(413, TOO_LARGE))
    api.add_exception_handler(HttpError, _http)
    api.add_exception_handler(Exception, _unexpected)


def _sentence(error: Raised, otherwise: str) -> str:
    return str(error).replace("\0", "") or otherwise


def _refused(request: HttpRequest, error: Any) -> HttpResponse:
    return problem(error.status, str(error), code=error.code, headers=error.headers, **error.more)


def _http(request: HttpRequest, error: Any) -> HttpResponse:
    return problem(error.status_code, str(error))


def _invalid(request: HttpRequest, error: Any) -> HttpResponse:
    fields = [{"where": ".".join(_place(one["loc"])), "message": str(one["msg"])} for one in error.errors]
    first = fields[0]
    return problem(422, f"{first['where']}: {first['message']}", fields=fields)


def _place(place: tuple[Any, ...]) -> list[str]:
    """Without the name that our own function gives to all of the body or the query."""
    return [str(one) for number, one in enumerate(place) if not (number == 1 and one in ("given", "chosen"))]


def _unexpected(request: HttpRequest, error: Any) -> HttpResponse:
    log.error("an answer of the API failed", path=request.path, exc_info=error)
    return problem(500, INTERNAL)
