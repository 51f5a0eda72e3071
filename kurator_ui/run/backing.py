"""PostgreSQL and Redis on loopback, each with its data in one folder, for `make stack` and for the tests."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
from pathlib import Path
from secrets import token_urlsafe

import psycopg
from psycopg import sql

from kurator_ui.keys import kept_key
from kurator_ui.run.children import Child, wait_until
from kurator_ui.run.preflight import Trouble, free_port
from kurator_ui.run.programs import need_program

LOOPBACK = "127.0.0.1"
START_SECONDS = 60.0
POSTGRES_ACCOUNT = "postgres"  # it refuses to run as root
NAME = "kurator_ui"


def start_redis(folder: Path, *, password: str) -> tuple[Child, str]:
    """Returns the process and its address."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    port = free_port(LOOPBACK)
    config = folder / "redis.conf"  # not the command line, which everybody on the machine can read
    config.touch(mode=0o600)
    lines = [f"bind {LOOPBACK}", f"port {port}", f"dir {folder}", "save 60 1", f"requirepass {password}"]
    lines.append("set-proc-title no")  # so that a list of processes shows whose it is
    config.write_text("\n".join(lines))
    child = Child("Redis", [need_program("redis-server"), config], folder / "redis.log")
    child.start()
    wait_until(lambda: _accepts(port), child=child, seconds=START_SECONDS)
    return child, f"redis://:{password}@{LOOPBACK}:{port}/0"


def start_postgres(folder: Path, *, password: str) -> tuple[Child, str]:
    """Returns the process and the address of its database, made when it is not there."""
    folder.mkdir(mode=0o711, parents=True, exist_ok=True)
    account = POSTGRES_ACCOUNT if os.geteuid() == 0 else None
    data = folder / "data"
    if not (data / "PG_VERSION").exists():
        _make_cluster(data, account, password)
    port = free_port(LOOPBACK)
    command: list[str | Path] = [need_program("postgres"), "-D", data, "-p", str(port)]
    command += ["-c", f"listen_addresses={LOOPBACK}", "-c", "unix_socket_directories="]
    child = Child("PostgreSQL", command, folder / "postgres.log", user=account, stop_signal=signal.SIGINT)
    child.start()
    base = f"postgresql://{NAME}:{password}@{LOOPBACK}:{port}"
    wait_until(lambda: _has_database(f"{base}/postgres"), child=child, seconds=START_SECONDS)
    return child, f"{base}/{NAME}"


def _make_cluster(data: Path, account: str | None, password: str) -> None:
    shutil.rmtree(data, ignore_errors=True)  # what an interrupted start left
    data.mkdir(mode=0o700)
    if account:
        shutil.chown(data, account, account)
    reader, writer = os.pipe()  # the password, without a file
    with os.fdopen(writer, "w") as pipe:
        pipe.write(f"{password}\n")
    command: list[str | Path] = [need_program("initdb"), "-D", data, "-U", NAME, "-A", "scram-sha-256"]
    command += ["--pwfile", f"/dev/fd/{reader}"]
    command += ["-E", "UTF8", "--no-locale", "--no-instructions"]
    try:
        _as_account(command, account, reader)
    finally:
        os.close(reader)


def _as_account(command: list[str | Path], account: str | None, descriptor: int) -> None:
    if account:
        os.fchown(descriptor, pwd.getpwnam(account).pw_uid, -1)
    result = subprocess.run(  # noqa: S603  (our own command, no shell)
        command, user=account, group=account, pass_fds=[descriptor], capture_output=True, check=False
    )
    if result.returncode:
        words = result.stderr.decode(errors="replace").strip().splitlines()
        raise Trouble(f"PostgreSQL could not make its files: {words[-1] if words else result.returncode}")


def _has_database(address: str) -> bool:
    try:
        with psycopg.connect(address, autocommit=True, connect_timeout=5) as connection:
            found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [NAME]).fetchone()
            if not found:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(NAME)))
    except psycopg.OperationalError:
        return False
    return True


def _accepts(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((LOOPBACK, port)) == 0


def kept_password(file: Path) -> str:
    return kept_key(file, lambda: token_urlsafe(24))
