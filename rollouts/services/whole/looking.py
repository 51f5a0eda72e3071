"""Reads from the hub what a deletion is judged by, and has the hub judge it too: nothing is done by that."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from rollouts.domain.errors import Forbidden, NotFound, Refused
from rollouts.domain.kurator import Fleet
from rollouts.domain.observations import Kind, MemberCluster
from rollouts.domain.ports import ClusterConnection
from rollouts.domain.whole.deleting import Deletion, Trap, TrapKind, judge_deletion
from rollouts.domain.whole.seen import Whole, read_whole
from rollouts.models import ApplicationChange
from rollouts.queries import whole as queries

GRANTED_BY = (
    "Let the account of this program create and delete Applications: deploy/rbac/applications.yaml grants that."
)
KINDS = {"AttachedCluster": Kind.ATTACHED_CLUSTER, "Cluster": Kind.KURATOR_CLUSTER}


def look(change: ApplicationChange, connection: ClusterConnection, now: datetime) -> tuple[Whole, Deletion]:
    """Raises ClusterError; NotFound when there is no such Application."""
    whole = read(change, connection)
    fleets = _fleets(change.namespace, connection)
    used = {one.fleet for one in whole.policies}
    lost = _lost([one for one in fleets if one.name in used], change.namespace, connection)
    named = {one.name: one.deleting for one in fleets}
    judged = judge_deletion(whole, queries.around(change, whole, named, lost, now))
    return whole, judged if judged.traps else replace(judged, traps=tuple(_refused(change, whole, connection)))


def read(change: ApplicationChange, connection: ClusterConnection) -> Whole:
    return read_whole(connection.raw(Kind.APPLICATION, change.namespace, change.name))


def _refused(change: ApplicationChange, whole: Whole, connection: ClusterConnection) -> Iterator[Trap]:
    """By the hub, asked with a dry run. When the object was changed this very moment, that is no refusal."""
    try:
        try_out(change, whole, connection)
    except Forbidden as error:
        yield Trap(TrapKind.REFUSED, str(error), GRANTED_BY)
    except Refused as error:
        yield Trap(TrapKind.REFUSED, str(error), "Ask whoever administers the hub what refuses it there.")


def try_out(change: ApplicationChange, whole: Whole, connection: ClusterConnection) -> None:
    connection.delete(
        Kind.APPLICATION, change.namespace, change.name, uid=whole.uid, resource_version=whole.resource_version,
        dry_run=True,
    )  # fmt: skip


def _fleets(namespace: str, connection: ClusterConnection) -> list[Fleet]:
    seen = (one for page in connection.list(Kind.FLEET, namespace) for one in page.observations)
    return [one for one in seen if isinstance(one, Fleet)]


def _lost(fleets: list[Fleet], namespace: str, connection: ClusterConnection) -> dict[str, tuple[str, ...]]:
    """Members of these Fleets whose cluster object is not there: the Application's controller waits for it for ever
    (kurator.md 2.1).
    """
    there: dict[str, set[str]] = {}
    for kind in {member.kind for fleet in fleets for member in fleet.members} & KINDS.keys():
        there[kind] = set(_names(KINDS[kind], namespace, connection))
    found = {
        fleet.name: tuple(one.name for one in fleet.members if one.kind in there and one.name not in there[one.kind])
        for fleet in fleets
    }
    return {fleet: lost for fleet, lost in found.items() if lost}


def _names(kind: Kind, namespace: str, connection: ClusterConnection) -> Iterator[str]:
    try:
        for page in connection.list(kind, namespace):
            yield from (one.name for one in page.observations if isinstance(one, MemberCluster))
    except NotFound:  # Kurator's own Cluster kind may be missing
        return
