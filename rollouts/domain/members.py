"""Which clusters the Fleets of a hub have."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from rollouts.domain.kurator import Fleet
from rollouts.domain.observations import Kind, MemberCluster

# A member without a kind is a Cluster to Kurator's fleet controller (its application controller passes over it, but
# may have served it under an earlier kind). Other kinds block a Fleet and have no kubeconfig that we could find.
KINDS = {"AttachedCluster": Kind.ATTACHED_CLUSTER, "Cluster": Kind.KURATOR_CLUSTER, "": Kind.KURATOR_CLUSTER}

Key = tuple[Kind, str, str]


@dataclass(frozen=True, slots=True)
class Member:
    kind: Kind
    namespace: str
    name: str
    secret_name: str
    secret_key: str
    labels: Mapping[str, str] = field(default_factory=dict)
    fleets: tuple[str, ...] = ()
    """`namespace/name`, sorted: a cluster may be in several."""

    @property
    def key(self) -> Key:
        return self.kind, self.namespace, self.name


@dataclass(frozen=True, slots=True)
class Membership:
    """`without_object`: listed by a Fleet, but their object is not there, or of a kind not read yet."""

    members: tuple[Member, ...]
    without_object: frozenset[Key]


def members_of(fleets: Iterable[Fleet], objects: Iterable[MemberCluster]) -> Membership:
    """A Fleet finds its clusters in its own namespace, whatever namespace the reference says."""
    known = {(one.kind, one.namespace, one.name): one for one in objects}
    listed: dict[Key, set[str]] = {}
    for fleet in fleets:
        for member in fleet.members:
            kind = KINDS.get(member.kind)
            if kind is not None:
                listed.setdefault((kind, fleet.namespace, member.name), set()).add(f"{fleet.namespace}/{fleet.name}")
    members = tuple(
        Member(*key, known[key].secret_name, known[key].secret_key, dict(known[key].labels), tuple(sorted(names)))
        for key, names in sorted(listed.items())
        if key in known
    )
    return Membership(members, frozenset(listed) - frozenset(known))
