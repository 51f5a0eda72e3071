"""Every cause on the page is reachable as the page says: its commands are carried out by kubectl, word for word."""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kurator_ui.demo.cast import cast
from kurator_ui.demo.clock import VirtualClock
from kurator_ui.demo.serve import DemoFleet
from rollouts.domain.causes import Cause, CauseKind
from rollouts.domain.causes.seen import SEEN
from tests.demo.looking import Looker

SECONDS = 30
STEP, LONGEST = 5, 200
"""Seconds of virtual time between two looks, and in all."""
BY_ITSELF = {CauseKind.CLUSTER_UNSEEN, CauseKind.SIBLING_UNREACHABLE}
"""What the story does to clusters is done here by hand."""


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[DemoFleet]:
    """The cast of the story, initialised, and nobody to tell the story."""
    with DemoFleet(tmp_path, members=2, plain=2, clock=VirtualClock()) as fleet:
        fleet.call(lambda: cast(fleet.fleet))
        fleet.advance(60)
        yield fleet


@pytest.fixture
def kubectl(fleet: DemoFleet, tmp_path: Path, tool: Callable[[str], str]) -> Callable[[str, str], None]:
    path, cache = tool("kubectl"), tmp_path / "cache"

    def run(cluster: str, command: str) -> None:
        program, *arguments = shlex.split(command)
        assert program == "kubectl"
        options = [f"--kubeconfig={fleet.kubeconfig(cluster)}", f"--cache-dir={cache}"]
        done = subprocess.run(
            [path, *options, *arguments], capture_output=True, text=True, timeout=SECONDS, check=False
        )
        assert done.returncode == 0, done.stderr

    return run


def carry_out(fleet: DemoFleet, kubectl: Callable[[str, str], None], kind: CauseKind, looker: Looker) -> None:
    seen = SEEN[kind]
    for command in seen.commands:
        if command.startswith("# wait"):
            for _ in range(int(command.split()[2]) // STEP):
                fleet.advance(STEP)
                looker.look()
        else:
            kubectl(seen.cluster, command)
    if kind is CauseKind.CLUSTER_UNSEEN:
        fleet.switch(looker.cluster, "down")
    if kind is CauseKind.SIBLING_UNREACHABLE:
        looker.unreachable = ("eu-north",)


def found(fleet: DemoFleet, looker: Looker, kind: CauseKind) -> Cause:
    told: list[str] = []
    for _ in range(LONGEST // STEP):
        causes = looker.look()
        told += [f"{one.kind.value}: {one.sentence}" for one in causes]
        if cause := next((one for one in causes if one.kind is kind), None):
            return cause
        fleet.advance(STEP)
    raise AssertionError(f"{kind.value} was not among {list(dict.fromkeys(told))}")


@pytest.mark.parametrize("kind", CauseKind)
def test_a_cause_is_found_where_the_page_says(
    fleet: DemoFleet, kubectl: Callable[[str, str], None], kind: CauseKind, request: pytest.FixtureRequest
) -> None:
    seen = SEEN[kind]
    if any("--subresource" in command for command in seen.commands):
        request.getfixturevalue("patch_status")
    assert seen.where and (seen.commands or kind in BY_ITSELF or seen.rollout)
    cluster = seen.cluster if seen.cluster not in ("", "hub") else "eu-west"
    looker = Looker(fleet, cluster, seen.rollout or "shop/checkout")
    looker.without_metrics = kind is CauseKind.NO_VALUES
    try:
        looker.look()
        carry_out(fleet, kubectl, kind, looker)
        cause = found(fleet, looker, kind)
    finally:
        looker.close()
    assert cause.evidence and cause.usually_helps
