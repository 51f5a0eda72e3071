"""Our proxy speaks plain http. Where people come by https, another one before it ends that, and says so to ours."""

from __future__ import annotations

import http.client
import socket
import ssl
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from string import Template
from tempfile import TemporaryDirectory

import pytest

from kurator_ui.run.children import Child, stop_all, wait_until
from kurator_ui.run.preflight import free_port
from kurator_ui.run.processes import LOOPBACK, NGINX, answers, proxy
from kurator_ui.run.programs import find_program
from tests.conftest import missing
from tests.support.certificates import authority, issued
from tests.support.program import running

OUTER = Template("""\
server {
    listen 127.0.0.1:${port} ssl;
    ssl_certificate ${folder}/server.pem;
    ssl_certificate_key ${folder}/server.pem;
    location / {
        proxy_pass http://127.0.0.1:${inner};
        proxy_set_header Host $$http_host;
        proxy_set_header X-Forwarded-Proto $$scheme;
    }
}
""")


@dataclass(frozen=True)
class Site:
    outer: int
    inner: int

    def answer(self, path: str) -> http.client.HTTPResponse:
        """Of the way that people come."""
        trusted = ssl.create_default_context(cadata=authority().pem)
        with closing(http.client.HTTPSConnection(LOOPBACK, self.outer, context=trusted, timeout=20)) as connection:
            connection.request("GET", path)
            return connection.getresponse()

    def plain(self, path: str) -> http.client.HTTPResponse:
        """Of our proxy itself, which nobody should come to by http."""
        with closing(http.client.HTTPConnection(LOOPBACK, self.inner, timeout=20)) as connection:
            connection.request("GET", path)
            return connection.getresponse()


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    if not find_program("nginx"):
        missing("nginx is not installed")
    given = {"KURATOR_UI_HTTPS": "true", "KURATOR_UI_BEHIND_PROXY": "true"}
    with TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o711)
        own, inner, outer = (free_port(LOOPBACK) for _ in range(3))
        ours = proxy(folder, LOOPBACK, inner, own, own)
        children = [ours, _outer(folder / "outer", outer, inner)]
        with running(folder / "state", own, given=given):
            try:
                for child, port in zip(children, (inner, outer), strict=True):
                    child.start()
                    wait_until(partial(_listens, port), child=child, seconds=20)
                yield Site(outer, inner)
            finally:
                stop_all(children, seconds=10)


def _outer(folder: Path, port: int, inner: int) -> Child:
    folder.mkdir(mode=0o711)
    pair = issued()
    (folder / "server.pem").write_text(pair.pem + pair.key_pem)
    (folder / "site.conf").write_text(OUTER.substitute(port=port, inner=inner, folder=folder))
    (folder / "nginx.conf").write_text(NGINX.substitute(folder=folder))
    command: list[str | Path] = [find_program("nginx") or "", "-e", "stderr", "-p", folder, "-c", folder / "nginx.conf"]
    return Child("outer", command, folder / "outer.log")


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((LOOPBACK, port)) == 0


def test_pages_come_by_https_without_being_sent_in_a_circle(site: Site) -> None:
    answer = site.answer("/sign-in/")
    assert answer.status == 200, answer.headers["Location"]
    assert "__Host-csrftoken=" in (answer.headers["Set-Cookie"] or "")


def test_the_stream_comes_by_https_too(site: Site) -> None:
    assert site.answer("/events/?topics=fleet").status == 401


def test_who_comes_by_plain_http_is_sent_to_https(site: Site) -> None:
    answer = site.plain("/sign-in/")
    assert (answer.status, (answer.headers["Location"] or "")[:8]) == (301, "https://")


def test_probes_come_by_plain_http(site: Site) -> None:
    assert answers(site.inner, "/readyz")
