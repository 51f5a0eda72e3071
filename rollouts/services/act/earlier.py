"""Which earlier versions a target had: read by a task when somebody is about to choose one, and anew when the command
is carried out.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from rollouts.domain import memory
from rollouts.domain.commands import Act, Plan, Refusal, Unsaid
from rollouts.domain.commands.patches import kind_of
from rollouts.domain.earlier import PastRelease, Versions, earlier
from rollouts.domain.errors import ClusterError, Forbidden, NotFound, Refused
from rollouts.domain.observations import Kind, Workload
from rollouts.domain.ownership import DISABLED, RECONCILE, is_kustomized, keeper_of
from rollouts.domain.pod_templates import PodTemplate
from rollouts.domain.ports import ChangeFeed, ClusterConnection, Enqueue, Hint
from rollouts.domain.redaction import hide
from rollouts.domain.rollout import Outcome, RolloutState
from rollouts.models import Cluster, ObjectCopy, Rollout
from rollouts.services import clusters
from rollouts.services.act import configs
from rollouts.services.act.asking import Preview
from rollouts.services.act.awaiting import has_to_wait
from rollouts.services.act.batching import Part

TASK = "rollouts.tasks.read_versions"
RELEASES = 50
ONLY_RELEASES = "Only versions of releases that were seen from here are shown."


def being_read(*, rollout: Rollout, seen: Preview, enqueue: Enqueue, now: datetime, anew: bool = False) -> bool:
    """Whether a choice among earlier versions, or among values, has to wait for them. A task is asked for them then.
    `anew`: nobody was shown the values before, so that old ones are not judged by.
    """
    if configs.are_being_read(rollout, seen.wanted, seen.judged, enqueue, now, anew=anew):
        return True
    return bool(_being_read([rollout] if _is_open(seen.judged) else [], enqueue, now))


def being_read_in(*, parts: Sequence[Part], enqueue: Enqueue, now: datetime, anew: bool = False) -> tuple[Rollout, ...]:
    """Those of several that a choice among earlier versions, or among values, has to wait for. Each has a task of its
    own, so that a cluster which gives no answer holds up no other. `anew` as of one.
    """
    values = [(part.rollout, part.judged) for part in parts if part.judged.act is Act.CONFIG_VALUE]
    if values:
        return configs.have_to_wait(values, enqueue, now, anew=anew)
    return _being_read([part.rollout for part in parts if _is_open(part.judged)], enqueue, now)


def until_read(seen: Preview) -> Preview:
    """What holds while `being_read` says that it has to wait."""
    judged = configs.until_read(seen.judged)
    return seen if judged is seen.judged else replace(seen, judged=judged, digest="")


def until_read_in(parts: Sequence[Part], waits: Sequence[Rollout]) -> list[Part]:
    """The same of several, of which those wait."""
    left = {one.pk for one in waits}
    return [_until_read(part) if part.rollout.pk in left else part for part in parts]


def _until_read(part: Part) -> Part:
    judged = configs.until_read(part.judged)
    return part if judged is part.judged else replace(part, judged=judged, digest="", preview=None)


def _is_open(judged: Plan | Refusal) -> bool:
    return judged.act is Act.EARLIER_VERSION and isinstance(judged, Unsaid)


def _being_read(rollouts: Sequence[Rollout], enqueue: Enqueue, now: datetime) -> tuple[Rollout, ...]:
    if not rollouts:
        return ()
    found = ObjectCopy.objects.filter(rollout__in=rollouts, kind=Kind.REPLICA_SET.value).defer("text")
    copies = {(copy.rollout_id, copy.name): copy for copy in found}
    known = ((one, copies.get((one.pk, one.target_name))) for one in rollouts)
    return tuple(one for one, copy in known if _has_to_wait(one, copy, enqueue, now))


def _has_to_wait(rollout: Rollout, copy: ObjectCopy | None, enqueue: Enqueue, now: datetime) -> bool:
    return has_to_wait(rollout, copy, enqueue, now, kind=Kind.REPLICA_SET, task=TASK)


def fetch_versions(
    *, copy: int, connect: Callable[[Cluster], ClusterConnection], feed: ChangeFeed, now: Callable[[], datetime]
) -> None:
    """Keeps them, with whatever may be secret hidden. Of a cluster that cannot be asked those of the releases seen from
    here are kept, with the reason. Safe to repeat.
    """
    row = ObjectCopy.objects.select_related("rollout__cluster__hub").filter(pk=copy).first()
    if row is None or not row.rollout.state:
        return
    rollout, state = row.rollout, memory.load(row.rollout.state)
    try:
        connection = connect(rollout.cluster)
        try:
            clusters.identify(cluster=rollout.cluster, uid=connection.uid())
            versions = read(connection, rollout, state, now())
        finally:
            connection.close()
    except ClusterError as error:
        versions = _of_releases(rollout, state, now(), str(error))
    row.text, row.fetched_at = json.dumps(memory.dump(_shown(versions))), now()
    row.save(update_fields=("text", "fetched_at"))
    feed.publish([Hint(f"object-{row.pk}", int(row.fetched_at.timestamp() * 1000))])


def read(connection: ClusterConnection, rollout: Rollout, state: RolloutState, now: datetime) -> Versions:
    """Whole, with whatever is secret. An account that may not list ReplicaSets is no error."""
    canary, target = state.canary, state.green
    if target is None or canary.target_kind != "Deployment":
        return _of_releases(rollout, state, now)
    found = connection.raw(kind_of(canary), canary.namespace, canary.target_name)
    present = (found.get("spec") or {}).get("template") or {}
    try:
        sets = [one for side in (target, state.blue) if side for one in _sets_of(connection, side)]
    except (Forbidden, NotFound, Refused) as error:
        sets, note = [], str(error)
    else:
        note = ""
    made = _of_releases(rollout, state, now, note, sets, present)
    labels, annotations = ((found.get("metadata") or {}).get(part) or {} for part in ("labels", "annotations"))
    return replace(
        made, present=present, keeper=keeper_of(labels, ()), kustomized=is_kustomized(labels),
        let_alone=annotations.get(RECONCILE) == DISABLED,
    )  # fmt: skip


def _sets_of(connection: ClusterConnection, side: Workload) -> list[PodTemplate]:
    if not side.selector:  # it selects its pods by more than labels
        return []
    pages = connection.list(Kind.REPLICA_SET, side.namespace, labels=side.selector)
    found = [one for page in pages for one in page.observations if isinstance(one, PodTemplate)]
    return [one for one in found if one.owner == side.name]


def _of_releases(
    rollout: Rollout, state: RolloutState, now: datetime, note: str = "", sets: list[PodTemplate] | None = None,
    present: Mapping[str, Any] | None = None,
) -> Versions:  # fmt: skip
    note = f"{note} {ONLY_RELEASES}" if note else ""
    if state.green is None:
        return Versions(now, note=note)
    return Versions(now, earlier(sets or [], _past(rollout), state.green, present or {}), note=note)


def _past(rollout: Rollout) -> list[PastRelease]:
    ended = rollout.releases.filter(ended_at__isnull=False).order_by("-number")[:RELEASES]
    return [
        PastRelease(
            one.number, Outcome(one.outcome), tuple(one.from_images or ()), tuple(one.to_images or ()), one.ended_at
        )
        for one in ended
        if one.ended_at is not None
    ]


def _shown(versions: Versions) -> Versions:
    return replace(versions, found=tuple(replace(one, body=hide(dict(one.body))) for one in versions.found))
