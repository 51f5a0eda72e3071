"""What a person says of where a cluster's metrics are."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from django.db import transaction

from rollouts.domain.errors import InvalidInput
from rollouts.domain.metric_places import origin_of
from rollouts.models import Cluster
from rollouts.services.clusters import telling
from rollouts.services.secrets import Cipher

LONGEST_ADDRESS, LONGEST_SECRET, MOST_ALLOWED = 1024, 4096, 50


@dataclass(frozen=True, slots=True)
class MetricsGiven:
    """`secret` is the password of `user`, or a bearer token without one; empty leaves what is stored.

    `allowed`: origins found in the cluster that may be reached directly, without any credential of ours.
    """

    address: str = ""
    user: str = ""
    secret: str = field(default="", repr=False)
    allowed: tuple[str, ...] = ()

    def check(self, known: Cluster | None = None) -> None:
        """Raises InvalidInput; no sentence carries the secret."""
        if self.address and not _usable(self.address):
            raise InvalidInput("The address of Prometheus looks like http://host:9090, without user or password.")
        if (self.user or self.secret) and not self.address:
            raise InvalidInput("A user or password is for the address of Prometheus; give that too.")
        if ":" in self.user or not self.user.isprintable() or len(self.user) > 253:
            raise InvalidInput("The user for Prometheus has no colon and at most 253 characters.")
        if not self.secret.isprintable() or len(self.secret) > LONGEST_SECRET:
            raise InvalidInput(f"The password for Prometheus is one line of at most {LONGEST_SECRET} characters.")
        if self.user and not self.secret and not self._keeps(known):
            raise InvalidInput("The user for Prometheus needs a password.")
        if len(self.allowed) > MOST_ALLOWED:
            raise InvalidInput(f"At most {MOST_ALLOWED} metrics addresses can be allowed.")
        for one in self.allowed:
            if not origin_of(one) or urlsplit(one)._replace(scheme="", netloc="").geturl() not in ("", "/"):
                raise InvalidInput(f"{one[:200]!r} is no origin; it looks like https://prometheus.example:9090.")

    def columns(self, cipher: Cipher, known: Cluster | None = None) -> dict[str, Any]:
        """Of a checked one. What is stored for another address is forgotten: it must not be sent to this one."""
        secret = cipher.encrypt(self.secret.encode()) if self.secret else ""
        if known is not None and self._keeps(known):
            secret = known.prometheus_secret
        return {
            "prometheus_url": self.address,
            "prometheus_user": self.user,
            "prometheus_secret": secret,
            "metrics_allowed": list(dict.fromkeys(origin_of(one) for one in self.allowed)),
        }

    def _keeps(self, known: Cluster | None) -> bool:
        if known is None or self.secret or not known.prometheus_secret:
            return False
        return bool(self.address) and origin_of(self.address) == origin_of(known.prometheus_url)


def set_metrics(*, cluster: Cluster, cipher: Cipher, metrics: MetricsGiven) -> None:
    """In place of all that was said before; a password stays only with the address it is for. Raises InvalidInput."""
    metrics.check(cluster)
    columns = metrics.columns(cipher, cluster)
    with transaction.atomic():
        before = Cluster.objects.get(pk=cluster.pk)
        Cluster.objects.filter(pk=cluster.pk).update(**columns)
        telling.changed(before, columns)


def _usable(address: str) -> bool:
    parts = urlsplit(address) if origin_of(address) else None
    return parts is not None and not parts.query and not parts.fragment and len(address) <= LONGEST_ADDRESS
