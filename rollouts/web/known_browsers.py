"""Remembers in a browser who has signed in with it, so that what others try with that name does not lock it out.

The cookie opens nothing: it only says whose failures are counted apart.
"""

from __future__ import annotations

import secrets
from unicodedata import normalize

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import salted_hmac

SALT = "rollouts.known-browser"
MOST_PEOPLE = 5
KEPT_SECONDS = 365 * 24 * 3600


def known(request: HttpRequest, name: str) -> str:
    """What tells this browser if somebody has signed in with this name here; else empty."""
    browser, people = _read(request)
    return browser if _mark(name) in people else ""


def remember(request: HttpRequest, response: HttpResponse, name: str) -> None:
    browser, people = _read(request)
    mark = _mark(name)
    others = [one for one in people if one != mark]
    value = signing.dumps([browser or secrets.token_urlsafe(12), [mark, *others][:MOST_PEOPLE]], salt=SALT)
    response.set_cookie(
        settings.KNOWN_BROWSER_COOKIE_NAME,
        value,
        max_age=KEPT_SECONDS,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _read(request: HttpRequest) -> tuple[str, list[str]]:
    try:
        browser, people = signing.loads(
            request.COOKIES.get(settings.KNOWN_BROWSER_COOKIE_NAME, ""), salt=SALT, max_age=KEPT_SECONDS
        )
    except signing.BadSignature:
        return "", []
    return browser, people


def _mark(name: str) -> str:
    return salted_hmac(SALT, normalize("NFKC", name).casefold(), algorithm="sha256").hexdigest()[:20]
