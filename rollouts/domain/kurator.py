"""What Kurator's objects say: the policies of an Application, the members of a Fleet, and what keeps Kurator from doing
what an Application says, as far as the Application itself tells.

Kurator writes no error on its objects: what is wrong shows in the policies themselves, and in the statuses of the Flux
objects that it copies.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class TroubleKind(StrEnum):
    NAMES_DIFFER = "names-differ"
    """`serviceName` is not the workload's name: later changes do not reach the Canary."""
    INCOMPLETE = "incomplete"
    """A field is missing without which Kurator cannot render the Canary."""
    SYNC_FAILED = "sync-failed"
    """Flux could not fetch or apply what the policy says."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """`policy` is the name of the sync policy it is about; empty: the whole Application. `entry` is the name of the
    Flux object, which is made of policy and cluster (`entry_of`); empty for troubles of all clusters.
    """

    kind: TroubleKind
    field: str
    said: str
    policy: str = ""
    entry: str = ""
    at: datetime | None = None


def entry_of(policy: str, cluster_kind: str, cluster: str) -> str:
    """Kurator's name of the Flux object of a policy in one cluster (its `generatePolicyResourceName`)."""
    return f"{policy}-{cluster_kind}-{cluster}".lower()[:63]


def concerning(troubles: Iterable[Trouble], policy: str, entry: str) -> tuple[Trouble, ...]:
    """Those of one policy in one cluster."""
    return tuple(one for one in troubles if one.policy in ("", policy) and one.entry in ("", entry))


@dataclass(frozen=True, slots=True)
class ImageEntry:
    """One of `kustomization.images`: kustomize gives images of this name another name, tag or digest."""

    name: str
    new_name: str = ""
    new_tag: str = ""
    digest: str = ""

    @property
    def gives(self) -> str:
        """The name of an image after it."""
        return self.new_name or self.name


@dataclass(frozen=True, slots=True)
class Kustomization:
    """What a policy says of the Flux Kustomization that Kurator makes of it in each cluster (kurator.md 6.1)."""

    images: tuple[ImageEntry, ...] | None = None
    """None: it has no such list."""
    unread: bool = False
    """It has more than is kept here, or something else in its place: nothing can be said of its entries."""
    suspended: bool = False
    interval: str = ""
    retry: str = ""


@dataclass(frozen=True, slots=True)
class Policy:
    """One `syncPolicies[]` entry of an Application."""

    index: int
    name: str
    namespace: str
    """Of the workload on the members; the Canary is there."""
    canary: str
    service: str
    fleet: str
    selector: Mapping[str, str] = field(default_factory=dict)
    named: bool = False
    """Whether the name stands in the policy itself: else Kurator makes it of the Application's and the index."""
    suspended: bool = False
    skips: bool = False
    """`skipTrafficAnalysis`."""
    rollout: Mapping[str, Any] | None = None
    """Its text, with whatever may be secret hidden; None where it is too large or strange to be kept."""
    bare: bool = False
    """It has no rollout: neither workload nor text."""
    kustomization: Kustomization | None = None
    helm: bool = False
    """It installs a chart, instead of a Kustomization."""

    def selects(self, namespace: str, fleets: Iterable[str], labels: Mapping[str, str]) -> bool:
        """Whether it reaches a cluster that is in these Fleets (`namespace/name`) and has these labels. `namespace` is
        that of its Application, where its Fleet is too.
        """
        return f"{namespace}/{self.fleet}" in fleets and self.selector.items() <= labels.items()


@dataclass(frozen=True, slots=True)
class Application:
    namespace: str
    name: str
    uid: str
    resource_version: str
    generation: int = 0
    policies: tuple[Policy, ...] = ()
    """Those with a rollout."""
    bare: tuple[Policy, ...] = ()
    """Those of a Fleet without one."""
    troubles: tuple[Trouble, ...] = ()
    deleting: bool = False
    labels: Mapping[str, str] = field(default_factory=dict)
    """Those that tell who keeps it."""
    managers: tuple[str, ...] = ()
    """Names of the field managers, Kurator's own among them."""


@dataclass(frozen=True, slots=True)
class FleetMember:
    kind: str
    name: str


@dataclass(frozen=True, slots=True)
class RolloutPlugin:
    """`spec.plugin.flagger` of a Fleet: what puts Flagger into its members."""

    provider: str
    public_load_tester: bool = False


@dataclass(frozen=True, slots=True)
class Fleet:
    namespace: str
    name: str
    uid: str
    members: tuple[FleetMember, ...] = ()
    deleting: bool = False
    plugin: RolloutPlugin | None = None
    phase: str = ""
