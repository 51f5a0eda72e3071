"""The rollouts of one cluster that a batch is about: read once, folded in memory, saved once."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta

from rollouts.domain import changes, live
from rollouts.domain.observations import Canary, Deleted, Event, Kind, Observation, Route, Unreadable, Workload
from rollouts.domain.pods import Pods
from rollouts.domain.ports import Hint
from rollouts.domain.rollout import Release, RolloutState, Transition
from rollouts.models import Rollout, RouteSeen
from rollouts.services.observe import storage
from rollouts.services.observe.sightings import Collection

Key = tuple[str, str]
"""Namespace and name of a Canary."""
RouteKey = tuple[Kind, str, str]
PRIMARY = "-primary"
NOTED_EVERY = timedelta(hours=1)


class Ledger:
    """What is known and what changes. Nothing is written before `save.ledger`."""

    def __init__(self, cluster: int) -> None:
        self.cluster = cluster
        self.rows: dict[Key, Rollout] = {}
        self.states: dict[Key, RolloutState] = {}
        self.dirty: set[Key] = set()
        self.visible: set[Key] = set()
        self.moved: set[Key] = set()
        self.transitions: dict[Key, list[Transition]] = defaultdict(list)
        self.releases: dict[tuple[Key, int], tuple[Release, Canary]] = {}
        """With the Canary that governs it."""
        self.explained: dict[tuple[Key, int], Transition] = {}
        self.events: dict[tuple[Key, str], Event] = {}
        self.routes: dict[RouteKey, Route] = {}
        self.kept_routes: dict[RouteKey, Route] = {}
        self.dropped_routes: set[RouteKey] = set()
        self._by_route: dict[RouteKey, set[Key]] = defaultdict(set)
        self._by_target: dict[Key, set[Key]] = defaultdict(set)

    # reading

    def take(self, row: Rollout) -> None:
        """A row that was read; one that is known already stays as it is here."""
        key = (row.namespace, row.name)
        if key in self.rows:
            return
        self.rows[key] = row
        state = storage.state_of(row)
        if state is not None:
            self.states[key] = state
            self._index(key, state)

    def take_route(self, route: Route) -> None:
        self.routes.setdefault((route.kind, route.namespace, route.name), route)

    def _index(self, key: Key, state: RolloutState) -> None:
        routing = live.routing_of(state.canary)
        if routing is not None:
            self._by_route[routing].add(key)
        self._by_target[(key[0], state.canary.target_name)].add(key)

    def state(self, namespace: str, name: str) -> RolloutState | None:
        return self.states.get((namespace, name))

    def concerned(self, seen: Observation) -> list[Key]:
        """The rollouts that an observation is about."""
        match seen:
            case Canary():
                return [(seen.namespace, seen.name)]
            case Event():
                return [(seen.namespace, seen.canary)]
            case Workload() | Pods() | Deleted(kind=Kind.DEPLOYMENT | Kind.DAEMON_SET):
                both = (seen.name, seen.name.removesuffix(PRIMARY))
                return sorted({key for name in both for key in self._by_target.get((seen.namespace, name), ())})
            case Route() | Deleted() if seen.kind.is_routing:
                return sorted(self._by_route.get((seen.kind, seen.namespace, seen.name), ()))
            case Deleted(kind=Kind.CANARY):
                return [(seen.namespace, seen.name)]
        return []

    def route_of(self, canary: Canary) -> Route | None:
        routing = live.routing_of(canary)
        return None if routing is None else self.routes.get(routing)

    def absent(self, collection: Collection, present: frozenset[Key]) -> list[Deleted]:
        """What is known of a collection beyond `present`."""
        if collection.kind is Kind.CANARY:
            rows = Rollout.objects.filter(cluster_id=self.cluster, deleted_at=None)
        elif collection.kind.is_routing:
            rows = RouteSeen.objects.filter(cluster_id=self.cluster, kind=collection.kind.value)  # type: ignore[assignment]
        else:
            return []
        if collection.namespace:
            rows = rows.filter(namespace=collection.namespace)
        gone = [
            Deleted(collection.kind, namespace, name, uid="")
            for namespace, name in rows.values_list("namespace", "name")
            if (namespace, name) not in present
        ]
        return gone

    # folding

    def apply(self, key: Key, seen: Observation, *, seen_at: datetime, listed: bool) -> None:
        state = self.states.get(key)
        step = changes.observe(state, seen, seen_at=seen_at, listed=listed)
        if step is None:
            self._never_readable(key, seen, seen_at)
            return
        if key not in self.rows:
            self.rows[key] = Rollout(cluster_id=self.cluster, namespace=key[0], name=key[1], first_seen_at=seen_at)
        row = self.rows[key]
        readable_again = bool(row.unreadable) and isinstance(seen, Canary)
        if step.state is state and not readable_again:
            self._read_again(key, seen, seen_at)
            return
        _note_spec(row, step.state.canary, seen_at)
        self.states[key] = step.state
        self._index(key, step.state)
        self.dirty.add(key)
        self.transitions[key] += step.transitions
        for release in step.releases:
            # The write that ends one run by starting the next may also bring another policy.
            governing = step.state if state is None or release.number == step.state.releases else state
            self.releases[key, release.number] = release, governing.canary
        for transition in step.explained:
            self.explained[key, transition.number] = transition
        if isinstance(seen, Workload) or (isinstance(seen, Deleted) and seen.kind in changes.WORKLOADS):
            row.workloads_at = seen_at
        if readable_again:
            row.unreadable = ""
        if step.visible or state is None or readable_again:
            self.visible.add(key)
        if isinstance(seen, Canary) and (
            step.releases or (step.transitions and state and state.canary.phase != seen.phase)
        ):
            self.moved.add(key)

    def _read_again(self, key: Key, seen: Observation, seen_at: datetime) -> None:
        """Nothing has changed, of which a note is made only now and then: workloads are read often."""
        row = self.rows[key]
        if isinstance(seen, Workload) and row.workloads_at and seen_at - row.workloads_at > NOTED_EVERY:
            row.workloads_at = seen_at
            self.dirty.add(key)

    def _never_readable(self, key: Key, seen: Observation, seen_at: datetime) -> None:
        """A Canary of which no version could be understood has no state that could say that it is gone."""
        row = self.rows.get(key)
        if isinstance(seen, Deleted) and row is not None and row.deleted_at is None and key not in self.states:
            row.deleted_at = seen_at
            self.dirty.add(key)
            self.visible.add(key)

    def unreadable(self, seen: Unreadable, *, seen_at: datetime) -> None:
        """Keeps the last readable state and says why the newest one cannot be shown."""
        key = (seen.namespace, seen.name)
        row = self.rows.setdefault(
            key,
            Rollout(
                cluster_id=self.cluster, namespace=seen.namespace, name=seen.name, uid=seen.uid, first_seen_at=seen_at
            ),
        )
        if row.unreadable != seen.reason or row.deleted_at:
            row.unreadable, row.deleted_at = seen.reason, None
            self.dirty.add(key)
            self.visible.add(key)

    def keep(self, seen: Observation) -> None:
        """Remembers what is stored beside the rollouts: Events, and the weights of routing objects."""
        match seen:
            case Event() if (seen.namespace, seen.canary) in self.rows:
                self.events[(seen.namespace, seen.canary), seen.uid] = seen
            case Route():
                key = (seen.kind, seen.namespace, seen.name)
                self.routes[key] = self.kept_routes[key] = seen
                self.dropped_routes.discard(key)
            case Deleted() if seen.kind.is_routing:
                key = (seen.kind, seen.namespace, seen.name)
                self.routes.pop(key, None)
                self.kept_routes.pop(key, None)
                self.dropped_routes.add(key)
            case _:
                pass

    # outcome, once saved

    def moved_ids(self) -> set[int]:
        return {self.rows[key].pk for key in self.moved}

    def hints(self) -> list[Hint]:
        rows = [self.rows[key] for key in sorted(self.visible)]
        hints = [Hint(f"rollout-{row.pk}", row.version) for row in rows]
        applications = {row.application_id: row.version for row in rows if row.application_id}
        hints += [Hint(f"application-{pk}", version) for pk, version in applications.items()]
        return hints


def _note_spec(row: Rollout, canary: Canary, seen_at: datetime) -> None:
    """That it is another one than what was read of it."""
    if (row.uid, row.generation) != (canary.uid, canary.generation):
        row.generation, row.spec_due_at = canary.generation, seen_at
