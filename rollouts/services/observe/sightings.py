"""What streams hand to the writer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from rollouts.domain.observations import Kind, Observation


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to write about one cluster, as long as the row still carries the number."""

    cluster: int
    number: int


@dataclass(frozen=True, slots=True)
class Collection:
    """What one stream follows: all objects of a kind, in one namespace or (empty) in the whole cluster."""

    kind: Kind
    namespace: str = ""


@dataclass(frozen=True, slots=True)
class Sighting:
    """Observations of one collection that are written together with the cursor they lead to.

    `listed`: they come from a list. `cursor` is empty while a list is unfinished, and for single objects that were
    read. `complete`: with the last page of a list, the `namespace/name` of everything the list held; whatever else is
    known is gone. `committed` is called once the rows are safe.
    """

    lease: Lease
    collection: Collection
    observations: tuple[Observation, ...]
    seen_at: datetime
    cursor: str = ""
    listed: bool = False
    complete: frozenset[tuple[str, str]] | None = None
    committed: Callable[[], None] | None = field(default=None, compare=False)
