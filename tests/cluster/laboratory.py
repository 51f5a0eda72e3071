"""Real clusters, spoken to without any code of the product: what it says can be held against what is seen here."""

from __future__ import annotations

import json
import os
import signal
import ssl
import subprocess
import threading
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

T = TypeVar("T")
NAMESPACE, NAME = "webapp", "backend"
TICK = 10.0
"""Seconds: the interval of its Canaries, the shortest that Flagger knows."""
IDLE = ("Initialized", "Succeeded", "Failed")
CANARIES = "/apis/flagger.app/v1beta1/namespaces/webapp/canaries"
VIRTUAL_SERVICES = "/apis/networking.istio.io/v1beta1/namespaces/webapp/virtualservices"
DEPLOYMENT = "/apis/apps/v1/namespaces/webapp/deployments/backend"
MERGE, STRATEGIC = "application/merge-patch+json", "application/strategic-merge-patch+json"


@dataclass(frozen=True)
class Member:
    """One member cluster, with the rights of its kubeconfig."""

    name: str
    server: str
    token: str

    @classmethod
    def of(cls, kubeconfig: Path) -> Member:
        config = json.loads(kubeconfig.read_text())
        return cls(kubeconfig.stem, config["clusters"][0]["cluster"]["server"], config["users"][0]["user"]["token"])

    def call(self, verb: str, path: str, body: Any = None, kind: str = "application/json", timeout: float = 30) -> Any:
        data = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": kind}
        request = urllib.request.Request(self.server + path, data, headers, method=verb)
        return urllib.request.urlopen(request, timeout=timeout, context=ssl._create_unverified_context())

    def get(self, path: str) -> dict[str, Any]:
        with self.call("GET", path) as answer:
            found: dict[str, Any] = json.loads(answer.read())
            return found

    def canary(self) -> dict[str, Any]:
        return self.get(f"{CANARIES}/{NAME}")

    def phase(self) -> str:
        return str(self.canary()["status"]["phase"])

    def release(self, image: str) -> None:
        containers = [{"name": "backend", "image": image}]
        self.call("PATCH", DEPLOYMENT, {"spec": {"template": {"spec": {"containers": containers}}}}, STRATEGIC).close()

    def abort(self) -> None:
        threshold = self.canary()["spec"]["analysis"]["threshold"]
        self.call("PATCH", f"{CANARIES}/{NAME}/status", {"status": {"failedChecks": threshold}}, MERGE).close()

    def fault(self, errors: float) -> None:
        """The share of requests that green answers with an error, from now on."""
        body = json.dumps({"errors": errors}).encode()
        urllib.request.urlopen(f"http://127.0.0.1:9700/{self.name}/fault", body, timeout=5).close()

    @property
    def port(self) -> int:
        return urlsplit(self.server).port or 443


@dataclass
class Diary:
    """Every distinct state that a member's watches give out, in the order of arrival."""

    member: Member
    canary: list[tuple[str, int, int, bool]] = field(default_factory=list)
    """Phase, iterations, failed checks, suspended."""
    green: list[int] = field(default_factory=list)
    """Green's weight in the VirtualService."""
    _stop: threading.Event = field(default_factory=threading.Event)

    def start(self) -> Diary:
        for path, note in ((CANARIES, self._note_canary), (VIRTUAL_SERVICES, self._note_route)):
            threading.Thread(target=self._follow, args=(path, note), daemon=True).start()
        wait_for(lambda: bool(self.canary and self.green), 30, "the watches to begin")
        return self

    def stop(self) -> None:
        self._stop.set()

    def _follow(self, path: str, note: Callable[[dict[str, Any]], None]) -> None:
        version = ""
        while not self._stop.is_set():
            try:
                if not version:
                    listed = self.member.get(path)
                    version = listed["metadata"]["resourceVersion"]
                    for found in listed["items"]:
                        note(found)
                address = f"{path}?watch=1&resourceVersion={version}&timeoutSeconds=60"
                with self.member.call("GET", address, timeout=90) as answer:
                    for line in answer:
                        event = json.loads(line)
                        if event["type"] == "ERROR":
                            version = ""
                            break
                        version = event["object"]["metadata"]["resourceVersion"]
                        note(event["object"])
            except (OSError, ValueError):
                self._stop.wait(0.3)

    def _note_canary(self, found: dict[str, Any]) -> None:
        if found["metadata"]["name"] != NAME:
            return
        status = found.get("status", {})
        counters = int(status.get("iterations") or 0), int(status.get("failedChecks") or 0)
        now = (str(status.get("phase", "")), *counters, bool(found["spec"].get("suspend")))
        if not self.canary or self.canary[-1] != now:
            self.canary.append(now)

    def _note_route(self, found: dict[str, Any]) -> None:
        if found["metadata"]["name"] != NAME:
            return
        weights = {route["destination"]["host"]: route.get("weight", 0) for route in found["spec"]["http"][0]["route"]}
        green = int(weights[f"{NAME}-canary"])
        if not self.green or self.green[-1] != green:
            self.green.append(green)


@dataclass(frozen=True)
class Process:
    """A process found by the port it listens on: it can be killed, and started again as it was."""

    pid: int
    argv: list[str]

    @classmethod
    def on_port(cls, port: int) -> Process:
        inode = _listening_inode(port)
        for folder in Path("/proc").iterdir():
            if folder.name.isdigit() and inode in _sockets(folder):
                argv = (folder / "cmdline").read_bytes().decode().rstrip("\0").split("\0")
                return cls(int(folder.name), argv)
        raise AssertionError(f"nobody listens on port {port}")

    def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)

    def start_again(self, log: Path) -> None:
        """It outlives the tests, as it would have without them; a file that held its pid holds the new one."""
        with log.open("ab") as out:
            process = subprocess.Popen(self.argv, stdout=out, stderr=out, start_new_session=True)
        _outliving.append(process)
        for file in self._pid_files():
            file.write_text(str(process.pid))

    def _pid_files(self) -> list[Path]:
        """Beside what the process keeps."""
        kept = [Path(one.partition("=")[2]) for one in self.argv if one.startswith("--cert-dir=")]
        files = [file for folder in kept for file in folder.parent.parent.glob("*.pid")]
        return [file for file in files if file.read_text().strip() == str(self.pid)]


_outliving: list[subprocess.Popen[bytes]] = []
"""Kept, so that nobody waits for them."""


def _listening_inode(port: int) -> str:
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in Path(table).read_text().splitlines()[1:]:
            columns = line.split()
            if columns[3] == "0A" and int(columns[1].rpartition(":")[2], 16) == port:
                return columns[9]
    raise AssertionError(f"nobody listens on port {port}")


def _sockets(folder: Path) -> set[str]:
    try:
        links = [str(link.readlink()) for link in (folder / "fd").iterdir()]
    except OSError:
        return set()
    return {link[8:-1] for link in links if link.startswith("socket:[")}


def wait_for(ask: Callable[[], T], seconds: float, what: str) -> T:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        answer = ask()
        if answer:
            return answer
        time.sleep(0.2)
    raise AssertionError(f"waited {seconds:g} s for {what}")


def stay_for(seconds: float, holds: Callable[[], bool]) -> None:
    """What nothing tells of has to be watched."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        assert holds()
        time.sleep(0.5)
