"""Looks ten times a second whether a ready pod is behind a Service."""

from __future__ import annotations

import http.client
import json
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from tests.cluster.laboratory import NAMESPACE, Member, wait_for

BETWEEN, ENOUGH = 0.1, 10
PODS = f"/api/v1/namespaces/{NAMESPACE}/pods"


@dataclass
class Lookout:
    """`misses`: seconds since its beginning at which no ready pod was behind the Service, or nobody could tell.
    `selectors`: each that the Service came to have, in their order.
    """

    member: Member
    service: str
    looks: int = 0
    seconds: float = 0.0
    misses: list[float] = field(default_factory=list)
    selectors: list[dict[str, str]] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)

    def start(self) -> Lookout:
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        return self

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(10)

    def go_on(self) -> None:
        """Until it has looked some more times."""
        until = self.looks + ENOUGH
        wait_for(lambda: self.looks >= until, 30, "some more looks")

    def _run(self) -> None:
        begin, api = time.monotonic(), _Api(self.member)
        while not self._stop.wait(max(0.0, begin + self.looks * BETWEEN - time.monotonic())):
            try:
                served = self._served(api)
            except (OSError, http.client.HTTPException, ValueError):
                served = False
            self.looks += 1
            self.seconds = time.monotonic() - begin
            if not served:
                self.misses.append(self.seconds)
        api.close()

    def _served(self, api: _Api) -> bool:
        """Where the Service has changed between the two looks, both are done again."""
        while True:
            selector = self._selector(api)
            pods = api.get(PODS)["items"]
            if any(ready(pod) and selector.items() <= pod["metadata"]["labels"].items() for pod in pods):
                return True
            if self._selector(api) == selector:
                return False

    def _selector(self, api: _Api) -> dict[str, str]:
        path = f"/api/v1/namespaces/{NAMESPACE}/services/{self.service}"
        found: dict[str, str] = api.get(path)["spec"]["selector"]
        if self.selectors[-1:] != [found]:
            self.selectors.append(found)
        return found


class _Api:
    """By one connection, which is opened anew when it breaks: looking is not to cost more than what is looked at."""

    def __init__(self, member: Member) -> None:
        context = ssl._create_unverified_context()
        self._connection = http.client.HTTPSConnection(urlsplit(member.server).netloc, timeout=5, context=context)
        self._headers = {"Authorization": f"Bearer {member.token}"}

    def get(self, path: str) -> dict[str, Any]:
        try:
            self._connection.request("GET", path, headers=self._headers)
            answer = self._connection.getresponse()
            body = answer.read()
        except (OSError, http.client.HTTPException):
            self.close()
            raise
        if answer.status != 200:
            raise ValueError(f"{path}: {answer.status}")
        found: dict[str, Any] = json.loads(body)
        return found

    def close(self) -> None:
        self._connection.close()


def ready(pod: dict[str, Any]) -> bool:
    conditions = pod["status"].get("conditions") or []
    return "deletionTimestamp" not in pod["metadata"] and any(
        one["type"] == "Ready" and one["status"] == "True" for one in conditions
    )


@contextmanager
def watched(members: list[Member], service: str) -> Iterator[list[Lookout]]:
    """Fails when there was a moment without a ready pod, or too few of them were looked at."""
    lookouts = [Lookout(member, service).start() for member in members]
    try:
        yield lookouts
        for one in lookouts:
            one.go_on()
    finally:
        for one in lookouts:
            one.stop()
    told = {one.member.name: (one.looks, one.seconds, one.misses) for one in lookouts}
    assert [one.misses for one in lookouts] == [[]] * len(members), told
    for one in lookouts:
        assert one.looks * BETWEEN > one.seconds / 2, told
    print(told)
