"""The program as a person starts it, in a process of its own."""

from __future__ import annotations

import http.client
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import urlencode

ROOT = Path(__file__).resolve().parent.parent.parent
START_SECONDS = 60
NOTHING: Mapping[str, str] = {}
CSRF = "a" * 32


def environment(state: Path, port: int, observe: bool = False, given: Mapping[str, str] = NOTHING) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("KURATOR_UI_")}
    own = {"KURATOR_UI_STATE": str(state), "KURATOR_UI_PORT": str(port), "KURATOR_UI_OBSERVE": str(observe)}
    return {**kept, **own, **given, "DJANGO_SETTINGS_MODULE": "kurator_ui.settings"}


@contextmanager
def running(
    state: Path, port: int, what: str = "own", observe: bool = False, given: Mapping[str, str] = NOTHING
) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The program once it says that it is ready, and what it said. `given` are settings of its environment."""
    command = [sys.executable, "-m", "kurator_ui.run", what]
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment(state, port, observe, given),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as program:
        try:
            assert program.stdout
            said = ""
            while "continues from here" not in said:
                line = program.stdout.readline()
                assert line, f"it ended: {said}"
                said += line
            yield program, said
        finally:
            program.kill()


def signed_in(port: int, name: str, password: str) -> str:
    """Signs a person in; returns the session cookie."""
    form = urlencode({"username": name, "password": password, "csrfmiddlewaretoken": CSRF})
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": f"csrftoken={CSRF}"}
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=20)) as connection:
        connection.request("POST", "/sign-in/", form, headers)
        answer = connection.getresponse()
        assert answer.status == 302, answer.read()[:2000]
        cookies = [value.split(";")[0] for value in answer.headers.get_all("Set-Cookie") or []]
        return next(cookie for cookie in cookies if cookie.startswith("sessionid="))


@contextmanager
def listening(port: int, cookie: str) -> Iterator[http.client.HTTPResponse]:
    """An open stream of hints that has said hello."""
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=20)) as connection:
        connection.request("GET", "/events/?topics=fleet", headers={"Cookie": cookie})
        stream = connection.getresponse()
        assert stream.status == 200
        assert stream.headers["Content-Type"] == "text/event-stream; charset=utf-8"
        while stream.readline() != b"event: hello\n":
            assert not stream.isclosed()
        yield stream
