"""What stands in the ConfigMaps that Flagger tracks for a target: read by a task when somebody is about to change a
value, and anew when the command is carried out.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from rollouts.domain import memory
from rollouts.domain.commands import Act, Plan, Refusal, Unsaid, Wanted
from rollouts.domain.commands.config_value import BEING_READ, NONE_OFFERED, SETTING, VALUE
from rollouts.domain.configs import Configs, Setting, left_out, settings_of, tracked
from rollouts.domain.errors import ClusterError, Forbidden, NotFound, Refused
from rollouts.domain.observations import Canary, Kind
from rollouts.domain.ports import ChangeFeed, ClusterConnection, Enqueue, Hint
from rollouts.models import Cluster, ObjectCopy, Rollout
from rollouts.services import clusters
from rollouts.services.act import awaiting
from rollouts.services.act.awaiting import has_to_wait

TASK = "rollouts.tasks.read_configs"
FRESH_FOR = timedelta(seconds=5)
"""Each command makes them another."""


def kept(rollout: Rollout) -> Configs | None:
    """As a task has read them last; None before any has."""
    return kept_of([rollout]).get(rollout.pk)


def kept_of(rollouts: Sequence[Rollout]) -> dict[int, Configs]:
    """The same of several, by their keys."""
    targets = {(one.pk, one.target_name) for one in rollouts}
    read = ObjectCopy.objects.filter(rollout__in=rollouts, kind=Kind.CONFIG_MAP.value).exclude(text="")
    found = read.values_list("rollout_id", "name", "text")
    return {id: memory.load_configs(json.loads(text)) for id, name, text in found if (id, name) in targets}


def _copy(rollout: Rollout) -> ObjectCopy | None:
    return ObjectCopy.objects.filter(rollout=rollout, kind=Kind.CONFIG_MAP.value, name=rollout.target_name).first()


def are_being_read(
    rollout: Rollout, wanted: Wanted, judged: Plan | Refusal, enqueue: Enqueue, now: datetime, *, anew: bool = False
) -> bool:
    """Whether the choice of a value has to wait for them. A task is asked for them then. Whoever has chosen already
    goes on with what was shown; `anew`: nothing was, so that what is old has to wait, too.
    """
    chosen = wanted.configs is not None and bool(wanted.choice)
    fresh_for = _fresh_for(judged, anew)
    if fresh_for is None or (chosen and not anew and isinstance(judged, Unsaid)):
        return False
    return has_to_wait(rollout, _copy(rollout), enqueue, now, kind=Kind.CONFIG_MAP, task=TASK, fresh_for=fresh_for)


def _fresh_for(judged: Plan | Refusal, anew: bool) -> timedelta | None:
    """How old they may be; None where nothing depends on them."""
    if _depends_on_them(judged):
        return FRESH_FOR
    return awaiting.FRESH_FOR if anew and _is_judged_by_them(judged) else None


def _depends_on_them(judged: Plan | Refusal) -> bool:
    """Where nothing could be changed the cluster may say otherwise by now: it was away, or a right was missing."""
    if judged.act is not Act.CONFIG_VALUE or not isinstance(judged, Refusal):
        return False
    return judged.reason == NONE_OFFERED or (isinstance(judged, Unsaid) and judged.field == SETTING)


def _is_judged_by_them(judged: Plan | Refusal) -> bool:
    """By the value that one of them has."""
    of_a_value = isinstance(judged, Plan) or (isinstance(judged, Unsaid) and judged.field != SETTING)
    return of_a_value and judged.act is Act.CONFIG_VALUE


def until_read(judged: Plan | Refusal) -> Plan | Refusal:
    """What holds meanwhile: no value is judged by an old one."""
    return Unsaid(judged.act, BEING_READ, field=SETTING) if _is_judged_by_them(judged) else judged


def have_to_wait(
    asked: Sequence[tuple[Rollout, Plan | Refusal]], enqueue: Enqueue, now: datetime, *, anew: bool = False
) -> tuple[Rollout, ...]:
    """The same of several, of which one value is to be chosen: those that are still to be read."""
    known = ((rollout, _fresh_for(judged, anew)) for rollout, judged in asked)
    open_ = [(rollout, fresh_for) for rollout, fresh_for in known if fresh_for is not None]
    if not open_:
        return ()
    found = ObjectCopy.objects.filter(rollout__in=[one for one, _ in open_], kind=Kind.CONFIG_MAP.value).defer("text")
    copies = {(copy.rollout_id, copy.name): copy for copy in found}
    return tuple(
        one
        for one, fresh_for in open_
        if has_to_wait(
            one, copies.get((one.pk, one.target_name)), enqueue, now, kind=Kind.CONFIG_MAP, task=TASK,
            fresh_for=fresh_for,
        )
    )  # fmt: skip


def fetch_configs(
    *, copy: int, connect: Callable[[Cluster], ClusterConnection], feed: ChangeFeed, now: Callable[[], datetime]
) -> None:
    """Keeps them, or why the cluster could not be asked. Safe to repeat."""
    row = ObjectCopy.objects.select_related("rollout__cluster__hub").filter(pk=copy).first()
    if row is None or not row.rollout.state:
        return
    cluster, canary = row.rollout.cluster, memory.load(row.rollout.state).canary
    try:
        connection = connect(cluster)
        try:
            clusters.identify(cluster=cluster, uid=connection.uid())
            configs = read(connection, canary, now())
        finally:
            connection.close()
    except ClusterError as error:
        configs = Configs(now(), note=str(error))
    row.text, row.fetched_at = json.dumps(memory.dump(configs)).replace("\\u0000", ""), now()
    row.save(update_fields=("text", "fetched_at"))
    feed.publish([Hint(f"object-{row.pk}", int(row.fetched_at.timestamp() * 1000))])


def read(connection: ClusterConnection, canary: Canary, now: datetime) -> Configs:
    """With whatever may be secret hidden. One that is gone, or may not be read, leaves the others to be chosen from."""
    found: list[Setting] = []
    notes: list[str] = []
    keys: dict[str, int] = {}
    for name in tracked(canary):
        try:
            raw = connection.raw(Kind.CONFIG_MAP, canary.namespace, name)
            found += settings_of(name, raw)
            data = raw.get("data")
            keys[name] = len(data) if isinstance(data, Mapping) else 0
        except (Forbidden, NotFound, Refused) as error:
            notes.append(str(error))
    notes.append(left_out(canary, keys))
    return Configs(now, tuple(found), " ".join(notes).strip())


def is_set(connection: ClusterConnection, canary: Canary, choice: Mapping[str, str]) -> bool:
    """Whether the value that was chosen stands there already."""
    name, _, key = choice[SETTING].partition("/")
    data = connection.raw(Kind.CONFIG_MAP, canary.namespace, name).get("data")
    return isinstance(data, Mapping) and data.get(key) == choice[VALUE]
