"""One pass over a new Application: has the hub try it out, creates it, and follows it until Kurator has taken it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from rollouts.domain.errors import Conflict, Forbidden, NotFound, Refused
from rollouts.domain.kurator import entry_of
from rollouts.domain.observations import Kind
from rollouts.domain.ports import ClusterConnection
from rollouts.domain.whole.making import creation, is_same
from rollouts.domain.whole.rules import NONE_SELECTED
from rollouts.models import ApplicationChange, ChangeState, Cluster
from rollouts.queries import whole as queries
from rollouts.services.one_offs import ending
from rollouts.services.whole.looking import GRANTED_BY

EXISTS = "The hub has an Application of this name already. Choose another name, or look at that one."
OTHER = "Somebody else has just made an Application of this name, and it is another. Nothing was written."
OTHER_CLUSTERS = "It would reach other clusters by now than when you looked, and nothing was written. Enter it again."
MADE = "The Application is on the hub."
GONE = "The Application was deleted meanwhile."
PATIENCE = timedelta(minutes=2)
"""Kurator begins at once and looks again every 30 s. After that it is said what is missing."""


def look_at(change: ApplicationChange, connection: ClusterConnection) -> dict[str, object]:
    """The fields that the change gets by that. Raises ClusterError where the hub does not answer."""
    refused = ""
    try:
        connection.patch(creation(change.manifest), dry_run=True)
    except Conflict:
        refused = EXISTS
    except Forbidden as error:
        refused = f"{error} {GRANTED_BY}"
    except (NotFound, Refused) as error:
        refused = str(error)
    reached = queries.reached_now(change)
    refused = refused or ("" if reached else NONE_SELECTED)
    said = [change.manifest, refused, reached]
    digest = hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()
    parts = [[0, reached]]
    return {"seen": {"refused": refused}, "parts": parts, "digest": digest, "state": ChangeState.LOOKED}


def go_on(change: ApplicationChange, connection: ClusterConnection, holds: Callable[[], bool], now: datetime) -> str:
    """What is waited for; whatever is done is in the row. Raises ClusterError."""
    found = _found(change, connection)
    if found is None and change.written_at is not None:
        ending.end(change, ChangeState.FAILED, GONE, now)
        return ""
    if found is None:
        return "" if ending.ended_late(change, now) else _create(change, connection, holds, now)
    if change.written_at is None and not is_same(change.manifest, found):
        ending.end(change, ChangeState.FAILED, OTHER, now)
        return ""
    _written(change, str(found.get("metadata", {}).get("uid", "")), now)
    return _followed(change, found, now)


def _found(change: ApplicationChange, connection: ClusterConnection) -> Mapping[str, Any] | None:
    try:
        return connection.raw(Kind.APPLICATION, change.namespace, change.name)
    except NotFound:
        return None


def _create(change: ApplicationChange, connection: ClusterConnection, holds: Callable[[], bool], now: datetime) -> str:
    """Tried out once more, since the hub may judge otherwise by now."""
    if queries.reached_now(change) != sorted(queries.clusters_of(change)):
        ending.end(change, ChangeState.FAILED, OTHER_CLUSTERS, now)
        return ""
    patch = creation(change.manifest)
    try:
        connection.patch(patch, dry_run=True)
        if not holds():
            return ""
        connection.patch(patch)
    except Conflict:
        return "Somebody else has just made it; it is read again."
    except (Refused, Forbidden, NotFound) as error:
        ending.end(change, ChangeState.FAILED, str(error), now)
        return ""
    _written(change, "", now)
    return "The hub has taken it."


def _written(change: ApplicationChange, uid: str, now: datetime) -> None:
    """Also found there by whoever comes after one who was killed: then it is what was wanted."""
    ending.accepted(change, MADE, now)
    if uid and not change.uid:
        ApplicationChange.objects.filter(pk=change.pk).update(uid=uid)


def _followed(change: ApplicationChange, found: Mapping[str, Any], now: datetime) -> str:
    """Observed here first, which its page needs; then whether Kurator has made something of it for each cluster."""
    if not queries.rows_of(change.hub_id, change.namespace, change.name):
        return _late(change, "It is not observed here yet.", now)
    if change.arrived_at is None:
        ApplicationChange.objects.filter(pk=change.pk).update(arrived_at=now)
    status = found.get("status") or {}
    entries = {one.get("name") for one in status.get("syncStatus") or ()}
    missing = [name for name, entry in _wanted(change).items() if entry not in entries]
    if missing:
        return _late(change, f"Kurator has not made it yet for {', '.join(missing)}.", now)
    ending.end(change, ChangeState.DONE, f"Kurator has taken it for its clusters.{_not_ready(status)}", now)
    return ""


def _wanted(change: ApplicationChange) -> dict[str, str]:
    """By cluster the name of the Flux object."""
    policy = change.manifest["spec"]["syncPolicies"][0]["name"]
    members = Cluster.objects.filter(pk__in=queries.clusters_of(change)).order_by("name")
    return {one.name: entry_of(policy, one.hub_kind.removesuffix("s"), one.hub_name) for one in members}


def _late(change: ApplicationChange, said: str, now: datetime) -> str:
    if change.written_at is not None and change.written_at + PATIENCE <= now:
        reason = "See whether its controller (fleet-manager) runs, and whether each of these clusters answers."
        ending.end(change, ChangeState.FAILED, f"It is on the hub. {said} {reason}", now)
    return said


def _not_ready(status: Mapping[str, Any]) -> str:
    """What Flux says of its source, where it cannot fetch it."""
    sources = status.get("sourceStatus") or {}
    said = [
        str(one.get("message", ""))[:500]
        for source in sources.values()
        for one in (source or {}).get("conditions") or ()
        if one.get("type") == "Ready" and one.get("status") == "False"
    ]
    return f" Its source cannot be fetched: {said[0]}" if said else ""
