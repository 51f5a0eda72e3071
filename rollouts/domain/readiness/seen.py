"""What was read of a cluster to judge whether it is ready."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol, TypeVar

from rollouts.domain.addresses import Service
from rollouts.domain.kurator import Fleet
from rollouts.domain.observations import Canary


@dataclass(frozen=True, slots=True)
class Unread:
    """Why something could not be read; `right` is the one that is missing, as a Role would name it, where it is one."""

    why: str
    right: str = ""

    @property
    def remedy(self) -> str:
        return f"Grant this account: {self.right}." if self.right else ""


class Part(StrEnum):
    """What runs in a cluster beside its rollouts. The first three are named as Flagger's providers."""

    ISTIO = "istio"
    NGINX = "nginx"
    KUMA = "kuma"
    FLAGGER = "flagger"
    LOAD_TESTER = "load tester"


@dataclass(frozen=True, slots=True)
class Controller:
    """A Deployment or DaemonSet. `part` is None for one that is none of ours; `version` is its image's tag, empty
    where it has none. The last three are what Flagger's arguments say.
    """

    namespace: str
    name: str
    ready: bool
    part: Part | None = None
    version: str = ""
    provider: str = ""
    metrics_server: str = ""
    watches: str = ""
    """The one namespace whose Canaries it looks at; empty for all."""


@dataclass(frozen=True, slots=True)
class Namespace:
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class BuiltIn:
    """How a built-in query was answered: `value` in words, empty where the answer held none; or the `problem`."""

    name: str
    rollout: str
    """`namespace/name`; empty where there was none to ask about."""
    value: str = ""
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Metrics:
    """`source` in words, empty where it is not known which one to ask, which `problem` then says."""

    source: str
    problem: str = ""
    built_in: tuple[BuiltIn, ...] = ()


@dataclass(frozen=True, slots=True)
class Rights:
    """Those that are missing, in words."""

    following: tuple[str, ...] = ()
    acting: tuple[str, ...] = ()
    gates: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    is_hub: bool = False
    server_version: str = ""
    controllers: tuple[Controller, ...] | Unread = ()
    canaries: tuple[Canary, ...] = ()
    namespaces: Mapping[str, Namespace | Unread | None] = field(default_factory=dict)
    """Of those that have Canaries; None: there is none of this name any more."""
    gateways: Mapping[str, frozenset[str] | Unread] = field(default_factory=dict)
    """By the API group: `namespace/name` of each. A group that the cluster does not serve has none."""
    services: Mapping[Service, bool | Unread] = field(default_factory=dict)
    """Those that hooks of its Canaries ask, and whether they exist."""
    absent_kinds: tuple[str, ...] = ()
    metrics: Metrics | None = None
    """None where there are no rollouts to measure."""
    rights: Rights = Rights()
    fleets: tuple[Fleet, ...] | Unread | None = None
    """Of a hub all of them, of a member those that list it; None of a plain cluster."""

    @property
    def flagger(self) -> Controller | Unread | None:
        if isinstance(self.controllers, Unread):
            return self.controllers
        return foremost(one for one in self.controllers if one.part is Part.FLAGGER)

    @property
    def has_rollouts(self) -> bool:
        """Or may have: a hub need not."""
        return not self.is_hub or bool(self.canaries) or isinstance(self.flagger, Controller)

    @property
    def providers(self) -> tuple[str, ...]:
        """Those that Canaries use; without any the one that the Fleet's plugin names, else Flagger's flag. Empty where
        none is known. The plugin comes first: for Kuma it leaves the flag at istio (kurator.md 5).
        """
        found = self.flagger
        default = found.provider if isinstance(found, Controller) else ""
        fleets = self.fleets if isinstance(self.fleets, tuple) and not self.is_hub else ()
        planned = {fleet.plugin.provider for fleet in fleets if fleet.plugin}
        used = {canary.provider or default for canary in self.canaries}
        return tuple(sorted((used or planned or {default}) - {""}))


class Flagger(Protocol):
    """Any that was found."""

    @property
    def ready(self) -> bool: ...
    @property
    def watches(self) -> str: ...
    @property
    def namespace(self) -> str: ...
    @property
    def name(self) -> str: ...


AnyFlagger = TypeVar("AnyFlagger", bound=Flagger)


def foremost(found: Iterable[AnyFlagger]) -> AnyFlagger | None:
    """The one that speaks for the cluster: one with a ready pod before one without, one that looks at all namespaces
    before one that looks at a single one, then the first by namespace and name. So a trial left behind, or a team's
    own, stands for the cluster only where there is no other.
    """
    return min(found, key=lambda one: (not one.ready, one.watches != "", one.namespace, one.name), default=None)
