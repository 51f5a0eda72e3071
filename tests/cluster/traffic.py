"""Users of a workload, as far as Prometheus sees them: what Istio would count of their requests."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote, urlsplit

from tests.cluster.laboratory import NAMESPACE, Process, wait_for

A_SECOND = 20.0


class Traffic:
    """Twenty requests a second to either side. `errors`: by members, the share of green's that is answered in vain."""

    def __init__(self, workload: str) -> None:
        self.errors: dict[str, float] = {}
        self._green, self._sides = workload, (workload, f"{workload}-primary")
        self._counts: dict[tuple[str, str, str], float] = {}
        self._told: dict[str, float] = {}
        self._lock = threading.Lock()

    def told(self, member: str) -> str:
        """The counters by now."""
        with self._lock:
            now = time.monotonic()
            requests = A_SECOND * (now - self._told.get(member, now - 1))
            self._told[member] = now
            for side in self._sides:
                failed = self.errors.get(member, 0.0) if side == self._green else 0.0
                for code, share in (("200", 1 - failed), ("500", failed)):
                    key = (member, side, code)
                    self._counts[key] = self._counts.get(key, 0.0) + requests * share
            return "".join(
                _lines(side, code, count) for (of, side, code), count in self._counts.items() if of == member
            )


def _lines(workload: str, code: str, count: float) -> str:
    labels = (
        f'reporter="destination",destination_workload_namespace="{NAMESPACE}",'
        f'destination_workload="{workload}",response_code="{code}"'
    )
    lasted = "istio_request_duration_milliseconds"
    buckets = "".join(f'{lasted}_bucket{{{labels},le="{most}"}} {count}\n' for most in ("100", "+Inf"))
    return f"istio_requests_total{{{labels}}} {count}\n{buckets}{lasted}_count{{{labels}}} {count}\n"


@contextmanager
def seen(traffic: Traffic, workload: str, prometheus: dict[str, str]) -> Iterator[Traffic]:
    """By the Prometheus beside each member: `prometheus` are their addresses."""

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = traffic.told(self.path.split("/")[1]).encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    before: dict[Path, tuple[int, str]] = {}
    try:
        for member, address in prometheus.items():
            process = Process.on_port(urlsplit(address).port or 80)
            option = next(one for one in process.argv if one.startswith("--config.file="))
            file = Path(option.partition("=")[2])
            before[file] = process.pid, file.read_text()
            _also(file, member, server.server_address[1])
            os.kill(process.pid, signal.SIGHUP)
        for address in prometheus.values():
            wait_for(lambda address=address: _counted(address, workload), 30, f"{address} to see the traffic")  # type: ignore[misc]
        yield traffic
    finally:
        for file, (pid, text) in before.items():
            file.write_text(text)
            os.kill(pid, signal.SIGHUP)
        server.shutdown()
        server.server_close()


def _also(file: Path, member: str, port: int) -> None:
    config = json.loads(file.read_text())
    config["scrape_configs"].append(
        {
            "job_name": "traffic", "metrics_path": f"/{member}/metrics", "honor_labels": True,
            "static_configs": [{"targets": [f"127.0.0.1:{port}"]}],
        }
    )  # fmt: skip
    file.write_text(json.dumps(config))


def _counted(address: str, workload: str) -> bool:
    query = quote(f'rate(istio_requests_total{{destination_workload="{workload}"}}[10s]) > 0')
    with urllib.request.urlopen(f"{address}/api/v1/query?query={query}", timeout=5) as answer:
        return bool(json.loads(answer.read())["data"]["result"])
