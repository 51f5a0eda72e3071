"""An earlier version through a policy, fast, against the demo fleet: as `Governing`, with workers on members, too."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from kurator_ui.demo.resources import DEPLOYMENTS
from kurator_ui.demo.serve import DemoFleet
from rollouts.adapters.kubernetes.connection import KubernetesConnection
from rollouts.domain.commands import Act, Refusal
from rollouts.models import Cluster, Command
from rollouts.services import act
from tests.services.act.governing import HUB, MEMBERS, NAME, NAMESPACE, Governing

ONE, TWO = "checkout:1.0.0", "checkout:2.0.0"


class BringingBack(Governing):
    def __init__(self, fleet: DemoFleet) -> None:
        self.asked_to_read: list[int] = []
        super().__init__(fleet)
        self.look_at_pods()

    # the world

    def succeeded(self, *clusters: str, image: str = TWO) -> None:
        """A release of the new version has come to its end."""
        for name in clusters or MEMBERS:
            self.fleet.release(name, NAMESPACE, NAME, image)
        self.advance(20)
        self.look_at_pods()
        for _ in range(20):
            self.advance(10)
            if all(self.canary(name)["status"]["phase"] == "Succeeded" for name in clusters or MEMBERS):
                self.advance(10)
                self.look_at_pods()
                return
        raise AssertionError("it did not succeed")

    def images(self, name: str = NAME) -> list[str]:
        """In each cluster."""
        found = [self.fleet.get(one, DEPLOYMENTS, NAMESPACE, name)["spec"]["template"]["spec"] for one in MEMBERS]
        return [one["containers"][0]["image"] for one in found]

    def is_off(self) -> list[bool]:
        """The analysis, in the policy that is meant and in the Canaries."""
        canaries = [bool(self.canary(name)["spec"].get("skipAnalysis")) for name in MEMBERS]
        return [bool(self.policies[1].get("skipTrafficAnalysis")), *canaries]

    # what people and workers do

    def read(self) -> None:
        seen = self.preview(Act.EARLIER_VERSION)
        act.being_read_in(parts=seen.parts, enqueue=self.enqueue, now=self.now())
        while self.asked_to_read:
            act.fetch_versions(copy=self.asked_to_read.pop(), connect=self.connect, feed=self.feed, now=self.now)

    def ask(self, **choice: str) -> Command:
        self.read()
        return self.request(Act.EARLIER_VERSION, self.preview(Act.EARLIER_VERSION, images=ONE, **choice))

    def accepted(self) -> Command:
        """The policy has it, and so have the Canaries."""
        command = self.carry_out(self.ask())
        assert command.state == "accepted", command.sentence
        self.advance(1)
        self.asked.clear()
        return command

    def pass_once(self) -> None:
        """Of what looks after commands."""
        given: dict[str, Any] = {
            "now": self.now(), "feed": self.feed, "enqueue": self.enqueue, "record": self.record,
        }  # fmt: skip
        act.settle(**given)
        act.begin_parts(**given)

    def work(self, connect: Callable[[Cluster], Any] | None = None) -> None:
        """Workers carry out all that they were asked for."""
        while self.asked:
            self.carry_out(Command.objects.get(pk=self.asked.pop(0)), connect=connect)

    def go_on(self, seconds: float = 10) -> None:
        """Some time passes, with all that this program does in it."""
        self.advance(seconds)
        self.look_at_pods()
        self.pass_once()
        self.work()
        self.put_back()

    def parts(self, command: Command) -> list[str]:
        found = dict(command.parts.values_list("rollout__cluster__name", "state"))
        return [found[name] for name in MEMBERS if name in found]

    def left_out(self, seen: act.PolicyPreview, cluster: str) -> str:
        """Why; empty where it is not."""
        (part,) = (one for one in seen.parts if one.rollout.cluster.name == cluster)
        return str(part.judged) if isinstance(part.judged, Refusal) else ""

    def said(self, command: Command, cluster: str) -> str:
        return command.parts.get(rollout__cluster__name=cluster).sentence

    def connect(self, cluster: Cluster | None = None, *, account: str = "admin") -> KubernetesConnection:
        return self._connection(cluster.name if cluster is not None else HUB, account)

    def enqueue(self, task: str, arguments: Mapping[str, Any]) -> None:
        if task == "rollouts.tasks.read_versions":
            self.asked_to_read.append(arguments["copy"])
            return
        super().enqueue(task, arguments)


@contextmanager
def bringing_back(fleet: DemoFleet) -> Iterator[BringingBack]:
    made = BringingBack(fleet)
    try:
        yield made
    finally:
        made.close()
