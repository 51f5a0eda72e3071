"""Reads the rows that a batch may be about: of all its clusters with the same few queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import reduce
from operator import or_

from django.db.models import Q

from rollouts.domain import live
from rollouts.domain.observations import Canary, Deleted, Event, Kind, Observation, Route, Unreadable, Workload
from rollouts.domain.pods import Pods
from rollouts.models import Rollout, RouteSeen
from rollouts.services.observe.ledger import PRIMARY, Ledger

NAMES_A_QUERY = 400
CONDITIONS_A_QUERY = 100

Place = tuple[str, ...]
"""What a set of names has in common: a namespace, or kind and namespace of a routing object."""


def read(observations: Mapping[Ledger, Iterable[Observation]]) -> None:
    """Gives each ledger the rollouts that its observations may be about, locked, and the routes of new Canaries."""
    ledgers = {ledger.cluster: ledger for ledger in observations}
    rows = []
    for ledger, seen in observations.items():
        wanted = _Wanted(seen)
        cluster = Q(cluster_id=ledger.cluster)
        for (namespace,), names in _parts(wanted.canaries):
            rows.append((len(names), cluster & Q(namespace=namespace, name__in=names)))
        for (namespace,), names in _parts(wanted.targets):
            rows.append((len(names), cluster & Q(namespace=namespace, target_name__in=names)))
        for (kind, namespace), names in _parts(wanted.routed):
            place = Q(routing_kind=kind, routing_namespace=namespace, routing_name__in=names)
            rows.append((len(names), cluster & place))
    for condition in _queries(rows):
        for row in Rollout.objects.select_for_update(of=("self",)).filter(condition):
            ledgers[row.cluster_id].take(row)
    _read_routes(ledgers, observations)


def _read_routes(ledgers: Mapping[int, Ledger], observations: Mapping[Ledger, Iterable[Observation]]) -> None:
    """Once the rollouts are read: who is known has in its state what its route said."""
    routes = []
    for ledger, seen in observations.items():
        for (kind, namespace), names in _parts(_routes_of_new(ledger, seen)):
            place = Q(cluster_id=ledger.cluster, kind=kind, namespace=namespace, name__in=names)
            routes.append((len(names), place))
    for condition in _queries(routes):
        for found in RouteSeen.objects.filter(condition):
            ledgers[found.cluster_id].take_route(_route(found))


def _routes_of_new(ledger: Ledger, observations: Iterable[Observation]) -> dict[Place, set[str]]:
    wanted: dict[Place, set[str]] = defaultdict(set)
    for seen in observations:
        if not isinstance(seen, Canary) or ledger.state(seen.namespace, seen.name) is not None:
            continue
        if (routing := live.routing_of(seen)) is not None:
            kind, namespace, name = routing
            wanted[kind.value, namespace].add(name)
    return wanted


class _Wanted:
    """Names by what they have in common."""

    def __init__(self, observations: Iterable[Observation]) -> None:
        self.canaries: dict[Place, set[str]] = defaultdict(set)
        self.targets: dict[Place, set[str]] = defaultdict(set)
        self.routed: dict[Place, set[str]] = defaultdict(set)
        for seen in observations:
            self._add(seen)

    def _add(self, seen: Observation) -> None:
        match seen:
            case Canary():
                self.canaries[seen.namespace,].add(seen.name)
            case Event():
                self.canaries[seen.namespace,].add(seen.canary)
            case Workload() | Pods() | Deleted(kind=Kind.DEPLOYMENT | Kind.DAEMON_SET):
                self.targets[seen.namespace,] |= {seen.name, seen.name.removesuffix(PRIMARY)}
            case Route() | Deleted() if seen.kind.is_routing:
                self.routed[seen.kind.value, seen.namespace].add(seen.name)
            case Deleted() | Unreadable():
                self.canaries[seen.namespace,].add(seen.name)


def _parts(wanted: dict[Place, set[str]]) -> Iterator[tuple[Place, list[str]]]:
    for place, names in wanted.items():
        ordered = sorted(names)
        for start in range(0, len(ordered), NAMES_A_QUERY):
            yield place, ordered[start : start + NAMES_A_QUERY]


def _queries(conditions: Iterable[tuple[int, Q]]) -> Iterator[Q]:
    """Joined as far as the databases' limits for parameters and depth allow."""
    joined: list[Q] = []
    names = 0
    for number, condition in conditions:
        if joined and (names + number > NAMES_A_QUERY or len(joined) == CONDITIONS_A_QUERY):
            yield reduce(or_, joined)
            joined, names = [], 0
        joined.append(condition)
        names += number
    if joined:
        yield reduce(or_, joined)


def _route(row: RouteSeen) -> Route:
    return Route(
        Kind(row.kind),
        row.namespace,
        row.name,
        row.green_weight,
        row.through_gateway_only,
        row.resource_version,
        row.to_blue,
    )
