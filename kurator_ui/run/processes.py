"""The processes of an installation with Redis, and the proxy that gives web and stream one address."""

from __future__ import annotations

import http.client
import sys
from collections.abc import Mapping
from pathlib import Path
from string import Template

from kurator_ui.run.children import Child
from kurator_ui.run.programs import need_program

LOOPBACK = "127.0.0.1"
ROOT = Path(__file__).resolve().parent.parent.parent

WEB = "granian --interface wsgi --blocking-threads 4 --workers-kill-timeout 5 --respawn-failed-workers --no-ws"
STREAM = "python -m kurator_ui.run serve"
OBSERVE = (
    "python -m kurator_ui.run.celery -A kurator_ui --skip-checks worker --observe --queues observe"
    " --hostname observe@%h --pool threads --concurrency 1"
)
SHORT = (
    "python -m kurator_ui.run.celery -A kurator_ui --skip-checks worker --queues short,measure"
    " --hostname short@%h --pool threads --concurrency 16"
)
COMMANDS = (
    "python -m kurator_ui.run.celery -A kurator_ui --skip-checks worker --queues commands"
    " --hostname commands@%h --pool threads --concurrency 16 --include rollouts.adapters.kubernetes.writing"
)
BEAT = "python -m kurator_ui.run.celery -A kurator_ui --skip-checks beat --pidfile="
"""Celery does nothing about what Django's checks find, and to run them it would import every page, which costs each
process 15 MB. `migrate` comes before all processes, and goes no further where a check fails.
"""
FEW_CACHES = {
    "GLIBC_TUNABLES": "glibc.malloc.arena_max=1:glibc.malloc.tcache_count=0:glibc.malloc.trim_threshold=131072"
}
"""For the process that observes: each of its hundreds of threads would keep freed memory of its own."""
YIELDING = 10
"""Niceness of the process that measures: what is seen, shown and asked for goes first, and values have some seconds."""
QUIET_WORKER = "--without-gossip --without-mingle --loglevel WARNING"

NGINX = Template("""\
daemon off;
pid ${folder}/nginx.pid;
error_log stderr warn;
events { worker_connections 4096; }
http {
    access_log off;
    client_body_temp_path ${folder}/body;
    proxy_temp_path ${folder}/proxy;
    fastcgi_temp_path ${folder}/fastcgi;
    uwsgi_temp_path ${folder}/uwsgi;
    scgi_temp_path ${folder}/scgi;
    include ${folder}/site.conf;
}
""")


def application_processes(folder: Path, environment: Mapping[str, str], web: int, stream: int) -> list[Child]:
    """Not started yet. `web` and `stream` are the ports of the two servers."""
    stream_environment = {**environment, "KURATOR_UI_HOST": LOOPBACK, "KURATOR_UI_PORT": str(stream)}
    return [
        Child(
            "web", [*_command(WEB), "--port", str(web), "kurator_ui.wsgi:application"], folder / "web.log", environment
        ),
        Child("stream", _command(STREAM), folder / "stream.log", stream_environment),
        Child("observe", _command(f"{OBSERVE} {QUIET_WORKER}"), folder / "observe.log", {**environment, **FEW_CACHES}),
        Child("short", _command(f"{SHORT} {QUIET_WORKER}"), folder / "short.log", environment, niceness=YIELDING),
        Child("commands", _command(f"{COMMANDS} {QUIET_WORKER}"), folder / "commands.log", environment),
        Child("beat", _command(f"{BEAT} --loglevel WARNING"), folder / "beat.log", environment),
    ]


def proxy(folder: Path, host: str, port: int, web: int, stream: int) -> Child:
    """One address for both servers. Not started yet."""
    place = folder / "proxy"
    place.mkdir(mode=0o711, parents=True, exist_ok=True)
    site = Template((ROOT / "deploy" / "nginx.conf.template").read_text(encoding="utf-8"))
    names = {"LISTEN": f"{host}:{port}", "WEB": f"{LOOPBACK}:{web}", "STREAM": f"{LOOPBACK}:{stream}"}
    (place / "site.conf").write_text(site.safe_substitute(names), encoding="utf-8")  # nginx's own $names stay
    (place / "nginx.conf").write_text(NGINX.substitute(folder=place), encoding="utf-8")
    command: list[str | Path] = [need_program("nginx"), "-e", "stderr", "-p", place, "-c", place / "nginx.conf"]
    return Child("proxy", command, folder / "proxy.log")


def answers(port: int, path: str) -> bool:
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _command(text: str) -> list[str | Path]:
    """The words of a command whose program is one of this virtual environment."""
    program, *rest = text.split()
    return [Path(sys.executable).parent / program, *rest]
