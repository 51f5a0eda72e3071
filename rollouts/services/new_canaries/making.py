"""One pass over a new Canary: has its cluster try it out, makes it, and follows it until Flagger has made blue."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from rollouts.domain.commands.patches import Patch
from rollouts.domain.errors import Conflict, Forbidden, NotFound, Refused
from rollouts.domain.new_canaries.choosing import Governing, led, taken
from rollouts.domain.new_canaries.making import Target, creation
from rollouts.domain.observations import Canary, Kind, Phase, Workload
from rollouts.domain.policies.meaning import SHORTEST
from rollouts.domain.policies.rendering import unlike
from rollouts.domain.ports import ClusterConnection
from rollouts.domain.redaction import hide, hide_in_text
from rollouts.domain.whole.making import mark_of
from rollouts.models import ChangeState, NewCanary
from rollouts.queries import new_canaries as queries
from rollouts.services.new_canaries.ending import told
from rollouts.services.new_canaries.entered import draft_of, manifest_of
from rollouts.services.new_canaries.leading import KINDS, not_to_be_led
from rollouts.services.one_offs import ending

GRANTED_BY = "Let the account of this program create Canaries: deploy/rbac/creating.yaml grants that."
NO_WORKLOAD = "There is no {} {}/{} in the cluster. Flagger could make nothing of the Canary."
OTHER = "Somebody else was faster: {} What you entered is kept."
READ_AGAIN = "A Canary of this name was just made; it is read again."
GONE = "The Canary was deleted meanwhile."
GOING = "The Canary is being deleted."
ACCEPTED = "The Canary is in the cluster."
NOT_SAID = "The Canary says something else at {}."
NOT_OBSERVED = "It is not observed here yet."
NO_BLUE = "Flagger has not made blue yet."
DONE = "The Canary says it, and Flagger has made blue: users are served by it."
NOT_LOOKED_AT = "The Canary is there, and Flagger has not looked at it yet: see whether it runs in this cluster."
PATIENCE, TICKS = timedelta(minutes=2), 3
"""From when the cluster took it, and so many intervals more: blue's pods start, and Flagger looks once an interval."""
MOST_SAID = 3
NO_BLUE_YET = (Phase.UNSET, Phase.INITIALIZING, Phase.UNKNOWN)
LEAVING = (Phase.TERMINATING, Phase.TERMINATED)


def look_at(row: NewCanary, connection: ClusterConnection) -> dict[str, object]:
    """The fields that the row gets by that. Raises ClusterError where the cluster does not answer."""
    made, target = manifest_of(row), queries.target_of(row)
    pods, refused = _workload(target, connection)
    refused = refused or _in_the_way(target, _canaries(target.namespace, connection))
    refused = refused or not_to_be_led(target, connection) or _tried_out(made, connection)
    seen = {"refused": hide_in_text(refused), "pods": pods}
    digest = hashlib.sha256(json.dumps([made, seen], sort_keys=True).encode()).hexdigest()
    return {"seen": seen, "digest": digest, "state": ChangeState.LOOKED}


def go_on(row: NewCanary, connection: ClusterConnection, holds: Callable[[], bool], now: datetime) -> str:
    """What is waited for; whatever is done is in the row. Raises as `look_at` does."""
    found = _found(row, connection)
    if found is None:
        return _missing(row, connection, holds, now)
    if row.written_at is None and mark_of(found) != row.mark:
        return _ended(row, OTHER.format("A Canary of this name is there by now."), now)
    ending.accepted(row, ACCEPTED, now)
    return _followed(row, found, connection, now)


def _missing(row: NewCanary, connection: ClusterConnection, holds: Callable[[], bool], now: datetime) -> str:
    if row.written_at is not None:
        return _ended(row, GONE, now)
    if ending.ended_late(row, now):
        return ""
    return _make(row, connection, holds, now)


def _make(row: NewCanary, connection: ClusterConnection, holds: Callable[[], bool], now: datetime) -> str:
    """Judged and tried out once more, since the cluster may say otherwise by now."""
    made, target = manifest_of(row), queries.target_of(row)
    there = _canaries(target.namespace, connection)
    if any(one.name == target.name for one in there):
        return READ_AGAIN  # it may be the one that was sent before, which tells its mark
    if said := _in_the_way(target, there):
        return _given_up(row, OTHER.format(said), now)
    if said := _workload(target, connection)[1] or not_to_be_led(target, connection):
        return _given_up(row, said, now)
    try:
        connection.patch(creation(made), dry_run=True)
    except Conflict:
        return READ_AGAIN
    except (Refused, Forbidden, NotFound) as error:
        return _given_up(row, hide_in_text(str(error)), now)
    return _send(row, creation(made), connection, holds, now)


