"""A gate of a load tester is opened and closed through the API server, and what the release does then is followed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from kurator_ui.demo.access import VIEWED, Account
from kurator_ui.demo.clock import VirtualClock
from kurator_ui.demo.seeds import Policy, gate
from kurator_ui.demo.serve import DemoFleet
from rollouts.adapters.kubernetes.connection import KubernetesConnection
from rollouts.adapters.kubernetes.kubeconfig import credential_from_kubeconfig
from rollouts.domain import memory
from rollouts.domain.addresses import Service
from rollouts.domain.commands import Act
from rollouts.domain.errors import Unreachable
from rollouts.domain.metrics import Reply
from rollouts.models import Command
from rollouts.queries import gates
from tests.services.act.commanding import CLUSTER, NAME, NAMESPACE, Commanding
from tests.services.act.conftest import IMAGE
from tests.services.act.connections import Watched

AT = "flagger-loadtester.istio-system"
STOP = {"name": "stop", "type": "rollback", "url": f"http://{AT}/rollback/check"}
HOOKS: dict[str, tuple[Any, ...]] = {
    "start": (gate("board", "confirm-rollout", "istio-system"),),
    "promote": (gate("board", "confirm-promotion", "istio-system"), STOP),
}


@pytest.fixture(params=["promote"])
def world(tmp_path: Path, db: None, request: pytest.FixtureRequest) -> Iterator[Commanding]:
    with DemoFleet(tmp_path, members=1, clock=VirtualClock()) as fleet:
        fleet.add_rollout(CLUSTER, NAMESPACE, NAME, IMAGE, Policy(webhooks=HOOKS[request.param]))
        fleet.advance(25)
        made = Commanding(fleet)
        yield made
        made.close()


def until_phase(world: Commanding, phase: str) -> None:
    world.fleet.release(CLUSTER, NAMESPACE, NAME, "registry.example.test/checkout:2.0.0")
    for _ in range(20):
        world.tick()
        if world.status["phase"] == phase:
            return
    raise AssertionError(f"it never came so far: {world.status}")


def open_gate(world: Commanding, family: str = "gate") -> Command:
    return world.request(Act.OPEN_GATE, gate=f"{AT}/{family}")


@pytest.mark.parametrize("world", ["start"], indirect=True)
def test_a_release_that_waits_to_start_begins(world: Commanding) -> None:
    until_phase(world, "Waiting")
    command = world.carry_out(world.request(Act.OPEN_GATE))
    assert command.state == "accepted"
    assert command.sentence.endswith("Asked at once, the gate says that it is open.")
    assert command.choice["gate"] == f"{AT}/gate"
    assert world.settle(command).state == "accepted"
    world.tick()
    assert world.status["phase"] == "Progressing"
    assert world.settle(command).sentence == "The release has moved on."
    assert (command.state, world.recorded) == ("observed", ["requested", "accepted", "observed"])


def test_a_release_that_waits_to_be_promoted_goes_on_to_the_end(world: Commanding) -> None:
    until_phase(world, "WaitingPromotion")
    command = world.carry_out(open_gate(world))
    for _ in range(5):
        assert world.settle(command).state == "accepted"
        world.tick()
        if world.status["phase"] == "Promoting":
            break
    assert world.settle(command).state == "observed"
    world.tick(3)
    assert world.status["phase"] == "Succeeded"


def test_what_was_sent_and_answered_is_kept(world: Commanding) -> None:
    until_phase(world, "WaitingPromotion")
    (sent,) = world.carry_out(open_gate(world)).patches
    assert (sent["namespace"], sent["name"], sent["subresource"]) == (
        "istio-system", "flagger-loadtester", "proxy/gate/open",
    )  # fmt: skip
    assert sent["body"] == {"name": NAME, "namespace": NAMESPACE}
    assert sent["answers"] == {"/gate/open": 202, "/gate/check": 200}


def test_a_gate_that_is_closed_again_stops_the_release(world: Commanding) -> None:
    world.release(iterations=1)
    opened = world.carry_out(open_gate(world))
    assert world.settle(opened).sentence == "The gate is open."
    closed = world.carry_out(world.request(Act.CLOSE_GATE, gate=f"{AT}/gate"))
    assert closed.sentence.endswith("the gate says that it is closed.")
    assert world.settle(closed).sentence == "The gate is closed."
    world.tick(4)
    assert world.status["phase"] == "WaitingPromotion"


def test_a_gate_for_rolling_back_rolls_back(world: Commanding) -> None:
    world.release(iterations=1)
    command = world.carry_out(open_gate(world, "rollback"))
    assert world.settle(command).state == "accepted"
    world.tick()
    assert world.status["phase"] == "Failed"
    assert world.settle(command).sentence == "The release is rolled back."


def test_who_opened_it_last_is_known(world: Commanding) -> None:
    world.release(iterations=1)
    assert [one.last for one in known(world)] == [None, None]
    world.carry_out(open_gate(world))
    command = world.carry_out(world.request(Act.CLOSE_GATE, gate=f"{AT}/gate"))
    assert [(one.gate.id, one.last) for one in known(world)] == [(f"{AT}/gate", command), (f"{AT}/rollback", None)]


def known(world: Commanding) -> tuple[gates.KnownGate, ...]:
    world.rollout.refresh_from_db()
    return gates.known(world.rollout, memory.load(world.rollout.state))


def test_without_the_right_it_is_refused_and_named(world: Commanding) -> None:
    until_phase(world, "WaitingPromotion")
    cluster = world.fleet.cluster(CLUSTER)
    world.fleet.call(lambda: cluster.accounts.add("narrow", Account("narrow", reads=VIEWED)))

    def connect(_: Any) -> KubernetesConnection:
        given = credential_from_kubeconfig(world.fleet.kubeconfig(CLUSTER, "admin").read_bytes())
        return KubernetesConnection(replace(given, token="narrow"))

    refused = world.carry_out(open_gate(world), connect=connect)
    assert refused.state == "refused"
    assert 'cannot create resource "services/proxy"' in refused.sentence
    world.tick(2)
    assert world.status["phase"] == "WaitingPromotion"


class Answering(Watched):
    """A connection whose Services answer as the test says, one after the other."""

    def __init__(self, world: Commanding, *answers: int | Exception) -> None:
        super().__init__(world)
        self.answers = list(answers)
        self.asked: list[str] = []

    def post(self, _service: object, path: str, _body: object) -> Reply:
        self.asked.append(path)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return Reply(answer, b"")


def test_a_gate_that_says_otherwise_at_once_has_failed(world: Commanding) -> None:
    until_phase(world, "WaitingPromotion")
    command = world.carry_out(open_gate(world), connect=Answering(world, 202, 403))
    assert command.state == "failed"
    assert "more than one replica" in command.sentence


def test_a_service_that_is_no_load_tester_is_refused(world: Commanding) -> None:
    until_phase(world, "WaitingPromotion")
    connection = Answering(world, 404)
    command = world.carry_out(open_gate(world), connect=connection)
    assert command.state == "refused"
    assert "answered 404 to /gate/open" in command.sentence
    assert connection.asked == ["/gate/open"]


def test_a_load_tester_that_is_away_is_tried_again(world: Commanding) -> None:
    until_phase(world, "WaitingPromotion")
    command = world.carry_out(open_gate(world), connect=Answering(world, 202, Unreachable("Nobody is there.")))
    assert command.state == "requested"
    assert command.sentence == f"Nobody is there. Done before that: {AT}/gate opened."
    assert [one["answers"] for one in command.patches] == [{"/gate/open": 202}]
    connection = Answering(world, 202, 200)
    assert world.carry_out(command, connect=connection).state == "accepted"
    assert connection.asked == ["/gate/open", "/gate/check"]
    assert [one["answers"] for one in command.patches] == [{"/gate/open": 202, "/gate/check": 200}]


class Unheard(Watched):
    """A connection whose load tester opens, and is away when it is asked at once whether it has."""

    def post(self, service: Service, path: str, body: Mapping[str, str]) -> Reply:
        if path.endswith("/check"):
            raise Unreachable("Nobody is there.")
        return self._connection.post(service, path, body)


@pytest.mark.parametrize(
    ("world", "phase"), [("start", "Waiting"), ("promote", "WaitingPromotion")], indirect=["world"]
)
def test_an_approval_that_has_let_the_release_go_on_is_not_refused_afterwards(world: Commanding, phase: str) -> None:
    until_phase(world, phase)
    command = world.carry_out(open_gate(world), connect=Unheard(world))
    assert command.state == "requested"
    while world.status["phase"] == phase:
        world.tick()
    again = world.carry_out(command)
    assert (again.state, again.sentence.startswith("The next")) == ("accepted", False)
    assert world.settle(command).state == "observed"


def test_the_next_release_is_not_let_through(world: Commanding) -> None:
    until_phase(world, "WaitingPromotion")
    command = open_gate(world)
    world.fleet.release(CLUSTER, NAMESPACE, NAME, "registry.example.test/checkout:3.0.0")
    world.tick()
    refused = world.carry_out(command)
    assert refused.state == "refused"
    assert "next release has begun" in refused.sentence


@pytest.mark.parametrize("world", ["start"], indirect=True)
def test_a_version_that_came_while_the_release_waits_to_start_is_not_approved_unseen(world: Commanding) -> None:
    until_phase(world, "Waiting")
    world.look_at_pods()
    command = open_gate(world)
    world.fleet.release(CLUSTER, NAMESPACE, NAME, "registry.example.test/checkout:3.0.0")
    world.tick()
    assert world.status["phase"] == "Waiting"
    refused = world.carry_out(command)
    assert refused.state == "refused"
    assert refused.sentence.startswith("Another version waits for it by now: registry.example.test/checkout:3.0.0.")
    world.look_at_pods()
    approved = world.carry_out(open_gate(world))
    assert approved.state == "accepted"
