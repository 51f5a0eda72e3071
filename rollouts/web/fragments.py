"""Fragments of pages: rendered once for everybody who may see the same, and not at all for who has the newest already.

A live element sends the version it holds as `v`. The answer is 204 when that is still the version, else the element
anew.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock
from typing import TypeVar
from zlib import crc32

from django.http import HttpRequest, HttpResponse, HttpResponseBase

from rollouts import access

KEPT = 200
"""Fragments kept per process, the most recently used ones: some tens of kilobytes each."""


@dataclass(slots=True)
class _Entry:
    version: str = ""
    html: str = ""
    rendering: Lock = field(default_factory=Lock)


class FragmentCache:
    """Keeps the newest version of each fragment. When many ask for it at the same moment, one renders and the others
    wait.
    """

    def __init__(self, kept: int = KEPT) -> None:
        self._kept = kept
        self._entries: OrderedDict[str, _Entry] = OrderedDict()
        self._lock = Lock()

    def get(self, key: str, version: str, render: Callable[[], str]) -> str:
        """`key` names everything the fragment depends on besides its version: filter and access scope."""
        entry = self._entry(key)
        with entry.rendering:
            if entry.version != version:
                entry.html, entry.version = render(), version
            return entry.html

    def clear(self) -> None:
        with self._lock:
            self._entries.clear()

    def _entry(self, key: str) -> _Entry:
        with self._lock:
            entry = self._entries.setdefault(key, _Entry())
            self._entries.move_to_end(key)
            while len(self._entries) > self._kept:
                self._entries.popitem(last=False)
            return entry


fragments = FragmentCache()
Answer = TypeVar("Answer", bound=HttpResponseBase)


def seen_by(person: access.Person, version: str) -> str:
    """The version of what this person sees: with another right the element is made anew, whatever version it holds."""
    return f"{version}.{crc32(access.scope(person).encode()):x}"


def wants_fragment(request: HttpRequest) -> bool:
    return request.headers.get("HX-Request") == "true"


def holds(request: HttpRequest, version: str) -> bool:
    """Whether the live element that asks holds this version already."""
    return wants_fragment(request) and request.GET.get("v") == version


def unchanged() -> HttpResponse:
    return private(HttpResponse(status=204))


def private(response: Answer) -> Answer:
    """Pages are for one person, and an address answers with a page or a fragment of it: no cache may mix them up."""
    response.headers["Cache-Control"] = "private, no-cache"
    response.headers["Vary"] = "HX-Request, Cookie"
    return response
