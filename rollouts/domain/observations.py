"""What was read from a cluster, reduced to the facts the rules need.

Adapters make these from Kubernetes objects; nothing above them knows Kubernetes' own shapes. Times are aware datetimes
in UTC. Every observation names its object by namespace and name; which cluster it came from is known to whoever passes
it on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from rollouts.domain.kurator import Application, Fleet
from rollouts.domain.pod_templates import PodTemplate
from rollouts.domain.pods import Condition, Pod, Pods


class Phase(StrEnum):
    """Flagger's phases, spelled as Flagger spells them. A Canary not processed yet has the empty phase."""

    UNSET = ""
    INITIALIZING = "Initializing"
    INITIALIZED = "Initialized"
    WAITING = "Waiting"
    PROGRESSING = "Progressing"
    WAITING_PROMOTION = "WaitingPromotion"
    PROMOTING = "Promoting"
    FINALISING = "Finalising"
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"
    TERMINATING = "Terminating"
    TERMINATED = "Terminated"
    UNKNOWN = "Unknown"
    """A phase this program does not know; the word itself is in `Canary.phase_text`."""

    @classmethod
    def _missing_(cls, value: object) -> Phase:
        return cls.UNKNOWN


class Strategy(StrEnum):
    BLUE_GREEN = "blue-green"
    CANARY = "canary"
    AB_TESTING = "ab-testing"


class Kind(StrEnum):
    """The kinds of object that are followed, by the name their collection has in the API."""

    CANARY = "canaries"
    EVENT = "events"
    VIRTUAL_SERVICE = "virtualservices"
    INGRESS = "ingresses"
    TRAFFIC_ROUTE = "trafficroutes"
    HTTP_ROUTE = "httproutes"
    DEPLOYMENT = "deployments"
    DAEMON_SET = "daemonsets"
    POD = "pods"
    REPLICA_SET = "replicasets"
    CONFIG_MAP = "configmaps"
    APPLICATION = "applications"
    FLEET = "fleets"
    ATTACHED_CLUSTER = "attachedclusters"
    KURATOR_CLUSTER = "clusters"

    @property
    def is_routing(self) -> bool:
        return self in ROUTING_KINDS


ROUTING_KINDS = frozenset({Kind.VIRTUAL_SERVICE, Kind.INGRESS, Kind.TRAFFIC_ROUTE, Kind.HTTP_ROUTE})


@dataclass(frozen=True, slots=True)
class Check:
    """One metric of the analysis with its limits; `interval` in seconds, `interval_text` as queries are given it.

    A built-in check has neither `query` nor `template`. The limits are those that Flagger applies, also where only the
    deprecated `threshold` was given.
    """

    name: str
    interval: int
    minimum: float | None = None
    maximum: float | None = None
    interval_text: str = ""
    query: str = ""
    """Written in the Canary itself (deprecated)."""
    template: str = ""
    """Name of a MetricTemplate."""
    template_namespace: str = ""
    """Resolved: the Canary's when the reference names none."""
    variables: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Hook:
    """A webhook of the analysis; an empty `type` is a rollout hook (asked at every check)."""

    name: str
    type: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Canary:
    """One Canary object: its spec with Flagger's own defaults applied, and its status as written."""

    namespace: str
    name: str
    uid: str
    resource_version: str
    created_at: datetime | None = None
    generation: int = 0
    """Grows when its spec becomes another."""

    provider: str = ""
    """Empty: the cluster's default (Flagger's `-mesh-provider`, istio unless told otherwise)."""
    target_kind: str = "Deployment"
    target_name: str = ""
    service_name: str = ""
    """Resolved: `spec.service.name`, else the target's name."""
    ingress_name: str = ""
    route_name: str = ""
    metrics_server: str = ""
    """Empty: the one that Flagger's flag names."""
    gateways: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    strategy: Strategy = Strategy.BLUE_GREEN
    interval: int = 60
    """Seconds between two ticks, at least 10."""
    interval_text: str = ""
    """As it stands in `spec.analysis`; empty where it does not."""
    iterations_wanted: int = 0
    threshold: int = 1
    max_weight: int = 100
    step_weights: tuple[int, ...] = ()
    mirror: bool = False
    progress_deadline: int = 600
    checks: tuple[Check, ...] = ()
    hooks: tuple[Hook, ...] = ()
    skip_analysis: bool = False
    suspended: bool = False
    suspended_by: str = ""
    """The field manager that owns `spec.suspend`; empty when it is not set, or nobody knows."""
    suspended_at: datetime | None = None
    """When that manager last wrote any field of its own: it suspended then at the latest."""
    revert_on_deletion: bool = False

    phase: Phase = Phase.UNSET
    phase_text: str = ""
    iterations: int = 0
    failed_checks: int = 0
    weight: int = 0
    """`status.canaryWeight`: stays 0 in a blue/green run, 100 after a failed promotion (Flagger 1.44 on)."""
    last_applied: str = ""
    last_promoted: str = ""
    tracked_configs: Mapping[str, str] = field(default_factory=dict)
    last_transition_at: datetime | None = None
    """Flagger's time of its last status write of any kind."""
    phase_at: datetime | None = None
    """The condition's `lastUpdateTime`: since when the phase holds."""
    promoted_at: datetime | None = None
    """The condition's `lastTransitionTime`: since when its status holds, so it spans a whole run."""
    message: str = ""
    """The condition's message."""

    labels: Mapping[str, str] = field(default_factory=dict)
    policy: str = ""
    """Annotation `kurator.dev/rollout`: the policy's name when Kurator keeps this Canary."""
    helm_release: str = ""
    managers: tuple[str, ...] = ()
    """Names of the field managers, without Flagger's own."""
    deleting: bool = False


