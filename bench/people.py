"""People with an open page: a stream of hints, and a request for the fragment whenever it tells of a change."""

from __future__ import annotations

import http.client
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import quote, urlencode, urlsplit

VERSION = re.compile(rb'hx-vals=\'\{"v": "([^"]+)"\}\'')
TOKEN = re.compile(rb'name="csrfmiddlewaretoken" value="([^"]+)"')


def sign_in(address: str, name: str, password: str) -> str:
    """The cookies of a session."""
    host = urlsplit(address).netloc
    connection = http.client.HTTPConnection(host, timeout=20)
    connection.request("GET", "/sign-in/")
    answer = connection.getresponse()
    page = answer.read()
    found = TOKEN.search(page)
    assert found is not None
    cookie = (answer.getheader("Set-Cookie") or "").partition(";")[0]
    form = urlencode({"csrfmiddlewaretoken": found[1].decode(), "username": name, "password": password})
    headers = {"Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded", "Referer": f"{address}/sign-in/"}
    connection.request("POST", "/sign-in/", form, headers)
    answer = connection.getresponse()
    answer.read()
    given = [value.partition(";")[0] for key, value in answer.getheaders() if key.lower() == "set-cookie"]
    assert any(value.startswith("sessionid=") for value in given), f"not signed in ({answer.status})"
    return "; ".join(given)


class Viewer(threading.Thread):
    """Looks at one page until it is stopped; `changed` is called with the time whenever the fragment is another."""

    def __init__(self, address: str, cookies: str, page: str, topics: str, changed: Callable[[float], None]) -> None:
        super().__init__(daemon=True)
        self._host = urlsplit(address).netloc
        self._headers = {"Cookie": cookies}
        self._page = page
        self._topics = topics
        self._changed = changed
        self._version = ""
        self._stopping = threading.Event()
        self.listening = threading.Event()

    def stop(self) -> None:
        self._stopping.set()

    def run(self) -> None:
        pages = http.client.HTTPConnection(self._host, timeout=20)
        self._version = self._fetch(pages) or ""
        stream = http.client.HTTPConnection(self._host, timeout=60)
        stream.request("GET", f"/events/?topics={quote(self._topics)}", headers=self._headers)
        answer = stream.getresponse()
        assert answer.status == 200, f"the stream answered {answer.status}"
        for line in answer:
            if self._stopping.is_set():
                break
            if line.startswith(b"event: hello"):
                self.listening.set()
            elif line.startswith(b"event: "):
                version = self._fetch(pages)
                if version is not None:
                    self._version = version
                    self._changed(time.monotonic())
        stream.close()

    def _fetch(self, connection: http.client.HTTPConnection) -> str | None:
        """The fragment's version; None when it is still the one we hold."""
        separator = "&" if "?" in self._page else "?"
        address = f"{self._page}{separator}v={quote(self._version)}"
        connection.request("GET", address, headers=self._headers | {"HX-Request": "true"})
        answer = connection.getresponse()
        body = answer.read()
        if answer.status == 204:
            return None
        assert answer.status == 200, f"{address} answered {answer.status}"
        found = VERSION.search(body)
        assert found is not None, f"{address} has no version"
        return found[1].decode()


@contextmanager
def looking_on(address: str, cookies: str, number: int) -> Iterator[None]:
    """So many people have the page of the fleet open."""
    people = [Viewer(address, cookies, "/", "fleet", lambda _: None) for _ in range(number)]
    for person in people:
        person.start()
    for person in people:
        person.listening.wait(30)
    try:
        yield
    finally:
        for person in people:
            person.stop()
