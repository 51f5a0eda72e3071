"""Open calls that can be ended from outside: at their deadline, or when the connection they belong to is closed.

A socket's own time limit counts from one byte to the next, so a server that sends one byte a second is never too late.
And a thread that waits for bytes cannot be told to stop. Both are solved by shutting the socket down from another
thread: the waiting one wakes up with an end of file. One thread keeps the deadlines of the whole process.
"""

from __future__ import annotations

import contextlib
import math
import os
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection


class Call:
    """One request from its start to the last byte of its answer. `late` and `aborted` say why its socket was shut."""

    def __init__(self, seconds: float) -> None:
        self.ends_at = time.monotonic() + seconds
        self.seconds = seconds
        self.late = False
        self.aborted = False
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None

    def uses(self, its: socket.socket | None) -> None:
        """Follows the socket of the call, which changes while the connection is made."""
        with self._lock:
            self._socket = its
            if self.late or self.aborted:
                _shut(its)

    def expire(self) -> None:
        with self._lock:
            self.late = True
            _shut(self._socket)

    def abort(self) -> None:
        with self._lock:
            self.aborted = True
            _shut(self._socket)

    def wait(self, seconds: float) -> None:
        """How long the socket waits for its next byte from now on."""
        with self._lock:
            if self._socket is not None:
                self._socket.settimeout(seconds)

    def forget(self) -> None:
        """The answer has been read: its socket may serve another call from now on."""
        with self._lock:
            self._socket = None


def _shut(its: socket.socket | None) -> None:
    """The plain socket's shutdown, also of a TLS one: `ssl`'s own would take the TLS state from the reading thread."""
    if its is not None:
        with contextlib.suppress(OSError):
            socket.socket.shutdown(its, socket.SHUT_RDWR)


class _Deadlines:
    """The thread sleeps until the first end that it knew of when it last looked. Nearly every call ends long before its
    deadline, so it is woken only for one that is sooner.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._calls: set[Call] = set()
        self._looks_at = math.inf
        self._thread: threading.Thread | None = None

    def add(self, call: Call) -> None:
        with self._changed:
            self._calls.add(call)
            if self._thread is None or not self._thread.is_alive():  # a fork leaves threads behind
                self._thread = threading.Thread(target=self._run, name="call-deadlines", daemon=True)
                self._thread.start()
            if call.ends_at < self._looks_at:
                self._changed.notify()

    def remove(self, call: Call) -> None:
        with self._changed:
            self._calls.discard(call)

    def _run(self) -> None:
        while True:
            with self._changed:
                now = time.monotonic()
                late = [call for call in self._calls if call.ends_at <= now]
                self._calls.difference_update(late)
                if not late:
                    self._looks_at = min((call.ends_at for call in self._calls), default=math.inf)
                    self._changed.wait(None if self._looks_at == math.inf else self._looks_at - now)
            for call in late:
                call.expire()


_deadlines = _Deadlines()
if hasattr(os, "register_at_fork"):  # a child has no thread, and perhaps a lock that nobody will ever release
    os.register_at_fork(after_in_child=_deadlines.__init__)  # type: ignore[misc]
_current = threading.local()


class OpenCalls:
    """The calls of one connection."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._calls: set[Call] = set()
        self.closed = False

    def begin(self, seconds: float) -> Call:
        """Until `connected`, the connections that this thread makes belong to the call."""
        call = Call(seconds)
        with self._lock:
            self._calls.add(call)
            if self.closed:
                call.abort()
        _deadlines.add(call)
        _current.call = call
        return call

    def connected(self) -> None:
        _current.call = None

    def end(self, call: Call) -> None:
        call.forget()
        _deadlines.remove(call)
        with self._lock:
            self._calls.discard(call)

    def close(self) -> None:
        with self._lock:
            self.closed = True
            calls = list(self._calls)
        for call in calls:
            call.abort()


class _Followed:
    """Tells the current call which socket it waits on: while connecting, and when a kept connection is used again."""

    sock: Any

    def _new_conn(self) -> socket.socket:
        plain: socket.socket = super()._new_conn()  # type: ignore[misc]
        call: Call | None = getattr(_current, "call", None)
        if call is not None:
            # TLS takes the descriptor over from this object, so the handshake is ended through a second one.
            self._handshake = plain.dup()
            call.uses(self._handshake)
        return plain

    def connect(self) -> None:
        try:
            super().connect()  # type: ignore[misc]
        finally:
            call: Call | None = getattr(_current, "call", None)
            if call is not None:
                call.uses(self.sock)
            handshake = self.__dict__.pop("_handshake", None)
            if handshake is not None:
                handshake.close()

    def request(self, *args: Any, **kwargs: Any) -> None:
        call: Call | None = getattr(_current, "call", None)
        if call is not None and self.sock is not None:
            call.uses(self.sock)
        super().request(*args, **kwargs)  # type: ignore[misc]


class _PlainConnection(_Followed, HTTPConnection):
    pass


class _TLSConnection(_Followed, HTTPSConnection):
    pass


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _PlainConnection


class _TLSPool(HTTPSConnectionPool):
    ConnectionCls = _TLSConnection

    def _validate_conn(self, conn: Any) -> None:
        """Without urllib3's warning: a person has allowed what is not verified, one by one."""
        if conn.is_closed:
            conn.connect()


POOLS: dict[str, type[HTTPConnectionPool]] = {"http": _PlainPool, "https": _TLSPool}
"""For `PoolManager.pool_classes_by_scheme`."""


def causes_of(error: BaseException) -> Iterator[BaseException]:
    """The error with what caused it: urllib3 keeps causes as `reason`, as arguments, and in the chain."""
    seen: set[int] = set()
    waiting: list[object] = [error]
    while waiting and len(seen) < 20:
        one = waiting.pop(0)
        if not isinstance(one, BaseException) or id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        waiting += [getattr(one, "reason", None), one.__cause__, one.__context__, *one.args]
