"""One pass over the deletion of an Application: looks, deletes, waits until it is gone, and tells what is left."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from rollouts.domain import memory
from rollouts.domain.commands.governed import listed
from rollouts.domain.errors import Conflict, Forbidden, NotFound, Refused
from rollouts.domain.observations import Kind
from rollouts.domain.ports import ClusterConnection
from rollouts.domain.whole.deleting import FINALIZER
from rollouts.domain.whole.seen import Whole
from rollouts.models import ApplicationChange, ChangeState, Cluster
from rollouts.queries import whole as queries
from rollouts.services.one_offs import ending
from rollouts.services.whole.left import NOT_HERE, NOTHING, look_into
from rollouts.services.whole.looking import look, read, try_out

NOT_THERE = "There is no such Application on the hub any more."
JUST_CHANGED = "Its policies have just changed, and are not known here like that yet. Begin anew in a minute."
BY_OTHERS = "Somebody else has deleted it. From here the hub was not asked to."
ANOTHER = "Another Application of this name is there by now: somebody else has deleted the one meant. Nothing was done."
CHANGED = "It has changed since you looked, and nothing was deleted. Look at it again."
GONE = "The Application is gone."
MARKED = "The Application is marked for deletion."
LONGEST_WAIT = timedelta(minutes=15)
"""For the hub to let it go. Kurator tries every 30 s."""
UNTIL_CLEARED = timedelta(seconds=60)
"""What Flux has not taken away by then is named."""
CLUSTERS_A_PASS = 3
Connect = Callable[[Cluster], ClusterConnection]


def look_at(change: ApplicationChange, connection: ClusterConnection, now: datetime) -> dict[str, object] | str:
    """The fields that the change gets by that; a sentence when there is nothing to delete. Raises ClusterError."""
    try:
        whole, judged = look(change, connection, now)
    except NotFound:
        return NOT_THERE
    entries, parts = _entries(change, whole, now), _parts(change)
    known = {cluster for _, clusters in parts for cluster in clusters}
    if not queries.knows(change, whole) or not {int(one) for one in entries} <= known:
        return JUST_CHANGED
    seen = {**memory.dump(judged), "entries": entries}
    digest = judged.digest(whole.uid)
    return {"seen": seen, "parts": parts, "digest": digest, "uid": whole.uid, "state": ChangeState.LOOKED}


def _parts(change: ApplicationChange) -> list[Any]:
    """As they are observed now, in the shape in which they are kept."""
    return [list(one) for one in queries.parts_now(change.hub_id, change.namespace, change.name)]


def _entries(change: ApplicationChange, whole: Whole, now: datetime) -> dict[str, list[list[str]]]:
    """By cluster how, and by what name, Flux knows what it has brought there."""
    hows = {one.name: one.how.value for one in whole.policies}
    found: dict[str, list[list[str]]] = {}
    for policy, several in queries.around(change, whole, {}, {}, now).reached.items():
        for one in several:
            found.setdefault(str(one.cluster), []).append([hows[policy], one.entry])
    return found


def go_on(
    change: ApplicationChange, connection: ClusterConnection, holds: Callable[[], bool], connect: Connect, now: datetime
) -> str:
    """What is waited for; whatever is done is in the row. Raises ClusterError."""
    if change.arrived_at is not None:
        return _clear(change, connect, now)
    try:
        whole = read(change, connection)
    except NotFound:
        return _gone(change, BY_OTHERS, now)
    if whole.uid != change.uid:
        return _gone(change, ANOTHER, now)
    if whole.deleting:
        return _marked(change, whole, now)
    if change.written_at is not None:
        return "The hub does not show yet that it is being deleted."
    if ending.ended_late(change, now):
        return ""
    return _delete(change, connection, holds, now)


def _delete(change: ApplicationChange, connection: ClusterConnection, holds: Callable[[], bool], now: datetime) -> str:
    """As it was shown, judged anew, and tried out before. The person was judged by the parts that are kept."""
    whole, judged = look(change, connection, now)
    same = judged.digest(whole.uid) == change.digest and queries.knows(change, whole) and _parts(change) == change.parts
    if judged.traps or not same:
        against = f"Nothing was deleted. {judged.traps[0].said}" if judged.traps else CHANGED
        ending.end(change, ChangeState.FAILED, against, now)
        return ""
    try:
        try_out(change, whole, connection)
        if not holds():
            return ""
        connection.delete(
            Kind.APPLICATION, change.namespace, change.name, uid=whole.uid, resource_version=whole.resource_version
        )
    except Conflict:
        ending.refused(change)
        return "Somebody has just changed it; it is read again."
    except (Forbidden, Refused):
        ending.refused(change)
        raise
    ending.accepted(change, MARKED, now)
    return "The hub has marked it for deletion."


def _marked(change: ApplicationChange, whole: Whole, now: datetime) -> str:
    if change.written_at is None and change.sent_at is None:
        ending.end(change, ChangeState.FAILED, BY_OTHERS, now)
        return ""
    since = ending.accepted(change, MARKED, now)
    waits = listed(list(whole.finalizers))
    if since + LONGEST_WAIT <= now:
        by_hand = (
            f"See why Kurator does not let it go; taken off by hand, {FINALIZER} leaves behind what is in clusters."
        )
        ending.end(change, ChangeState.FAILED, f"It is still Terminating, and waits for {waits}. {by_hand}", now)
    return f"Kurator clears up; the hub waits for {waits}." if waits else "The hub takes it away."


def _gone(change: ApplicationChange, otherwise: str, now: datetime) -> str:
    """`otherwise`: what is said when it was not by us."""
    if change.written_at is None and change.sent_at is None:
        ending.end(change, ChangeState.FAILED, otherwise, now)
        return ""
    ending.accepted(change, MARKED, now)
    ApplicationChange.objects.filter(pk=change.pk).update(arrived_at=now)
    return f"{GONE} It is looked what is left in its clusters."


def _clear(change: ApplicationChange, connect: Connect, now: datetime) -> str:
    """Some clusters a pass, those that were not looked at yet first; one that does not answer holds up no other."""
    left, wanted = dict(change.left), sorted(queries.clusters_of(change))
    waiting = sorted(
        (one for one in wanted if not left.get(str(one), {}).get("over")), key=lambda one: str(one) in left
    )
    known = Cluster.objects.select_related("hub").in_bulk(waiting[:CLUSTERS_A_PASS])
    for one in waiting[:CLUSTERS_A_PASS]:
        cluster = known.get(one)
        left[str(one)] = (
            dict(look_into(change, cluster, connect))
            if cluster is not None
            else {"name": str(one), "said": NOT_HERE, "over": True}
        )
    ApplicationChange.objects.filter(pk=change.pk, claim=change.claim).update(left=left)
    all_seen = all(str(one) in left for one in wanted)
    over = all(left[str(one)]["over"] for one in wanted) if all_seen else False
    if over or (all_seen and change.arrived_at is not None and change.arrived_at + UNTIL_CLEARED <= now):
        ending.end(change, ChangeState.DONE, _told(left), now)
    return "Flux takes away what it has brought."


def _told(left: dict[str, dict[str, object]]) -> str:
    behind = [f"{one['name']}: {one['said']}" for one in left.values() if one["said"] != NOTHING]
    return " ".join(["The Application is deleted.", *(behind or ["No workload of it is left in its clusters."])])
