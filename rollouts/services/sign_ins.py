"""Limits failed sign-ins, and tokens that are not accepted: guessing stays slow, and nobody can lock others out.

Each failure counts for the name from this address, for the address, and for the name from anywhere. A browser that
somebody has signed in with before is counted by itself instead, so that whatever others try, its person gets in: from
the same address, or with that name.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv4Address, ip_address, ip_network
from typing import NamedTuple
from unicodedata import normalize

from django.db import transaction
from django.db.models import Count, Min
from django.utils.crypto import salted_hmac

from rollouts.models import FailedSignIn

WINDOW = timedelta(minutes=15)
BY_NAME_AND_ADDRESS, BY_ADDRESS, BY_NAME, BY_BROWSER = 5, 50, 20, 10
"""Failures within the window. One address alone never comes to the limit of a name: it is stopped before."""
OF_ONE_SUBSCRIBER = 64
"""Bits of an IPv6 address: below them whoever has one has all."""


class TooMany(Exception):
    """Sign-ins failed too often; `again_at` is when the next attempt will be looked at."""

    def __init__(self, again_at: datetime) -> None:
        super().__init__()
        self.again_at = again_at


class Counted(NamedTuple):
    """What failures are counted by. `forgiven`: forgotten after a success."""

    key: str
    most: int
    forgiven: bool


@dataclass(frozen=True, slots=True)
class Attempt:
    """`rows` count as failed until `succeeded` says otherwise."""

    counted_by: tuple[Counted, ...]
    rows: tuple[int, ...]


def begin(*, name: str, address: str, browser: str, now: datetime) -> Attempt:
    """To be called before the password is looked at, so that attempts at the same moment are counted too. `browser` is
    what tells a browser that this person has signed in with before; empty for any other.

    Raises TooMany; such an attempt does not count.
    """
    counted_by = _counted_by(name, address, browser)
    most = {one.key: one.most for one in counted_by}
    with transaction.atomic():
        FailedSignIn.objects.filter(at__lte=now - WINDOW).delete()
        rows = FailedSignIn.objects.bulk_create(FailedSignIn(key=key, at=now) for key in most)
        counted = FailedSignIn.objects.filter(key__in=most).order_by().values("key")
        found = counted.annotate(number=Count("id"), first=Min("at")).values_list("key", "number", "first")
        if free_at := [first + WINDOW for key, number, first in found if number > most[key]]:
            raise TooMany(max(free_at))
    return Attempt(counted_by, tuple(row.pk for row in rows))


def succeeded(*, attempt: Attempt) -> None:
    """The failures of an address stay, also of a name from anywhere: who guesses at others could wash them away by
    signing in with an account of their own.
    """
    FailedSignIn.objects.filter(pk__in=attempt.rows).delete()
    FailedSignIn.objects.filter(key__in=[one.key for one in attempt.counted_by if one.forgiven]).delete()


def token_refused(*, address: str, now: datetime) -> None:
    """Counts a token that was not accepted. Those that are accepted are never counted nor stopped: nobody behind the
    same address suffers from a program that goes on with an old one.

    Raises TooMany, which writes nothing.
    """
    key = _key("token", _subscriber(address))
    counted = FailedSignIn.objects.filter(key=key, at__gt=now - WINDOW)
    found = counted.aggregate(number=Count("id"), first=Min("at"))
    if found["number"] >= BY_ADDRESS:
        raise TooMany(found["first"] + WINDOW)
    with transaction.atomic():
        FailedSignIn.objects.filter(at__lte=now - WINDOW).delete()
        FailedSignIn.objects.create(key=key, at=now)


def _counted_by(name: str, address: str, browser: str) -> tuple[Counted, ...]:
    name, address = normalize("NFKC", name).casefold(), _subscriber(address)
    if browser:
        return (Counted(_key("browser", browser), BY_BROWSER, True),)
    return (
        Counted(_key("name and address", name, address), BY_NAME_AND_ADDRESS, True),
        Counted(_key("address", address), BY_ADDRESS, False),
        Counted(_key("name", name), BY_NAME, False),
    )


def _key(*parts: str) -> str:
    return salted_hmac("rollouts.sign-ins", repr(parts), algorithm="sha256").hexdigest()


def _subscriber(address: str) -> str:
    try:
        one = ip_address(address)
    except ValueError:
        return address
    if isinstance(one, IPv4Address):
        return str(one)
    return str(one.ipv4_mapped or ip_network((one, OF_ONE_SUBSCRIBER), strict=False))
