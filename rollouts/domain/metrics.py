"""What is asked of a metrics source and what it answers; where a check's values come from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from rollouts.domain.observations import Check


class Side(StrEnum):
    BLUE = "blue"
    GREEN = "green"


@dataclass(frozen=True, slots=True)
class Series:
    """One series of an answer: Unix seconds and value, in order of time. NaN and Inf are kept as they came."""

    labels: Mapping[str, str]
    samples: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """`warnings`: the source says that its answer may be incomplete."""

    series: tuple[Series, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reply:
    """What a metrics source sent, whatever it says. `date` is its clock as HTTP writes it; empty when it told none."""

    status: int
    body: bytes
    date: str = ""


Fetch = Callable[[str, Mapping[str, str]], Reply]
"""A way to a metrics source: GET of a path with parameters, bounded in time and size. Raises MetricsErrors when no
whole answer came.
"""


@dataclass(frozen=True, slots=True)
class Login:
    """For a metrics source. Without a user the secret is a bearer token."""

    user: str = ""
    secret: str = field(default="", repr=False)


Headers = tuple[tuple[str, str], ...]
"""Names with values, as they are sent. A name may come more than once."""


class MetricsSource(Protocol):
    """One Prometheus. Safe to share between threads; every call is bounded in time and size.

    Raises the MetricsErrors of `rollouts.domain.errors`, nothing else.
    """

    def instant(self, query: str, at: datetime | None = None) -> Answer:
        """The value at one moment; now, by the source's own clock, when none is given. A matrix raises QueryRefused."""

    def range(self, query: str, begin: datetime, end: datetime, step: int) -> Answer:
        """Values every `step` seconds from `begin` to `end`, both included."""

    def close(self) -> None: ...


class Way(StrEnum):
    PROXY = "proxy"
    """Through the API server's service proxy, with the cluster's own credential."""
    DIRECT = "direct"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a metrics source is. For `PROXY` the Service, for `DIRECT` the address.

    `trusted`: set by an administrator for this cluster; the only addresses that a credential of ours is sent to.
    """

    way: Way
    address: str
    """As it was written, for people."""
    namespace: str = ""
    service: str = ""
    scheme: str = "http"
    port: str = ""
    path: str = ""
    """Of the address, before `/api/v1/…`; without a slash at its end."""
    trusted: bool = False
    secret_namespace: str = ""
    secret: str = ""
    """The Secret that a MetricTemplate names for this address, whose content is sent there and nowhere else."""
    headers: Headers = field(default=(), repr=False)
    """What a MetricTemplate sends to this address besides. They may hold a secret, so nobody is shown them."""
    insecure: bool = False
    """The certificate of this address is not verified."""


@dataclass(frozen=True, slots=True)
class MetricTemplate:
    """A MetricTemplate object, as far as it is used."""

    namespace: str
    name: str
    provider: str
    """`prometheus`, `datadog`, …"""
    address: str
    query: str
    secret: str = ""
    """Name of the Secret with the credential for the address, in the template's namespace."""
    insecure: bool = False
    headers: Headers = field(default=(), repr=False)
    """As they were written, whatever they are."""


@dataclass(frozen=True, slots=True)
class Revisions:
    """Which revisions of a Knative Service are the sides: `green` is the newest, `blue` the one that Flagger promoted
    last; they are one and the same between releases. Empty while there is none.
    """

    green: str
    blue: str


@dataclass(frozen=True, slots=True)
class Asking:
    """How one check's values are read on both sides. With `unreadable` (a sentence) they cannot be, from here.

    `scale`: what values are multiplied by to be in the check's unit (1000 where a duration comes in seconds).
    """

    check: Check
    green: str = ""
    blue: str = ""
    """Empty: the query does not tell the sides apart; `blue_note` says why."""
    scale: float = 1.0
    place: Place | None = None
    template: MetricTemplate | None = None
    unreadable: str = ""
    blue_note: str = ""
    by_revision: bool = False
    """The queries name revisions, and which one is a side is another after each release."""
    unread: bool = False
    """What it takes to ask could not be read: `unreadable` may be gone the next time."""


@dataclass(frozen=True, slots=True)
class ClusterMetrics:
    """What is known of a cluster's metrics source.

    `fixed`: the address an administrator gave; it wins over all others. `flag`: Flagger's `-metrics-server`.
    `allowed`: origins (`https://prometheus.example:9090`) that may be reached directly although tenants wrote them.
    """

    fixed: str = ""
    flag: str = ""
    flagger_namespace: str = ""
    provider: str = ""
    """Flagger's `-mesh-provider`, for Canaries that name none."""
    flagger_version: str = ""
    allowed: tuple[str, ...] = field(default=())
