"""`make run` and `make demo`: everything in this one process, on SQLite; the demo fleet is a process beside it."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

from kurator_ui.demo.serve import PLAIN_NAMES
from kurator_ui.run.children import Child, stop_all, wait_until
from kurator_ui.run.preflight import Trouble, demand_port, free_port, port_is_free
from kurator_ui.run.prepare import prepare
from kurator_ui.run.server import serve
from kurator_ui.run.welcome import welcome

DEMO_PEOPLE = ("viewer", "operator", "admin")
LOOPBACK = "127.0.0.1"
DEMO_START_SECONDS = 30.0
DEMO_STOP_SECONDS = 3.0
DEMO_HINT = "The fleet is simulated: /tour/ shows you around. Its kubeconfigs for kubectl are in {state}/demo."
OWN_HINT = "Add a cluster: .venv/bin/python manage.py clusters add NAME --kubeconfig FILE [--hub]"


def run_own(host: str, port: int, state: Path) -> int:
    """The dashboard on a person's own clusters."""
    demand_port(host, port)
    people = prepare(state, ("admin",))
    return serve(host, port, when_ready=lambda: welcome(host, port, people, OWN_HINT))


def run_demo(host: str, port: int, state: Path) -> int:
    """The dashboard on a simulated fleet."""
    demand_port(host, port)
    fleet = _demo_fleet(state / "demo")
    stopping = threading.Event()
    try:
        fleet.start()
        people = prepare(state, DEMO_PEOPLE, roles=True)
        _register(fleet, state / "demo")
        threading.Thread(target=_tell_when_over, args=(fleet, stopping), daemon=True).start()
        return serve(host, port, when_ready=lambda: welcome(host, port, people, DEMO_HINT.format(state=state)))
    finally:
        stopping.set()
        stop_all([fleet], seconds=DEMO_STOP_SECONDS)


def _demo_fleet(folder: Path) -> Child:
    """The same port at every start when it is free, so that kubeconfigs in people's hands stay good."""
    kept = folder / "port"
    folder.mkdir(mode=0o711, parents=True, exist_ok=True)
    port = free_port(LOOPBACK, prefer=int(kept.read_text()) if kept.exists() else 0)
    kept.write_text(str(port))
    command: list[str | Path] = [sys.executable, "manage.py", "demo", "--state", folder, "--port", str(port)]
    return Child("The demo fleet", command, folder / "demo.log", env={"KURATOR_UI_STATE": str(folder.parent)})


def _register(fleet: Child, folder: Path) -> None:
    """Make the fleet's hub and its plain clusters known (the hub brings its members along), unless they are."""
    # Models can be loaded only now.
    from rollouts.domain.errors import CredentialError, InvalidInput  # noqa: PLC0415
    from rollouts.models import Cluster  # noqa: PLC0415
    from rollouts.services.clusters import add  # noqa: PLC0415
    from rollouts.wiring import ways  # noqa: PLC0415

    port = int((folder / "port").read_text())
    wait_until(lambda: not port_is_free(LOOPBACK, port), child=fleet, seconds=DEMO_START_SECONDS)
    known = set(Cluster.objects.values_list("name", flat=True))
    for name in {"hub", *PLAIN_NAMES} - known:
        try:
            # A stored copy, so that `manage.py clusters test` and the like need no setting of the demo's own.
            add(name=name, ways=ways(), kubeconfig=folder / f"{name}.kubeconfig", hub=name == "hub", store=True)
        except (CredentialError, InvalidInput) as error:
            raise Trouble(f"The demo's cluster {name} cannot be added: {error}") from None


def _tell_when_over(fleet: Child, stopping: threading.Event) -> None:
    """Say so when the fleet ends although nobody told it to."""
    if fleet.process:
        code = fleet.process.wait()
        if not stopping.is_set():
            print(f"The demo fleet has ended ({code}), its clusters are unreachable. See {fleet.log}", file=sys.stderr)
