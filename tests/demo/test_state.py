from __future__ import annotations

import base64
from pathlib import Path

from kurator_ui.demo.clock import VirtualClock
from kurator_ui.demo.fleet import Fleet
from kurator_ui.demo.resources import CANARIES, NAMESPACES, SECRETS
from kurator_ui.demo.saved import UNSAVED_VERSIONS
from kurator_ui.demo.serve import DemoFleet
from tests.demo.client import CHECKOUT, Client


def fleet_in(folder: Path) -> DemoFleet:
    return DemoFleet(folder, members=2, clock=VirtualClock())


def test_the_next_start_continues_the_same_fleet(tmp_path: Path) -> None:
    with fleet_in(tmp_path) as first:
        first.add_rollout("eu-west", "shop", "checkout", "checkout:1.0.0")
        first.advance(25)
        before = first.get("eu-west", CANARIES, "shop", "checkout")
        identity = (first.get("eu-west", NAMESPACES, "", "kube-system")["metadata"]["uid"], first.token("eu-west"))
        version = first.call(lambda: first.cluster("eu-west").store.version)
        ca = (tmp_path / "ca.crt").read_bytes()
    with fleet_in(tmp_path) as second:
        assert second.get("eu-west", CANARIES, "shop", "checkout") == before
        system = second.get("eu-west", NAMESPACES, "", "kube-system")
        assert (system["metadata"]["uid"], second.token("eu-west")) == identity
        assert second.call(lambda: second.cluster("eu-west").store.version) >= version
        assert (tmp_path / "ca.crt").read_bytes() == ca
        assert Client(second).get(CHECKOUT)["status"]["phase"] == "Initialized"


def test_the_address_in_the_secrets_is_the_one_of_this_start(tmp_path: Path) -> None:
    for _ in range(2):
        with fleet_in(tmp_path) as fleet:
            data = fleet.get("hub", SECRETS, "default", "eu-west-kubeconfig")["data"]["eu-west.config"]
            address = fleet.server("eu-west").encode()
            assert address in base64.b64decode(data)
            assert address in fleet.kubeconfig("eu-west").read_bytes()


def test_after_a_crash_versions_jump_over_those_that_may_have_been_given_out(tmp_path: Path) -> None:
    clock = VirtualClock()
    crashed = Fleet(tmp_path, clock, members=("eu-west",))
    crashed.prepare("https://127.0.0.1:1")
    saved = crashed.clusters["eu-west"].store.version
    clock.advance(5)  # nothing saves the last changes
    crashed.clusters["eu-west"].namespace("unsaved")
    next_one = Fleet(tmp_path, VirtualClock(), members=("eu-west",))
    next_one.prepare("https://127.0.0.1:1")
    assert next_one.clusters["eu-west"].store.version >= saved + UNSAVED_VERSIONS


def test_private_files_are_for_the_owner_only(tmp_path: Path) -> None:
    with fleet_in(tmp_path):
        for name in ("server.key", "tokens.json", "eu-west.kubeconfig", "hub-viewer.kubeconfig"):
            assert (tmp_path / name).stat().st_mode & 0o077 == 0
