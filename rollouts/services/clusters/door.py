"""The way to the metrics of one cluster: which credential goes where is decided here and nowhere else."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from functools import partial
from typing import TypeVar

from rollouts.domain.errors import (
    ClusterError,
    CredentialError,
    Forbidden,
    MetricsDenied,
    MetricsError,
    MetricsUnfinished,
    MetricsUnreachable,
    NotFound,
    Unauthenticated,
    Unfinished,
    Unreachable,
)
from rollouts.domain.metrics import Fetch, Login, MetricsSource, MetricTemplate, Place, Reply, Revisions, Way
from rollouts.domain.observations import Canary
from rollouts.domain.ports import ClusterConnection
from rollouts.models import Cluster
from rollouts.services.clusters.ways import Ways

Found = TypeVar("Found")
Direct = Callable[[Place, Login | None], MetricsSource]
Through = Callable[[Place, Fetch], MetricsSource]


class Door:
    """Fits `rollouts.domain.ports.MetricsDoor`. `direct` makes a source at an address, `through` one behind a way."""

    def __init__(self, *, cluster: Cluster, ways: Ways, direct: Direct, through: Through) -> None:
        self._cluster = cluster
        self._ways = ways
        self._direct = direct
        self._through = through
        self._lock = threading.Lock()
        self._connection: ClusterConnection | None = None
        self._templates: dict[tuple[str, str], MetricTemplate | str] = {}
        self._revisions: dict[tuple[str, str], Revisions | str] = {}
        self._silence = ""
        """Why the API server gave no answer: it is not waited for again for each object."""

    def template(self, namespace: str, name: str) -> MetricTemplate | str:
        key = namespace, name
        if key not in self._templates:
            self._templates[key] = self._read(partial(_template, key))
        return self._templates[key]

    def revisions(self, canary: Canary) -> Revisions | str:
        key = canary.namespace, canary.target_name
        if key not in self._revisions:
            self._revisions[key] = self._read(partial(_revisions, key))
        return self._revisions[key]

    def source(self, place: Place) -> MetricsSource:
        if place.way is Way.PROXY:
            return self._through(place, partial(self._proxied, place))
        return self._direct(place, self._login(place))

    def close(self) -> None:
        with self._lock:
            if self._connection is not None:
                self._connection.close()

    def _open(self) -> ClusterConnection:
        """Raises ClusterError."""
        with self._lock:
            if self._connection is None:
                self._connection = self._ways.connect(self._cluster)
            return self._connection

    def _read(self, read: Callable[[ClusterConnection], Found]) -> Found | str:
        if self._silence:
            return self._silence
        try:
            return read(self._open())
        except Unreachable as error:
            self._silence = str(error)
            return self._silence
        except ClusterError as error:
            return str(error)

    def _proxied(self, place: Place, path: str, parameters: Mapping[str, str]) -> Reply:
        try:
            return self._open().proxied(place, path, parameters)
        except ClusterError as error:
            problem = _of_the_way(error)
        raise problem

    def _login(self, place: Place) -> Login | None:
        """An administrator's goes to the address that was given with it, a template's to the template's own address;
        neither anywhere else.
        """
        if place.trusted:
            return self._given()
        return self._of_secret(place) if place.secret else None

    def _given(self) -> Login | None:
        cluster = self._cluster
        if not cluster.prometheus_secret:
            return None
        try:
            return Login(cluster.prometheus_user, self._ways.cipher.decrypt(cluster.prometheus_secret).decode())
        except CredentialError as error:
            problem = MetricsDenied(f"The password of {cluster.prometheus_url} cannot be used. {error}")
        raise problem

    def _of_secret(self, place: Place) -> Login:
        """As Flagger takes it: the key `token`, else `username` with `password`."""
        named = f"The Secret {place.secret_namespace}/{place.secret}, which a MetricTemplate names for its address,"
        try:
            token = self._value(place, "token")
            user, password = ("", token) if token else (self._value(place, "username"), self._value(place, "password"))
        except ClusterError as error:
            problem = MetricsDenied(f"{named} cannot be read. {error}")
        else:
            if password and password.isprintable() and (user or token):
                return Login(user, password)
            problem = MetricsDenied(f"{named} has neither a token nor a user and password that can be sent.")
        raise problem

    def _value(self, place: Place, key: str) -> str:
        try:
            found = self._open().secret(place.secret_namespace, place.secret, key)
        except NotFound:
            return ""
        return found.decode(errors="replace").strip()


def _template(key: tuple[str, str], connection: ClusterConnection) -> MetricTemplate:
    return connection.metric_template(*key)


def _revisions(key: tuple[str, str], connection: ClusterConnection) -> Revisions:
    return connection.revisions(*key)


def _of_the_way(error: ClusterError) -> MetricsError:
    if isinstance(error, Forbidden | Unauthenticated):
        return MetricsDenied(str(error))
    return MetricsUnfinished(str(error)) if isinstance(error, Unfinished) else MetricsUnreachable(str(error))
