"""HTTP to one API server: bounded in time and size, with our errors only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import msgspec
from urllib3 import HTTPHeaderDict, Timeout

from rollouts.adapters.calls import Call, OpenCalls
from rollouts.adapters.kubernetes.errors import LIBRARY_ERRORS, from_answer, from_library
from rollouts.adapters.kubernetes.pool import Pool
from rollouts.adapters.kubernetes.token import Token
from rollouts.domain.errors import ClusterError, Unfinished, Unreachable
from rollouts.domain.metrics import Headers, Reply
from rollouts.domain.ports import Credential

READ = 64 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds and bytes. `whole` is for a call from its start to its last byte, however steadily the bytes come.

    `margin` is added to the seconds that a watch asked the server to end it after: then it is ended from here.
    """

    connect: float = 3
    read: float = 10
    whole: float = 60
    margin: float = 10
    body: int = 64 * 1024 * 1024
    relayed: float = 15
    relayed_body: int = 8 * 1024 * 1024
    """For what a Service behind the API server answers."""
    line: int = 8 * 1024 * 1024


class TooLarge(Unfinished):
    """The answer is larger than `Limits.body`."""


class Transport:
    """Requests with one credential. Safe to share between threads; opens nothing until it is used."""

    def __init__(self, credential: Credential, limits: Limits) -> None:
        self.host = urlsplit(credential.server).netloc
        self.limits = limits
        self._credential = credential
        self._token = Token(credential)
        self._calls = OpenCalls()
        self._pool = Pool(credential)

    def asked(self, what: str) -> str:
        """The beginning of every sentence about a call that failed."""
        return f"{self.host} was asked to {what}"

    def get(self, path: str, query: Mapping[str, object] | None = None, *, what: str) -> bytes:
        """The whole body of a good answer. `what` completes "HOST was asked to …" in the sentence of an error."""
        with self._open("GET", path, query, None, self.limits.whole, what) as answer:
            return answer.whole(self.limits.body)

    def ask(self, path: str, body: Any, *, what: str) -> bytes:
        """The answer to a question that has to be sent as an object, which changes nothing."""
        with self._open("POST", path, None, body, self.limits.whole, what) as answer:
            return answer.whole(self.limits.body)

    def send(
        self, verb: str, path: str, query: Mapping[str, object] | None = None, *, body: Any = None,
        form: str = "application/json", what: str,
    ) -> bytes:  # fmt: skip
        """What is written. The whole body of a good answer; `form` is the content type of what is sent."""
        with self._open(verb, path, query, body, self.limits.whole, what, form=form, writes=True) as answer:
            return answer.whole(self.limits.body)

    def relayed(
        self, path: str, query: Mapping[str, object], headers: Headers = (), *, body: Any = None, what: str
    ) -> Reply:
        """Whatever is answered, good or not. With a body it is a POST. `headers` are for who answers behind the API
        server; none of them stands for one of ours.
        """
        verb, whole, writes = "GET" if body is None else "POST", self.limits.relayed, body is not None
        with self._open(verb, path, query, body, whole, what, refuse=False, relayed=headers, writes=writes) as answer:
            return answer.reply(self.limits.relayed_body)

    @contextmanager
    def lines(self, path: str, query: Mapping[str, object], seconds: float, *, what: str) -> Iterator[Iterator[bytes]]:
        """The lines of an answer as they come; the server is to end it after `seconds`."""
        patience = seconds + self.limits.margin
        with self._open("GET", path, query, None, patience, what) as answer:
            answer.may_pause(patience)
            yield answer.lines(self.limits.line)

    def close(self) -> None:
        self._calls.close()
        self._pool.close()

    @contextmanager
    def _open(
        self, verb: str, path: str, query: Mapping[str, object] | None, body: Any, whole: float, what: str,
        *, refuse: bool = True, form: str = "application/json", relayed: Headers = (), writes: bool = False,
    ) -> Iterator[_Answer]:  # fmt: skip
        asked = self.asked(what)
        call = self._calls.begin(whole)
        answer: _Answer | None = None
        try:
            if call.aborted:  # closed before: a new connection would only be made to be shut again
                raise _problem(call, asked, None)
            headers = self._headers(form if body is not None else "", relayed)
            answer = self._request(call, verb, path, query, headers, body, asked, writes)
            if refuse:
                answer.refuse_failures()
            yield answer
        finally:
            self._calls.end(call)
            if answer is not None:
                answer.close()

    def _request(
        self, call: Call, verb: str, path: str, query: Mapping[str, object] | None, headers: HTTPHeaderDict, body: Any,
        asked: str, writes: bool,
    ) -> _Answer:  # fmt: skip
        problem: ClusterError | None = None
        try:
            limits = Timeout(connect=self.limits.connect, read=self.limits.read)
            response = self._pool.request(verb, path, query, headers, body, limits, writes=writes)
        except LIBRARY_ERRORS as error:
            problem = _problem(call, asked, error)
        finally:
            self._calls.connected()
        if problem is not None:
            raise problem
        return _Answer(response, call, asked)

    def _headers(self, form: str, relayed: Headers) -> HTTPHeaderDict:
        """Compression stays off: a small answer could unfold into a gigabyte."""
        headers = HTTPHeaderDict({"Accept": "application/json", "Accept-Encoding": "identity"})
        headers["User-Agent"] = "kurator-ui"
        token = self._token.now()
        if token:
            headers["Authorization"] = f"Bearer {token}"
        if form:
            headers["Content-Type"] = form
        if self._credential.impersonate_user:
            headers["Impersonate-User"] = self._credential.impersonate_user
        for group in self._credential.impersonate_groups:
            headers.add("Impersonate-Group", group)
        ours = set(map(str.lower, headers))
        for name, value in relayed:
            if name.lower() not in ours:
                headers.add(name, value)
        return headers