def _send(
    row: NewCanary, patch: Patch, connection: ClusterConnection, holds: Callable[[], bool], now: datetime
) -> str:  # fmt: skip
    if not holds():
        return ""
    try:
        connection.patch(patch)
    except Conflict:
        return READ_AGAIN
    except (Refused, Forbidden, NotFound) as error:
        ending.refused(row)
        return _ended(row, hide_in_text(str(error)), now)
    ending.accepted(row, ACCEPTED, now)
    return "The cluster has taken it."


def _followed(row: NewCanary, found: Mapping[str, Any], connection: ClusterConnection, now: datetime) -> str:
    """Until the Canary says it and is observed, which its page needs; then until Flagger has made blue."""
    if found["metadata"].get("deletionTimestamp"):
        return _ended(row, GOING, now)
    places = unlike(hide(manifest_of(row)["spec"]), found.get("spec") or {})
    if places:
        return _late(row, NOT_SAID.format(", ".join(places[:MOST_SAID])), now)
    if not queries.is_observed(row, str(found["metadata"].get("uid", ""))):
        return _late(row, NOT_OBSERVED, now)
    if row.arrived_at is None:
        NewCanary.objects.filter(pk=row.pk).update(arrived_at=now)
    canary = connection.get(Kind.CANARY, row.namespace, row.name)
    if isinstance(canary, Canary) and (canary.deleting or canary.phase in LEAVING):
        return _ended(row, GOING, now)
    if not isinstance(canary, Canary) or canary.phase in NO_BLUE_YET:
        message = canary.message if isinstance(canary, Canary) else ""
        looked = not isinstance(canary, Canary) or canary.phase is not Phase.UNSET
        return _late(row, " ".join(filter(None, (NO_BLUE if looked else NOT_LOOKED_AT, hide_in_text(message)))), now)
    return _done(row, now)


def _done(row: NewCanary, now: datetime) -> str:
    with transaction.atomic():
        if ending.end(row, ChangeState.DONE, DONE, now):  # else it may be entered again
            NewCanary.objects.filter(pk=row.pk).update(sealed="")
    return ""


def _late(row: NewCanary, said: str, now: datetime) -> str:
    if row.written_at is not None and row.written_at + _patience(row) <= now:
        ending.end(row, ChangeState.FAILED, told(row, said), now)
    return said


def unanswered(row: NewCanary, said: str, now: datetime) -> str:
    return _given_up(row, said, now) if ending.is_waited_out(row, _patience(row), now) else said


def _patience(row: NewCanary) -> timedelta:
    interval = max(draft_of(row).edit.after.interval or 0, SHORTEST)
    return PATIENCE + TICKS * timedelta(seconds=interval)


def _found(row: NewCanary, connection: ClusterConnection) -> Mapping[str, Any] | None:
    try:
        return connection.raw(Kind.CANARY, row.namespace, row.name)
    except NotFound:
        return None


def _in_the_way(target: Target, there: Sequence[Governing]) -> str:
    """Which Canary, of those that are there."""
    said = taken(target.kind, target.namespace, target.name, there)
    return said or led(target.namespace, target.service, there)


def _canaries(namespace: str, connection: ClusterConnection) -> list[Governing]:
    return [
        Governing(one.namespace, one.name, one.target_kind, one.target_name, one.service_name)
        for page in connection.list(Kind.CANARY, namespace)
        for one in page.observations
        if isinstance(one, Canary)
    ]


def _workload(target: Target, connection: ClusterConnection) -> tuple[int | None, str]:
    """How many pods it wants, and why nothing can be made of it."""
    try:
        found = connection.get(KINDS[target.kind], target.namespace, target.name)
    except NotFound:
        return None, NO_WORKLOAD.format(target.kind, target.namespace, target.name)
    return (found.wanted if isinstance(found, Workload) else None), ""


def _tried_out(made: Mapping[str, Any], connection: ClusterConnection) -> str:
    """Why the cluster would not take it, in its words."""
    try:
        connection.patch(creation(made), dry_run=True)
    except Conflict:
        return "A Canary of its name is there already."
    except Forbidden as error:
        return f"{error} {GRANTED_BY}"
    except (NotFound, Refused) as error:
        return str(error)
    return ""


def _ended(row: NewCanary, sentence: str, now: datetime) -> str:
    ending.end(row, ChangeState.FAILED, sentence, now)
    return ""


def _given_up(row: NewCanary, sentence: str, now: datetime) -> str:
    """Nothing was sent in this pass; what an earlier one has sent may still arrive."""
    return _ended(row, told(row, sentence), now)
