"""Tokens of people: made and shown once, used by programs, revoked."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.models import AbstractBaseUser
from django.db import IntegrityError, transaction
from django.db.models import Q

from rollouts.domain.errors import InvalidInput
from rollouts.domain.trail import Act, Subject, SubjectKind
from rollouts.models import Token, TokenScope
from rollouts.services import audit

BEGINS = "kui_"
"""So that people and scanners of secrets recognise one."""
MOST_DAYS = 365
MOST_TOKENS = 50
LONGEST_NAME = 80
LONGEST_TOKEN = 200
WRITTEN_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Made:
    """`secret` is seen here and never again."""

    token: Token
    secret: str


def make(*, person: AbstractBaseUser, name: str, scope: str, days: int, now: datetime) -> Made:
    """Raises InvalidInput."""
    name = " ".join(name.replace("\0", "").split())
    if not name or len(name) > LONGEST_NAME:
        raise InvalidInput(f"Give it a name of at most {LONGEST_NAME} characters that says what it is for.")
    if scope not in TokenScope:
        raise InvalidInput(f"A token may {TokenScope.READ} or {TokenScope.OPERATE}.")
    if not 1 <= days <= MOST_DAYS:
        raise InvalidInput(f"A token lasts from 1 to {MOST_DAYS} days.")
    if Token.objects.filter(person=person.pk).count() >= MOST_TOKENS:
        raise InvalidInput(f"You have {MOST_TOKENS} tokens already. Revoke one that is not needed any more.")
    secret = BEGINS + secrets.token_urlsafe(32)
    try:
        with transaction.atomic():
            token = Token.objects.create(
                person_id=person.pk, name=name, scope=scope, digest=_digest(secret), made_at=now,
                expires_at=now + timedelta(days=days),
            )  # fmt: skip
            audit.record(act=Act.ADD, subject=_subject(token), patch=_said(token))
    except IntegrityError:
        raise InvalidInput(f"You have a token called {name!r} already.") from None
    return Made(token, secret)


def revoke(*, token: Token) -> None:
    with transaction.atomic():
        said = _said(token)
        if Token.objects.filter(pk=token.pk).delete()[0]:
            audit.record(act=Act.REMOVE, subject=_subject(token), patch=said)


def use(*, secret: str, now: datetime) -> Token | None:
    """With its person. None for one that is unknown or expired, or whose person may not come in any more."""
    if len(secret) > LONGEST_TOKEN:
        return None
    found = Token.objects.select_related("person").filter(digest=_digest(secret), expires_at__gt=now)
    token = found.filter(person__is_active=True).first()
    if token is not None and (token.used_at is None or token.used_at <= now - WRITTEN_EVERY):
        unwritten = Q(used_at=None) | Q(used_at__lte=now - WRITTEN_EVERY)
        Token.objects.filter(unwritten, pk=token.pk).update(used_at=now)
    return token


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode(errors="replace")).hexdigest()


def _subject(token: Token) -> Subject:
    return Subject(SubjectKind.TOKEN, token.name)


def _said(token: Token) -> dict[str, object]:
    return {"person": str(token.person), "scope": token.scope, "expires_at": token.expires_at}
