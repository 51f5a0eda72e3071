"""Raw objects for a person to look at: asked for by a page, fetched by a task, kept until somebody asks again."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta

from rollouts.domain.errors import ClusterError, InvalidInput
from rollouts.domain.observations import Kind
from rollouts.domain.ports import ChangeFeed, ClusterConnection, Enqueue, Hint
from rollouts.models import Cluster, ObjectCopy, Rollout
from rollouts.services import clusters

FRESH_FOR = timedelta(seconds=5)
LARGEST = 256 * 1024
"""Characters kept of one object; what is longer is cut, and says so."""
TASK = "rollouts.tasks.copy_object"


def objects_of(rollout: Rollout) -> list[tuple[Kind, str, str]]:
    """Kind, namespace and name of every object that may be looked at through this rollout, and of no other."""
    objects = [(Kind.CANARY, rollout.namespace, rollout.name)]
    kind = {"Deployment": Kind.DEPLOYMENT, "DaemonSet": Kind.DAEMON_SET}.get(rollout.target_kind)
    if kind is not None:
        objects += [
            (kind, rollout.namespace, rollout.target_name),
            (kind, rollout.namespace, f"{rollout.target_name}-primary"),
        ]
    if rollout.routing_kind:
        objects.append((Kind(rollout.routing_kind), rollout.routing_namespace, rollout.routing_name))
    return objects


def request(*, rollout: Rollout, kind: str, name: str, enqueue: Enqueue, now: datetime) -> ObjectCopy:
    """The copy as it is; unless it is fresh, a task is asked for a new one. Raises InvalidInput for an object that is
    not the rollout's.
    """
    if (kind, name) not in {(known.value, known_name) for known, _, known_name in objects_of(rollout)}:
        raise InvalidInput(f"{rollout} has no object {kind} {name}.")
    copy, _ = ObjectCopy.objects.get_or_create(rollout=rollout, kind=kind, name=name, defaults={"requested_at": now})
    fresh = copy.fetched_at is not None and copy.fetched_at > now - FRESH_FOR
    lately = copy.requested_at > now - FRESH_FOR and copy.requested_at != now
    asked = lately and (copy.fetched_at is None or copy.requested_at > copy.fetched_at)
    if not fresh and not asked:
        ObjectCopy.objects.filter(pk=copy.pk).update(requested_at=now)
        copy.requested_at = now
        enqueue(TASK, {"copy": copy.pk})
    return copy


def fetch(
    *, copy: int, connect: Callable[[Cluster], ClusterConnection], feed: ChangeFeed, now: Callable[[], datetime]
) -> None:
    """Reads the object and keeps it, or the reason why it could not be read; then tells the page. Safe to repeat."""
    row = ObjectCopy.objects.select_related("rollout__cluster__hub").filter(pk=copy).first()
    if row is None:
        return
    row.text, row.error = "", ""
    try:
        row.text = _read(row, connect)
    except ClusterError as error:
        row.error = str(error)
    row.fetched_at = now()
    row.save(update_fields=("text", "error", "fetched_at"))
    feed.publish([Hint(f"object-{row.pk}", int(row.fetched_at.timestamp() * 1000))])


def _read(row: ObjectCopy, connect: Callable[[Cluster], ClusterConnection]) -> str:
    namespaces = {(kind.value, name): namespace for kind, namespace, name in objects_of(row.rollout)}
    namespace = namespaces.get((row.kind, row.name))
    if namespace is None:
        raise ClusterError("The rollout no longer has this object.")
    connection = connect(row.rollout.cluster)
    try:
        # A kubeconfig that suddenly leads elsewhere must not show the object of another cluster.
        clusters.identify(cluster=row.rollout.cluster, uid=connection.uid())
        text = json.dumps(connection.raw(Kind(row.kind), namespace, row.name), indent=2, ensure_ascii=False)
    finally:
        connection.close()
    text = text.replace("\0", "")
    return (
        text if len(text) <= LARGEST else text[:LARGEST] + "\n… cut here: the object is larger than a page should be."
    )
