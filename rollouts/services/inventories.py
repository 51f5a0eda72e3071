"""What a rollout can be set up for: read from a cluster by a task when somebody is about to choose, and kept."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import datetime, timedelta
from typing import TypeVar

from rollouts.domain import memory, permissions
from rollouts.domain.errors import ClusterError, Forbidden, NotFound
from rollouts.domain.permissions import GATEWAY_GROUPS
from rollouts.domain.policies.offering import MOST, Offers, load_testers, offers
from rollouts.domain.ports import ChangeFeed, Enqueue, Hint, Permission, Surroundings
from rollouts.models import Cluster, Inventory
from rollouts.models.clusters import NOT_WATCHED
from rollouts.services import clusters

TASK = "rollouts.tasks.read_inventory"
FRESH_FOR = timedelta(seconds=60)
ASKED_AGAIN_AFTER = timedelta(seconds=20)
"""Longer than one slow answer of a cluster takes."""
WORKLOADS = (Permission("list", "apps", "deployments"), Permission("list", "apps", "daemonsets"))
SERVICES, AUTOSCALERS = permissions.of_setting_up()
Found = TypeVar("Found")


def being_read(*, wanted: Iterable[int], enqueue: Enqueue, now: datetime) -> frozenset[int]:
    """Of these clusters, as far as they are watched, those that are not read yet, or not for a while. A task is asked
    for each of them.
    """
    watched = [one.pk for one in Cluster.objects.filter(pk__in=list(wanted)) if one.is_watched]
    known = {one.cluster_id: one for one in Inventory.objects.filter(cluster__in=watched).defer("offers")}
    waiting = set()
    for cluster in watched:
        row, made = known.get(cluster), False
        if row is None:  # somebody else may make it at the same time
            row, made = Inventory.objects.get_or_create(cluster_id=cluster, defaults={"requested_at": now})
        if row.read_at is not None and row.read_at > now - FRESH_FOR:
            continue
        waiting.add(cluster)
        if made or row.requested_at <= now - ASKED_AGAIN_AFTER:
            Inventory.objects.filter(pk=cluster).update(requested_at=now)
            enqueue(TASK, {"cluster": cluster})
    return frozenset(waiting)


def read(
    *, cluster: int, open_surroundings: Callable[[Cluster], Surroundings], feed: ChangeFeed, now: Callable[[], datetime]
) -> None:
    """Safe to repeat. Raises no errors of clusters: why it could not be read is kept beside what was read last."""
    one = Cluster.objects.select_related("hub").filter(pk=cluster, inventory__isnull=False).first()
    if one is None:
        return
    try:
        found = _read(one, open_surroundings)
    except ClusterError as error:
        Inventory.objects.filter(pk=cluster).update(problem=str(error), read_at=now())
    else:
        Inventory.objects.filter(pk=cluster).update(problem="", read_at=now(), offers=memory.dump(found))
    feed.publish([Hint(f"cluster-{cluster}", int(now().timestamp() * 1000))])


def _read(cluster: Cluster, open_surroundings: Callable[[Cluster], Surroundings]) -> Offers:
    if not cluster.is_watched:
        raise ClusterError(NOT_WATCHED)
    around, notes = open_surroundings(cluster), list[str]()
    try:
        clusters.identify(cluster=cluster, uid=around.uid())
        places = cluster.namespaces or [""]
        services = list(_all(around.services, places, (SERVICES,), notes))
        services_read = not notes
        workloads = list(_all(around.workloads, places, WORKLOADS, notes))
        found = offers(
            workloads,
            services,
            _all(around.autoscalers, places, (AUTOSCALERS,), notes),
            services_read=services_read,
        )
        ingresses = [one for place in places for one in _if_any(around.ingresses, place)]
        istio, api = (_if_any(around.gateways, group) for group in GATEWAY_GROUPS)
    finally:
        around.close()
    return Offers(
        found,
        tuple(notes),
        load_testers(workloads, services),
        tuple(ingresses[:MOST]),
        tuple(sorted(istio)[:MOST]),
        tuple(sorted(api)[:MOST]),
    )


def _if_any(listed: Callable[[str], Collection[Found]], place: str) -> Collection[Found]:
    """What only helps to choose: an account needs no right on what its cluster does not route by, and what cannot be
    listed takes nothing away that was read.
    """
    try:
        return listed(place)
    except ClusterError:
        return ()


def _all(
    listed: Callable[[str], Iterable[Found]], places: Iterable[str], rights: Iterable[Permission], notes: list[str]
) -> Iterator[Found]:
    """What the account may list; what it may not is a note that names the right."""
    for place in places:
        try:
            yield from listed(place)
        except Forbidden:
            named = " and ".join(permissions.in_words(one) for one in rights)
            where = f" in namespace {place}" if place else ""
            notes.append(f"This account may not {named}{where}. deploy/rbac/ has what it needs.")
        except NotFound:  # an API server without autoscalers
            continue