class _Answer:
    """An answer being read. Closing it before its end closes the connection; afterwards that may be used again."""

    def __init__(self, response: Any, call: Call, asked: str) -> None:
        self._response = response
        self._call = call
        self._asked = asked
        self._ended = False

    def refuse_failures(self) -> None:
        if 200 <= self._response.status < 300:
            return
        body = b""
        for piece in self._pieces():
            body += piece
            if len(body) > READ:
                break
        raise from_answer(self._asked, self._response.status, body, self._response.headers.get("Retry-After", ""))

    def reply(self, limit: int) -> Reply:
        return Reply(self._response.status, self.whole(limit), self._response.headers.get("Date", ""))

    def may_pause(self, seconds: float) -> None:
        self._call.wait(seconds)

    def whole(self, limit: int) -> bytes:
        body = bytearray()
        for piece in self._pieces():
            body += piece
            if len(body) > limit:
                raise TooLarge(f"{self._asked} and sent more than {limit} bytes; the rest was not read.")
        return bytes(body)

    def lines(self, limit: int) -> Iterator[bytes]:
        """Whole lines only: one that is cut off at the end raises Unreachable and is not given out."""
        rest = bytearray()
        for piece in self._pieces():
            *lines, last = piece.split(b"\n")
            for line in lines:
                yield bytes(rest + line)
                rest.clear()
            rest += last
            if len(rest) > limit:
                raise Unreachable(f"{self._asked} and sent a line of more than {limit} bytes; the rest was not read.")
        if rest.strip():
            raise Unreachable(f"{self._asked}, but the answer ended within a line.")

    def _pieces(self) -> Iterator[bytes]:
        while piece := self._piece():
            yield piece
        self._ended = True

    def _piece(self) -> bytes:
        problem: ClusterError | None = None
        piece = b""
        try:
            piece = self._response.read1(READ, decode_content=False)
        except (*LIBRARY_ERRORS, AttributeError) as error:  # the response's file is gone when it was closed meanwhile
            problem = _problem(self._call, self._asked, error)
        if problem is None and (self._call.late or self._call.aborted):
            problem = _problem(self._call, self._asked, None)  # a shut socket may look like a proper end
        if problem is not None:
            raise problem
        return piece

    def close(self) -> None:
        if self._ended:
            self._response.release_conn()
        else:
            self._response.close()


def _problem(call: Call, asked: str, error: Exception | None) -> ClusterError:
    if call.aborted:
        return Unreachable(f"{asked}, but the connection was closed here.")
    if call.late or error is None:
        return Unfinished(f"{asked} and had not finished after {call.seconds:g} s.")
    return from_library(asked, error)


def decoded(decoder: msgspec.json.Decoder[Any], body: bytes, asked: str) -> Any:
    """Raises Unreachable when the answer is not what an API server answers."""
    problem = None
    try:
        return decoder.decode(body)
    except (ValueError, RecursionError):
        problem = Unreachable(f"{asked} and did not answer like an API server.")
    raise problem
