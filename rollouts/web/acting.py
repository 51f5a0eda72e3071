"""Says for the time of a request who is acting: what services write into the audit trail."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from uuid import uuid4

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from rollouts.domain.authors import Author, acting

NOBODY = "(nobody signed in)"
REQUEST = re.compile(r"[A-Za-z0-9._-]{8,64}")


class AuthorMiddleware:
    """Looks at nothing of the request unless something is recorded."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with acting(cache(lambda: _author(request))):
            return self.get_response(request)


def _author(request: HttpRequest) -> Author:
    name = request.user.get_username() if request.user.is_authenticated else NOBODY
    return Author(name, request.user.pk, address_of(request), _request(request))


def address_of(request: HttpRequest) -> str:
    """Where it comes from. Of several that stand in the header the last one is our proxy's own word; a browser may have
    made up the rest.
    """
    forwarded = request.headers.get("X-Forwarded-For", "") if settings.BEHIND_PROXY else ""
    return forwarded.rpartition(",")[2].strip() or request.META.get("REMOTE_ADDR", "")


def _request(request: HttpRequest) -> str:
    """Of all that one request did the same, and where a proxy gives one, that of its log."""
    given = request.headers.get("X-Request-ID", "") if settings.BEHIND_PROXY else ""
    return given if REQUEST.fullmatch(given) else uuid4().hex
