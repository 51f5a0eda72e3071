"""Every failure of a call, told as one of our own errors. The only place that knows the errors of the libraries.

What is raised carries a sentence and nothing else: no header, no body, no library error in its chain, since those may
hold a token. Callers therefore raise it outside of their `except` block.
"""

from __future__ import annotations

import http.client
import re
import socket
import ssl
import time
from email.utils import parsedate_to_datetime

import msgspec
import urllib3.exceptions

from rollouts.adapters.calls import causes_of
from rollouts.domain.errors import (
    ClusterError,
    Conflict,
    Forbidden,
    Gone,
    NotFound,
    Refused,
    Throttled,
    Unauthenticated,
    Unfinished,
    Unreachable,
)

LIBRARY_ERRORS = (urllib3.exceptions.HTTPError, http.client.HTTPException, OSError, ValueError)
LONGEST_WAIT = 60.0
_TLS_HINTS = {
    "self-signed": "the certificate is not signed by the CA of the kubeconfig; check certificate-authority-data",
    "self signed": "the certificate is not signed by the CA of the kubeconfig; check certificate-authority-data",
    "unable to get local issuer": "the certificate is not signed by the CA given; check certificate-authority-data",
    "hostname mismatch": "the certificate is for another name; check `server`, or give tls-server-name",
    "ip address mismatch": "the certificate is for another address; check `server`, or give tls-server-name",
    "expired": "the certificate has expired; renew it, and check the clocks",
    "not yet valid": "the certificate is not valid yet; check the clocks",
    "wrong_version_number": "it does not speak TLS; check scheme and port of `server`",
    "wrong version number": "it does not speak TLS; check scheme and port of `server`",
    "bad certificate": "it does not accept the client certificate; check client-certificate-data",
    "certificate required": "it wants a client certificate; check client-certificate-data",
    "unknown ca": "it does not accept the client certificate; check client-certificate-data",
}
_BROKEN_OFF = (
    http.client.IncompleteRead,  # urllib3's own is one too
    http.client.RemoteDisconnected,
    ConnectionError,
    ssl.SSLEOFError,
    ssl.SSLZeroReturnError,
)


class Status(msgspec.Struct, rename="camel"):
    """What an API server answers when it refuses."""

    kind: str | None = None
    message: str | None = None
    reason: str | None = None
    code: int | None = None


_status = msgspec.json.Decoder(Status, strict=False)


def from_answer(what: str, code: int, body: bytes, retry_after: str = "") -> ClusterError:
    """`what` names host, verb and path kind: "api.example:6443 was asked to list canaries"."""
    try:
        status = _status.decode(body)
    except (ValueError, RecursionError):
        status = Status()  # not Kubernetes' own words: a proxy's page is for nobody
    said = re.sub(r"[\x00-\x1f\x7f]+", " ", status.message or "")[:500].strip()
    return _of_code(what, code, f": {said}" if said else "", retry_after)


def _of_code(what: str, code: int, said: str, retry_after: str) -> ClusterError:
    if code == 429 or (code == 503 and retry_after):
        wait = seconds_to_wait(retry_after)
        return Throttled(f"{what} and asks to wait {wait:g} s ({code}){said}", wait)
    if code == 401:
        return Unauthenticated(f"{what} and does not accept the credential (401){said}")
    if code == 403:
        return Forbidden(f"{what}, which this account may not do (403){said}")
    if code == 404:
        return NotFound(f"{what} and knows no such thing (404){said}")
    if code == 409:
        return Conflict(f"{what}, but the object has changed since (409){said}")
    if code == 410:
        return Gone(f"{what} from a point it no longer remembers (410){said}")
    if code in (408, 504) or code >= 500:
        return Unreachable(f"{what} and failed ({code}){said}")
    if 300 <= code < 400:
        return Refused(f"{what} and redirects elsewhere ({code}); give the address of the API server itself")
    return Refused(f"{what} and refused ({code}){said}")


def from_status(what: str, body: bytes) -> ClusterError:
    """Of an ERROR line inside a watch, where the code is in the Status only."""
    try:
        code = _status.decode(body).code or 500
    except (ValueError, RecursionError):
        code = 500
    return from_answer(what, code, body)


def from_the_api_server(what: str, code: int, body: bytes) -> ClusterError | None:
    """Of a proxied answer: None unless it is the API server itself that refuses, which it does with a Status."""
    try:
        refused = code >= 400 and _status.decode(body).kind == "Status"
    except (ValueError, RecursionError):
        refused = False
    return from_answer(what, code, body) if refused else None


def from_library(what: str, error: Exception) -> ClusterError:
    """`str(error)` of a library is used for TLS reasons only: others may quote headers."""
    causes = list(causes_of(error))
    for cause in causes:
        tls = _tls_reason(cause)
        if tls:
            return Unreachable(f"{what}, but no TLS connection came about: {tls}.")
    if any(isinstance(cause, urllib3.exceptions.ProxyError) for cause in causes):
        return Unreachable(f"{what}, but the proxy in between cannot be used; check proxy-url.")
    if any(isinstance(cause, socket.gaierror | urllib3.exceptions.NameResolutionError) for cause in causes):
        return Unreachable(f"{what}, but its name is not known.")
    if any(isinstance(cause, ConnectionRefusedError) for cause in causes):
        return Unreachable(f"{what}, but nothing listens there (connection refused).")
    if any(isinstance(cause, urllib3.exceptions.ConnectTimeoutError) for cause in causes):
        return Unreachable(f"{what}, but no connection came about in time.")
    if any(isinstance(cause, TimeoutError | urllib3.exceptions.TimeoutError) for cause in causes):
        return Unfinished(f"{what}, but it sent nothing for too long.")
    if any(isinstance(cause, _BROKEN_OFF) for cause in causes):
        return Unreachable(f"{what}, but the connection broke off.")
    return Unreachable(f"{what}, but the connection failed ({type(error).__name__}).")


def _tls_reason(error: BaseException) -> str:
    if not isinstance(error, ssl.SSLError) or isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError):
        return ""
    words = str(error).lower()
    return next((hint for sign, hint in _TLS_HINTS.items() if sign in words), "check server address and certificates")


def seconds_to_wait(retry_after: str) -> float:
    """A Retry-After header, in seconds or as a date, between 1 and 60 s; 1 s when it says nothing we understand."""
    words = retry_after.strip()
    try:
        wait = float(int(words)) if words.isascii() and words.isdigit() else _until(words)
    except (ValueError, TypeError, OverflowError):
        wait = 1.0
    return min(max(wait, 1.0), LONGEST_WAIT)


def _until(date: str) -> float:
    return parsedate_to_datetime(date).timestamp() - time.time()