@dataclass(frozen=True, slots=True)
class Route:
    """Where users' traffic goes, as the routing object of one service says."""

    kind: Kind
    namespace: str
    """Empty for a cluster-scoped kind (TrafficRoute)."""
    name: str
    green_weight: int | None
    """Green's share in percent, 0 to 100; None when the object does not say so in a form we know."""
    through_gateway_only: bool = False
    """Only traffic through a gateway follows these weights; callers inside the mesh stay on blue."""
    resource_version: str = ""
    to_blue: Mapping[str, int] = field(default_factory=dict)
    """The weights that would send all users to blue, by their places in the object (JSON pointers). Empty while all are
    there, and where weights alone do not decide (session affinity, matching by header or cookie).
    """


@dataclass(frozen=True, slots=True)
class Workload:
    """A Deployment or DaemonSet that is a side of a rollout."""

    kind: str
    namespace: str
    name: str
    images: tuple[str, ...]
    """One per container, in order, `name=image` reduced to the image."""
    template: str
    """A digest of the pod template; equal digests mean equal templates."""
    wanted: int
    ready: int
    uid: str = ""
    resource_version: str = ""
    generation: int = 0
    selector: Mapping[str, str] = field(default_factory=dict)
    containers: tuple[str, ...] = ()
    """Their names, in the order of `images`."""
    rolling: bool = False
    """Not all of its pods are of the present template: old ones may be ready while new ones are not."""
    conditions: tuple[Condition, ...] = ()
    update: str = "RollingUpdate"
    """How pods are replaced when the template changes; also `Recreate` (Deployment) and `OnDelete` (DaemonSet)."""
    paused: bool = False
    """Of a Deployment: no pod is replaced until it goes on."""


@dataclass(frozen=True, slots=True)
class Event:
    """A Kubernetes Event about a Canary. `message` is without the correlator's prefix."""

    uid: str
    namespace: str
    canary: str
    canary_uid: str
    type: str
    message: str
    count: int = 1
    first_at: datetime | None = None
    last_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class MemberCluster:
    """A cluster object of the hub: an AttachedCluster, or a Cluster that Kurator made."""

    kind: Kind
    namespace: str
    name: str
    uid: str
    secret_name: str
    """Empty while the hub does not name one yet."""
    secret_key: str
    labels: Mapping[str, str] = field(default_factory=dict)
    ready: bool = False
    deleting: bool = False


@dataclass(frozen=True, slots=True)
class Unreadable:
    """An object that could not be understood; it is shown with the reason and stops nothing."""

    kind: Kind
    namespace: str
    name: str
    uid: str
    reason: str
    resource_version: str = ""


@dataclass(frozen=True, slots=True)
class Deleted:
    kind: Kind
    namespace: str
    name: str
    uid: str
    resource_version: str = ""


Observation = (
    Canary
    | Route
    | Workload
    | Pod
    | Pods
    | PodTemplate
    | Event
    | Application
    | Fleet
    | MemberCluster
    | Unreadable
    | Deleted
)
