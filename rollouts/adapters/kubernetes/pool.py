"""Connections to one API server: its own CA only, no retries, no redirects, no proxies from the environment.

What is written goes through the official client. What is read, thousands of times as often, asks the very same pool of
urllib3 directly: the client takes every address apart and together again on its way there, a third of what a call
costs, and to import it costs a process 19 MB and two seconds.
"""

from __future__ import annotations

import socket
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

import msgspec
from urllib3 import HTTPConnectionPool, HTTPHeaderDict, PoolManager, ProxyManager, Timeout, make_headers
from urllib3.util import parse_url

from rollouts.adapters.calls import POOLS
from rollouts.adapters.kubernetes.tls import context_for
from rollouts.domain.ports import Credential

if TYPE_CHECKING:
    from rollouts.adapters.kubernetes.writing import Writer

KEEPALIVE = [
    (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
    *(
        (socket.IPPROTO_TCP, getattr(socket, name), value)
        for name, value in (("TCP_KEEPIDLE", 15), ("TCP_KEEPINTVL", 5), ("TCP_KEEPCNT", 3))
        if hasattr(socket, name)
    ),
]


class Pool:
    """Opens nothing until it is used. Raises CredentialError when the credential cannot be used."""

    def __init__(self, credential: Credential) -> None:
        self._server = credential.server.rstrip("/")
        self._proxied = bool(credential.proxy_url)
        self._manager = _manager(credential)

    def request(
        self, verb: str, path: str, query: Mapping[str, object] | None, headers: HTTPHeaderDict, body: Any,
        timeout: Timeout, *, writes: bool,
    ) -> Any:  # fmt: skip
        """The answer as urllib3 gives it, not read yet. A `body` is sent as JSON. Raises urllib3's errors."""
        target, asked = f"{self._server}{path}", f"?{urlencode(query)}" if query else ""
        if writes:
            return self._writer.request(verb, target + asked, headers, body, timeout)
        given: dict[str, Any] = {
            "headers": headers, "timeout": timeout, "redirect": False, "preload_content": False,
            "body": None if body is None else msgspec.json.encode(body),
        }  # fmt: skip
        if self._proxied:  # where a proxy is not tunnelled through it wants the whole address
            return self._manager.urlopen(verb, target + asked, **given)
        return self._direct.urlopen(verb, parse_url(target).request_uri + asked, **given)

    def close(self) -> None:
        self._manager.clear()
        if "_direct" in vars(self):  # held here too, so that clearing alone would not close what is idle in it
            self._direct.close()

    @cached_property
    def _writer(self) -> Writer:
        from rollouts.adapters.kubernetes.writing import Writer  # noqa: PLC0415  (what only reads is spared its cost)

        return Writer(self._manager)

    @cached_property
    def _direct(self) -> HTTPConnectionPool:
        return self._manager.connection_from_url(self._server)


def _manager(credential: Credential) -> PoolManager:
    options: dict[str, Any] = {"retries": False, "maxsize": 16, "socket_options": KEEPALIVE}
    if credential.server.startswith("https:"):
        options["ssl_context"] = context_for(credential)
        if credential.tls_server_name:
            options["server_hostname"] = credential.tls_server_name
    if credential.proxy_url:
        user = urlsplit(credential.proxy_url)
        login = f"{user.username}:{user.password or ''}" if user.username else None
        proxy_headers = make_headers(proxy_basic_auth=login)
        manager: PoolManager = ProxyManager(credential.proxy_url, proxy_headers=proxy_headers, **options)
    else:
        manager = PoolManager(**options)
    manager.pool_classes_by_scheme = POOLS
    return manager
