"""The pods of one side, and what a workload's controller says of them, reduced to what tells why they are not ready."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition of a Deployment that speaks of a trouble; those that say that all is well are not kept."""

    type: str
    status: str
    reason: str
    message: str
    at: datetime | None = None
    """Since when it has this status."""


@dataclass(frozen=True, slots=True)
class Pod:
    """One pod. Of one that is not ready, the condition or container that is in the way, in Kubernetes' own words.

    `state` is the container's (waiting, running, terminated); empty when no container is to blame yet.
    """

    namespace: str
    name: str
    ready: bool
    deleting: bool = False
    container: str = ""
    image: str = ""
    state: str = ""
    reason: str = ""
    message: str = ""
    restarts: int = 0
    last_end: str = ""
    """How the container ended last: its reason, else `exit code N`."""
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Pods:
    """What was read of the pods of one workload when it was not ready. `unready` are the first few of them.

    `note` (a sentence): why they could not be read.
    """

    namespace: str
    name: str
    """Of the workload."""
    read_at: datetime
    number: int = 0
    unready: tuple[Pod, ...] = ()
    note: str = ""
