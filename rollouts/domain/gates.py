"""The gates of load testers that the hooks of a Canary ask (flagger.md 8.2).

A load tester keeps two for each Canary, both closed until they are opened: one under `/gate`, one under `/rollback`.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from rollouts.domain.addresses import PORTS, Service, Unplaceable, parts_of, service_of, shown
from rollouts.domain.observations import Canary, Hook, Phase

TO_START, TO_PROMOTE, TO_ROLL_BACK = "confirm-rollout", "confirm-promotion", "rollback"
ASKED = {
    TO_START: "before a release starts",
    TO_PROMOTE: "before it is promoted",
    "confirm-traffic-increase": "before green gets more users",
    TO_ROLL_BACK: "whether to roll back",
}
"""What the hooks ask, by their type."""
ASKED_IN = {Phase.WAITING: TO_START, Phase.WAITING_PROMOTION: TO_PROMOTE}
CHECK, FIXED = "/check", ("/gate/approve", "/gate/halt")
FAMILIES = frozenset({"/gate", "/rollback"})


@dataclass(frozen=True, slots=True)
class Gate:
    """`family` is the path of the gate at its load tester. `hooks` are those that ask it."""

    service: Service
    family: str
    hooks: tuple[Hook, ...]

    @property
    def id(self) -> str:
        """As people choose it: `flagger-loadtester.test/gate`."""
        one = self.service
        port = "" if one.port == str(PORTS[one.scheme]) else f":{one.port}"
        return f"{one.name}.{one.namespace}{port}{self.family}"

    @property
    def rolls_back(self) -> bool:
        return self.is_asked(TO_ROLL_BACK)

    def is_asked(self, type: str) -> bool:
        return any(hook.type == type for hook in self.hooks)

    def holds(self, canary: Canary) -> bool:
        """Whether the release waits for an answer of it at present."""
        return canary.phase in ASKED_IN and self.is_asked(ASKED_IN[canary.phase])

    @property
    def asked(self) -> str:
        """By whom, and when."""
        return " and ".join(f"by {hook.name or 'a hook'} {ASKED[hook.type]}" for hook in self.hooks)


def gates_of(canary: Canary) -> tuple[Gate, ...]:
    """In the order of its hooks."""
    found: dict[tuple[Service, str], list[Hook]] = defaultdict(list)
    for hook in _asking(canary):
        place = _place(hook)
        if not isinstance(place, str):
            found[place].append(hook)
    return tuple(Gate(service, family, tuple(hooks)) for (service, family), hooks in found.items())


def is_held(canary: Canary) -> bool:
    """Whether its release waits at a gate that can be opened from here."""
    return any(gate.holds(canary) for gate in gates_of(canary))


def out_of_reach(canary: Canary) -> tuple[str, ...]:
    """A sentence for each hook that asks for approval where nothing is opened from here."""
    return tuple(sentence for hook in _asking(canary) if isinstance(sentence := _place(hook), str))


def _asking(canary: Canary) -> tuple[Hook, ...]:
    return tuple(hook for hook in canary.hooks if hook.type in ASKED)


def _place(hook: Hook) -> tuple[Service, str] | str:
    """Or the sentence why it is not called."""
    named = f"Hook {hook.name or hook.type} asks {shown(hook.url)}"
    try:
        parts = parts_of(hook.url)
    except Unplaceable:
        return f"{named}, which is no address that can be asked."
    service, family = service_of(parts), parts.path.removesuffix(CHECK)
    if service is None:
        return f"{named}, which is no Service of the cluster, so nothing is called there from here."
    if parts.path in FIXED:
        return f"{named}, which always answers the same: it cannot be opened or closed."
    if family not in FAMILIES or family == parts.path or parts.query or parts.fragment:
        return f"{named}, which is no gate of a load tester, so nothing is called there from here."
    if not service.namespace:
        return f"{named}, which names no namespace. Write it as http://{service.name}.NAMESPACE{parts.path}."
    return service, family
