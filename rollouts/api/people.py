"""Who asks: a program with somebody's token, or, for looking only, whoever is signed in."""

from __future__ import annotations

from math import ceil

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.utils import timezone

from rollouts import access
from rollouts.api.errors import Refused
from rollouts.domain import authors
from rollouts.models import TokenScope
from rollouts.services import sign_ins, tokens

SAFE = frozenset({"GET", "HEAD"})
NOBODY = "Sign in, or send a token: Authorization: Bearer kui_…"
SESSION_LOOKS = "A session is for looking only. Send a token: Authorization: Bearer kui_…"
TOKEN_LOOKS = "This token is for looking only."  # noqa: S105  (a sentence)
NOT_ACCEPTED = "This token is not accepted: it is unknown, expired or revoked, or its person may not come in."
TOO_MANY = "Too many tokens from this address were not accepted."
NOTHING_YET = "You are known here, but nobody has granted you anything yet."
CHALLENGE = {"WWW-Authenticate": "Bearer"}


def authenticate(request: HttpRequest) -> access.Person:
    """A token decides alone. A session's cookie travels by itself, so it must not change anything."""
    kind, _, secret = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() == "bearer":
        _by_token(request, secret.strip())
    elif not request.user.is_authenticated:
        raise Refused(401, NOBODY, headers=CHALLENGE)
    elif request.method not in SAFE:
        raise Refused(401, SESSION_LOOKS, headers=CHALLENGE)
    if not access.may_enter(request.user):
        raise PermissionDenied(f"{NOTHING_YET} {access.whom_to_ask()}")
    return request.user


def _by_token(request: HttpRequest, secret: str) -> None:
    """From here on the request is its person's, in the audit trail too."""
    token = tokens.use(secret=secret, now=timezone.now())
    if token is None:
        _count()
        raise Refused(401, NOT_ACCEPTED, headers=CHALLENGE)
    request.user = token.person
    if token.scope != TokenScope.OPERATE:
        access.only_looks(token.person)
        if request.method not in SAFE:
            raise PermissionDenied(TOKEN_LOOKS)


def _count() -> None:
    now = timezone.now()
    try:
        sign_ins.token_refused(address=authors.present().address, now=now)
    except sign_ins.TooMany as error:
        seconds = ceil((error.again_at - now).total_seconds())
        raise Refused(429, TOO_MANY, headers={"Retry-After": str(seconds)}) from None
