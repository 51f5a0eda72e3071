"""What a cluster says of a draft before anything is written: the hub of the patch, each member of the Canary that
Kurator would make there, the cluster of a plain Canary of its patch. And afterwards, whether the Canary is that one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from rollouts.domain import kurator
from rollouts.domain.commands import Act, Form, Patch, Plan, Refusal, Wanted, edit_canary, judge_policy
from rollouts.domain.errors import ClusterError, Conflict, NotFound, Refused
from rollouts.domain.observations import Kind
from rollouts.domain.policies.drafts import Clash, Draft, fitted, lacking
from rollouts.domain.policies.reading import Obj, read
from rollouts.domain.policies.rendering import place, rendered, unlike
from rollouts.domain.ports import ClusterConnection
from rollouts.domain.redaction import hide, hide_in_text
from rollouts.models import Answer, Application, Cluster, CommandState, DraftTrial, Rollout
from rollouts.models.clusters import NOT_WATCHED
from rollouts.queries import canary_specs, policies
from rollouts.services import clusters
from rollouts.services.act.drafts import draft_of

Connect = Callable[[Cluster], ClusterConnection]
ATTEMPTS = 3
NOT_THERE = "There is no such policy."
MOST_SAID = 3
"""Places of a Canary that are named."""


def try_out(*, trial: int, connect: Connect, now: Callable[[], datetime]) -> None:
    """Asks one cluster, and keeps what it says. Safe to repeat."""
    row = _found(trial)
    if row is None or row.answer != Answer.AWAITED:
        return
    try:
        answer, said = _asked(row, connect, now())
    except Refused as error:
        answer, said = Answer.REFUSED, str(error)
    except ClusterError as error:
        answer, said = Answer.UNKNOWN, str(error)
    DraftTrial.objects.filter(pk=row.pk, answer=Answer.AWAITED).update(answer=answer, said=hide_in_text(said))


def look(*, trial: int, connect: Connect, now: Callable[[], datetime]) -> None:
    """Reads the Canary of one member, and keeps what it lacks of the policy as the hub says it. Safe to repeat."""
    row = _found(trial)
    if row is None or row.draft.command is None or row.draft.command.state != CommandState.ACCEPTED:
        return
    if row.draft.rollout is not None:
        _look_at_canary(row, row.draft.rollout, connect, now())
        return
    governed = policies.meant_by(row.draft.command, now())
    current = governed.policy.rollout if governed is not None else None
    try:
        if current is None or lacking(draft_of(row.draft), current):
            return  # the hub was not observed since, or says something else
        lacks = _with(row, connect, lambda connection: _lacks(connection, current, row.cluster.hub_name))
    except NotFound:
        lacks = "It has no Canary of it yet."
    except ClusterError as error:
        lacks = str(error)
    DraftTrial.objects.filter(pk=row.pk).update(looked_at=now(), lacks=hide_in_text(lacks))


def _found(trial: int) -> DraftTrial | None:
    related = ("draft__application__hub", "draft__rollout__application", "draft__command", "cluster__hub")
    return DraftTrial.objects.select_related(*related).filter(pk=trial).first()


def _with(row: DraftTrial, connect: Connect, ask: Callable[[ClusterConnection], Any]) -> Any:
    """Raises ClusterError, also for a cluster that is not watched."""
    if not row.cluster.is_watched:
        raise ClusterError(NOT_WATCHED)
    connection = connect(row.cluster)
    try:
        clusters.identify(cluster=row.cluster, uid=connection.uid())
        return ask(connection)
    finally:
        connection.close()


def _asked(row: DraftTrial, connect: Connect, now: datetime) -> tuple[Answer, str]:
    draft, application = draft_of(row.draft), row.draft.application
    rollout = row.draft.rollout
    if rollout is not None:
        answer: tuple[Answer, str] = _with(
            row, connect, lambda cluster: _by_its_cluster(cluster, row, rollout, draft, now)
        )
        return answer
    if row.cluster_id == application.hub_id:
        found: tuple[Answer, str] = _with(row, connect, lambda hub: _by_the_hub(hub, row, draft, application, now))
        return found
    governed = policies.governed(application, row.draft.policy, now)
    found_there = fitted(draft, governed.policy.rollout if governed is not None else None)
    if isinstance(found_there, Clash):
        return Answer.UNKNOWN, found_there.said
    try:
        spec = rendered(found_there.then, row.cluster.hub_name)
    except KeyError as error:
        return Answer.REFUSED, f"Kurator stops at this policy: {error.args[0]} is missing."
    there: tuple[Answer, str] = _with(row, connect, lambda member: _by_a_member(member, found_there.then, spec))
    return there


Judge = Callable[[], Plan | Refusal | str]
"""What would be written, of what is there now; a Refusal, or a sentence, where it cannot be."""


def _by_its_cluster(
    cluster: ClusterConnection, row: DraftTrial, rollout: Rollout, draft: Draft, now: datetime
) -> tuple[Answer, str]:
    def judged() -> Plan | Refusal | str:
        governed = canary_specs.as_read(rollout, cluster.raw(Kind.CANARY, rollout.namespace, rollout.name), now)
        if governed is None:
            return canary_specs.CANNOT_BE_READ
        return edit_canary(Wanted(Act.EDIT_POLICY, row.draft.digest, draft=draft), governed)

    return _dry_run(cluster, judged)


def _look_at_canary(row: DraftTrial, rollout: Rollout, connect: Connect, now: datetime) -> None:
    namespace, name = rollout.namespace, rollout.name
    try:
        found = _with(row, connect, lambda cluster: cluster.raw(Kind.CANARY, namespace, name).get("spec") or {})
        otherwise = lacking(draft_of(row.draft), found)
        lacks = "".join(f"It says {one.now or 'nothing'} for {one.field} again. " for one in otherwise[:MOST_SAID])
    except ClusterError as error:
        lacks = str(error)
    DraftTrial.objects.filter(pk=row.pk).update(looked_at=now, lacks=hide_in_text(lacks).strip())


def _by_the_hub(
    hub: ClusterConnection, row: DraftTrial, draft: Draft, application: Application, now: datetime
) -> tuple[Answer, str]:
    def judged() -> Plan | Refusal | str:
        known = policies.governed(application, row.draft.policy, now)
        found = hub.get(Kind.APPLICATION, application.namespace, application.name)
        governed = policies.as_read(known, found) if known and isinstance(found, kurator.Application) else None
        if governed is None:
            return NOT_THERE
        return judge_policy(Wanted(Act.EDIT_POLICY, row.draft.digest, draft=draft), governed, now)

    return _dry_run(hub, judged)


def _dry_run(cluster: ClusterConnection, judge: Judge) -> tuple[Answer, str]:
    """Of what is judged anew where somebody else was faster."""
    said = ""
    for _ in range(ATTEMPTS):
        judged = judge()
        if not isinstance(judged, Plan):
            return Answer.REFUSED, str(judged)
        try:
            for patch in judged.patches:
                cluster.patch(patch, dry_run=True)
        except Conflict as conflict:
            said = str(conflict)
            continue
        return Answer.ACCEPTED, ""
    return Answer.UNKNOWN, said


def _by_a_member(member: ClusterConnection, rollout: Obj, spec: dict[str, Any]) -> tuple[Answer, str]:
    namespace, name = place(rollout)
    try:
        present = member.raw(Kind.CANARY, namespace, name).get("spec") or {}
    except NotFound:
        present = None
    if present is None:
        named = {"apiVersion": "flagger.app/v1beta1", "kind": "Canary"}
        body = {**named, "metadata": {"namespace": namespace, "name": name}, "spec": spec}
        member.patch(Patch(Kind.CANARY, namespace, name, Form.NEW, body, "a Canary"), dry_run=True)
        return Answer.ACCEPTED, "It has no Canary of it yet."
    if (port := (present.get("service") or {}).get("targetPort")) is not None:
        spec["service"]["targetPort"] = port
    whole = ({"op": "replace", "path": "/spec", "value": spec},)
    member.patch(Patch(Kind.CANARY, namespace, name, Form.JSON, whole, "the Canary"), dry_run=True)
    return Answer.ACCEPTED, ""


def _lacks(member: ClusterConnection, rollout: Obj, cluster: str) -> str:
    """Both with hidden whatever may be secret."""
    namespace, name = place(rollout)
    spec = member.raw(Kind.CANARY, namespace, name).get("spec") or {}
    places = unlike(hide(rendered(rollout, cluster)), spec)
    if places:
        more = len(places) - MOST_SAID
        return f"Its Canary says something else at {', '.join(places[:MOST_SAID])}{f' and {more} more' * (more > 0)}."
    return " ".join(_other_templates(member, rollout, namespace))


def _other_templates(member: ClusterConnection, rollout: Obj, namespace: str) -> Iterator[str]:
    """What a metric of one's own asks stands in an object beside the Canary."""
    for metric in read(rollout).metrics:
        if metric.query and not metric.built_in:
            found = member.metric_template(namespace, metric.name)
            if (hide_in_text(found.query), found.provider) != (metric.query, metric.source):
                yield f"Its MetricTemplate {metric.name} says something else."
