"""Addresses that somebody wrote in a cluster: which of them name a Service of it.

Only those are asked, through that cluster's own API server, so that nobody can make this program call what they cannot
reach themselves.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

PORTS = {"http": 80, "https": 443}
_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
_IN_CLUSTER = re.compile(r"(?P<service>[^.]+)(\.(?P<namespace>[^.]+)(\.svc(\.cluster\.local)?)?)?\.?")


class Unplaceable(Exception):
    """A sentence: why the address is not asked from here, and what an administrator can do."""


@dataclass(frozen=True, slots=True)
class Service:
    """A Service of a cluster, as its API server's proxy names it."""

    namespace: str
    """Empty where the address names none: then it is that of whoever asks, mostly Flagger's own."""
    name: str
    scheme: str
    port: str

    @property
    def reference(self) -> str:
        """As a path of the proxy and a Role's `resourceNames` name it."""
        return f"{self.scheme}:{self.name}:{self.port}"


def service_of(parts: SplitResult) -> Service | None:
    """`localhost` would be the pod of whoever asks, and a host all of digits is a piece of an address."""
    found = _IN_CLUSTER.fullmatch((parts.hostname or "").lower())
    if found is None:
        return None
    labels = [found["service"], found["namespace"] or "x"]
    if not all(_LABEL.fullmatch(label) and not label.isdigit() for label in labels) or labels[0] == "localhost":
        return None
    port = str(parts.port or PORTS[parts.scheme])
    return Service(found["namespace"] or "", found["service"], parts.scheme, port)


def parts_of(address: str) -> SplitResult:
    """Of an http address. Raises Unplaceable."""
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        raise Unplaceable(f"{shown(address)} is no address that can be asked.") from None
    if parts.scheme not in PORTS or not parts.hostname or port == 0:
        raise Unplaceable(f"{shown(address)} is no address that can be asked; it looks like http://prometheus:9090.")
    if parts.username is not None or parts.password is not None:
        raise Unplaceable(f"The address of {parts.hostname} carries a login; such an address is not asked from here.")
    return parts


def shown(address: str) -> str:
    """Without what may be a login: in an address that is wrong, anything before an @ may be one."""
    _, at, behind = address.rpartition("@")
    plain = f"…@{behind}" if at else address
    return "".join(sign for sign in plain if sign.isprintable())[:200] or "An empty address"
