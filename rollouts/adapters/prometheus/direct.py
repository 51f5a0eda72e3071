"""The way to an address: bounded in time and size, verified unless told otherwise, without redirects, retries and
proxies.
"""

from __future__ import annotations

import http.client
import socket
import ssl
from base64 import b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import urlencode, urlsplit

import urllib3.exceptions
from urllib3 import HTTPHeaderDict, PoolManager, Timeout

from rollouts.adapters.calls import POOLS, Call, OpenCalls, causes_of
from rollouts.domain.errors import MetricsError, MetricsUnfinished, MetricsUnreachable
from rollouts.domain.metrics import Headers, Login, Reply

LIBRARY_ERRORS = (urllib3.exceptions.HTTPError, http.client.HTTPException, OSError, ValueError)
PIECE = 64 * 1024
NOTHING_SENT = "it sent nothing for too long"
LONG_QUERY = 4000
"""Bytes of parameters above which they are posted: a proxy in between may refuse a longer address."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds and bytes. `whole` is for a call from its start to its last byte."""

    connect: float = 2
    read: float = 8
    whole: float = 15
    body: int = 8 * 1024 * 1024


class Direct:
    """Fits `rollouts.domain.metrics.Fetch`. Safe to share between threads; opens nothing until it is used."""

    def __init__(
        self,
        address: str,
        login: Login | None = None,
        limits: Limits | None = None,
        *,
        headers: Headers = (),
        insecure: bool = False,
    ) -> None:
        """`headers` are sent besides; none of them stands for one of ours. `insecure`: whatever certificate the
        address shows.
        """
        self._address = address.rstrip("/")
        self._asked = f"{urlsplit(address).netloc.rpartition('@')[2]} was asked for values"
        self._limits = limits or Limits()
        self._headers = _headers(login, headers)
        self._calls = OpenCalls()
        options: dict[str, Any] = {"ssl_context": _context(insecure)} if address.startswith("https:") else {}
        self._pool = PoolManager(retries=False, maxsize=16, **options)
        self._pool.pool_classes_by_scheme = POOLS

    def __repr__(self) -> str:
        return f"Direct({urlsplit(self._address).hostname})"

    def __call__(self, path: str, parameters: Mapping[str, str]) -> Reply:
        """Raises MetricsUnreachable, without the library's error in its chain: that may quote headers."""
        call = self._calls.begin(self._limits.whole)
        response: Any = None
        problem: Exception | None = None
        try:
            response = self._request(path, urlencode(parameters))
            self._calls.connected()
            body = b"".join(self._pieces(response, call))
            response.release_conn()
            return Reply(response.status, body, response.headers.get("Date", ""))
        except _TooMuch as error:
            problem = error
        except (*LIBRARY_ERRORS, AttributeError) as error:  # the response's file is gone when it was closed meanwhile
            problem = error
        finally:
            self._calls.connected()
            self._calls.end(call)
            if problem is not None and response is not None:
                response.close()
        raise self._translated(call, problem)

    def close(self) -> None:
        self._calls.close()
        self._pool.clear()

    def _request(self, path: str, parameters: str) -> Any:
        limits = Timeout(connect=self._limits.connect, read=self._limits.read)
        given: dict[str, Any] = {"timeout": limits, "redirect": False, "preload_content": False}
        if len(parameters) <= LONG_QUERY:
            return self._pool.request("GET", f"{self._address}{path}?{parameters}", headers=self._headers, **given)
        headers = self._headers.copy()
        headers["Content-Type"] = "application/x-www-form-urlencoded"
        return self._pool.request("POST", f"{self._address}{path}", headers=headers, body=parameters, **given)

    def _pieces(self, response: Any, call: Call) -> Iterator[bytes]:
        size = 0
        while piece := response.read1(PIECE, decode_content=False):
            size += len(piece)
            if size > self._limits.body:
                raise _TooMuch(f"sent more than {self._limits.body} bytes; the rest was not read.")
            yield piece
        if call.late or call.aborted:
            raise ConnectionError("a shut socket may look like a proper end")

    def _translated(self, call: Call, problem: Exception) -> MetricsError:
        if call.aborted:
            return MetricsUnreachable(f"{self._asked}, but the connection was closed here.")
        if call.late:
            return MetricsUnfinished(f"{self._asked} and had not finished after {call.seconds:g} s.")
        if isinstance(problem, _TooMuch):
            return MetricsUnfinished(f"{self._asked} and {problem}")
        reason = _reason(problem)
        kind = MetricsUnfinished if reason == NOTHING_SENT else MetricsUnreachable
        return kind(f"{self._asked}, but {reason}.")


class _TooMuch(Exception):
    pass


def _headers(login: Login | None, besides: Headers) -> HTTPHeaderDict:
    headers = HTTPHeaderDict({"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "kurator-ui"})
    if login is not None and login.user:
        pair = b64encode(f"{login.user}:{login.secret}".encode()).decode("ascii")
        headers["Authorization"] = f"Basic {pair}"
    elif login is not None:
        headers["Authorization"] = f"Bearer {login.secret}"
    ours = set(map(str.lower, headers))
    for name, value in besides:
        if name.lower() not in ours:
            headers.add(name, value)
    return headers


@cache
def _context(insecure: bool) -> ssl.SSLContext:
    """Of the system's authorities, loaded once: each copy of them costs a megabyte."""
    if not insecure:
        return ssl.create_default_context()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def _reason(error: Exception) -> str:
    """Only of the kind of error: its text may quote what was sent."""
    causes = list(causes_of(error))
    tls = next((one for one in causes if isinstance(one, ssl.SSLError)), None)
    if isinstance(tls, ssl.SSLCertVerificationError):
        return f"its certificate is not accepted ({tls.verify_message.rstrip('.')})"
    if tls is not None and not isinstance(tls, ssl.SSLEOFError | ssl.SSLZeroReturnError):
        return "no TLS connection came about; check scheme and port"
    for kinds, words in (
        ((socket.gaierror, urllib3.exceptions.NameResolutionError), "its name is not known"),
        ((ConnectionRefusedError,), "nothing listens there (connection refused)"),
        ((urllib3.exceptions.ConnectTimeoutError,), "no connection came about in time"),
        ((TimeoutError, urllib3.exceptions.TimeoutError), NOTHING_SENT),
        ((http.client.IncompleteRead, ConnectionError, ssl.SSLError), "the connection broke off"),
    ):
        if any(isinstance(one, kinds) for one in causes):
            return words
    return f"the connection failed ({type(error).__name__})"
