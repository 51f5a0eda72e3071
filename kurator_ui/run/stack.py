"""`make stack`: the processes of a production installation on real servers, on loopback, as one."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from cryptography.fernet import Fernet
from django.core.management.utils import get_random_secret_key

from kurator_ui.keys import kept_key
from kurator_ui.run.backing import kept_password, start_postgres, start_redis
from kurator_ui.run.children import Child, stop_all, wait_until
from kurator_ui.run.passwords import Person, load_passwords
from kurator_ui.run.preflight import Trouble, demand_port, free_port
from kurator_ui.run.processes import LOOPBACK, answers, application_processes, proxy
from kurator_ui.run.welcome import welcome

START_SECONDS = 60.0
APPLICATION_STOP_SECONDS = 6.0
BACKING_STOP_SECONDS = 3.0
WATCH_SECONDS = 0.5
HINT = """\
Add a cluster: (set -a; . {folder}/environment; .venv/bin/python manage.py clusters add NAME --kubeconfig FILE [--hub])
Logs of each process: {folder}"""


def run_stack(host: str, port: int, state: Path) -> int:
    demand_port(host, port)
    folder = state / "stack"
    folder.mkdir(mode=0o711, exist_ok=True)
    backing: list[Child] = []
    application: list[Child] = []
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        environment = _start_backing(folder, backing)
        _prepare(environment)
        _start_application(folder, environment, host, port, application)
        people = [Person(name, password) for name, password in load_passwords(folder).items()]
        welcome(host, port, people, HINT.format(folder=folder))
        return _watch([*backing, *application])
    except KeyboardInterrupt:
        return 0
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)  # an impatient second Ctrl-C must not leave processes behind
        stop_all(application, seconds=APPLICATION_STOP_SECONDS)
        stop_all(backing, seconds=BACKING_STOP_SECONDS)


def _start_backing(folder: Path, backing: list[Child]) -> dict[str, str]:
    """Start the servers into `backing`; returns the environment of the application's processes."""
    postgres, database_url = start_postgres(folder / "postgres", password=kept_password(folder / "postgres-password"))
    backing.append(postgres)
    redis, redis_url = start_redis(folder / "redis", password=kept_password(folder / "redis-password"))
    backing.append(redis)
    environment = {
        "KURATOR_UI_STATE": str(folder),
        "KURATOR_UI_DATABASE_URL": database_url,
        "KURATOR_UI_REDIS_URL": redis_url,
        "KURATOR_UI_SECRET_KEY": kept_key(folder / "secret-key", get_random_secret_key),
        "KURATOR_UI_SECRET_KEYS": kept_key(folder / "fernet-key", lambda: Fernet.generate_key().decode()),
        "KURATOR_UI_PROCESSES": "6",
        "KURATOR_UI_BEHIND_PROXY": "true",
        "KURATOR_UI_LOG_JSON": "true",
    }
    _keep(folder / "environment", environment)
    return environment


def _keep(file: Path, environment: Mapping[str, str]) -> None:
    """For a shell that wants to run a management command beside the stack."""
    file.touch(mode=0o600)
    file.write_text("".join(f"{name}={shlex.quote(value)}\n" for name, value in environment.items()), encoding="utf-8")


def _start_application(
    folder: Path, environment: Mapping[str, str], host: str, port: int, application: list[Child]
) -> None:
    """Start the processes into `application` and wait until web, stream and the proxy answer."""
    web, stream = free_port(LOOPBACK), free_port(LOOPBACK)
    application += application_processes(folder, environment, web, stream)
    application.append(proxy(folder, host, port, web, stream))
    for child in application:
        child.start()
    wait_until(partial(answers, web, "/readyz"), child=application[0], seconds=START_SECONDS)
    wait_until(partial(answers, stream, "/readyz"), child=application[1], seconds=START_SECONDS)
    wait_until(partial(answers, port, "/readyz"), child=application[-1], seconds=START_SECONDS)


def _prepare(environment: Mapping[str, str]) -> None:
    """In a process of its own: this one loads no Django and stays small and free of threads."""
    command = [sys.executable, "-m", "kurator_ui.run", "prepare"]
    if subprocess.run(command, env={**os.environ, **environment}, check=False).returncode:  # noqa: S603
        raise Trouble("The database could not be prepared.")


def _watch(children: list[Child]) -> int:
    """Until interrupted, or until one of the processes ends, which is an error."""
    while True:
        for child in children:
            if child.exit_code is not None:
                raise Trouble(f"{child.name} has ended: {child.last_words()} (all of it: {child.log})")
        time.sleep(WATCH_SECONDS)


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt
