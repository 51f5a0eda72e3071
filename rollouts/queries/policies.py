"""The policies of an application, as the hub and the clusters were last seen."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from django.db.models import QuerySet

from rollouts import access
from rollouts.domain import kurator, memory
from rollouts.domain.commands import (
    OF_EDITORS,
    POLICY_ACTS,
    Act,
    Governed,
    Member,
    Refusal,
    Unsaid,
    Wanted,
    judge_policy,
)
from rollouts.domain.commands.governed import meant
from rollouts.domain.ownership import Owner, OwnerKind, keeper_of
from rollouts.domain.policies.editing import Edit
from rollouts.domain.policies.findings import Finding
from rollouts.models import Application, Cluster, Command, Rollout
from rollouts.models.commands import OPEN
from rollouts.queries.clusters import mark_of

KEPT_IN_SIGHT, A_READ = 10, 200
NOT_THERE = "The Application has no such policy any more."
UNDER_WAY = "It is under way."
MAY_NOT = "An act on a policy needs the right to act in every cluster that it selects. {}"
MAY_NOT_ALL = (
    "An image set through the policy reaches whatever Flux applies for it, in any namespace: that needs the right to"
    " act on the whole Application, or on all of every cluster that it selects. {}"
)
OF_ALL_IT_APPLIES = (Act.NEW_VERSION,)
MAY_NOT_GOVERN = (
    "To put {} under this policy needs the right to edit the policies of namespace {} in every cluster that it selects."
    " A right on one application is not enough. {}"
)
MAY_NOT_EDIT = "To edit a policy needs that right in every cluster that it selects, whatever the role. {}"


def policies_of(
    application: Application, now: datetime, *, earlier_name: str = "", bare: bool = False,
    clusters: Sequence[Cluster] | None = None, rollouts: Sequence[Rollout] | None = None,
) -> tuple[Governed, ...]:  # fmt: skip
    """Each with the clusters that it selects, by name; none for an application that Kurator does not keep. With
    `earlier_name` also Canaries that Kurator has not given a policy's new name yet are the policy's. `bare`: those that
    have no rollout, instead. `clusters` (the selectable ones) and `rollouts` (its own): where they were read before.
    """
    if application.hub_id is None or application.deleted_at is not None:
        return ()
    policies = [one for one in map(memory.load_policy, application.policies) if one.bare == bare]
    if not policies:
        return ()
    if clusters is None:
        clusters = list(selectable(application))
    if rollouts is None:
        rollouts = [] if bare else list(application.rollouts.filter(deleted_at=None))
    return tuple(_governed(application, one, clusters, rollouts, {one.name, earlier_name}, now) for one in policies)


def selectable(application: Application) -> QuerySet[Cluster]:
    """The clusters among which its policies select."""
    return Cluster.objects.filter(hub=application.hub_id, hub_namespace=application.namespace)


def selectable_of(applications: Iterable[Application]) -> dict[tuple[int | None, str], list[Cluster]]:
    """As `selectable`, of several at once, by hub and namespace."""
    made: dict[tuple[int | None, str], list[Cluster]] = {(one.hub_id, one.namespace): [] for one in applications}
    hubs, namespaces = {hub for hub, _ in made if hub is not None}, {namespace for _, namespace in made}
    for cluster in Cluster.objects.filter(hub__in=hubs, hub_namespace__in=namespaces):
        if (found := made.get((cluster.hub_id, cluster.hub_namespace))) is not None:
            found.append(cluster)
    return made


def policies_of_several(applications: Iterable[Application], now: datetime) -> dict[int, tuple[Governed, ...]]:
    """As `policies_of`, by the id of the application; the same few queries for any number of them."""
    rows = list({one.pk: one for one in applications}.values())
    clusters = selectable_of(rows)
    rollouts = defaultdict[int | None, list[Rollout]](list)
    for rollout in Rollout.objects.filter(application__in=rows, deleted_at=None):
        rollouts[rollout.application_id].append(rollout)
    return {
        one.pk: policies_of(one, now, clusters=clusters[one.hub_id, one.namespace], rollouts=rollouts[one.pk])
        for one in rows
    }


def governed(application: Application, policy: str, now: datetime) -> Governed | None:
    """Of a row without a workload the policy without a rollout, or what it has become since."""
    found = policies_of(application, now)
    if application.hub_id is not None and not application.workload:
        found = (*_of_all_workloads(application, now), *policies_of(application, now, bare=True))
    return next((one for one in found if one.policy.name == policy), None)


def _of_all_workloads(application: Application, now: datetime) -> Iterator[Governed]:
    """The policies with a rollout of the same Application of Kurator."""
    rows = Application.objects.filter(hub=application.hub_id, namespace=application.namespace, deleted_at=None)
    for row in rows.filter(name=application.name).exclude(workload=""):
        yield from policies_of(row, now)


def meant_by(command: Command, now: datetime) -> Governed | None:
    """The policy that was bound to the command, whatever it is called by now. Where an edit has given it another
    workload, the one of that name.
    """
    if command.application is None:
        return None
    if not command.application.workload:  # it had no rollout, and so no workload to be known by
        return governed(command.application, command.policy, now)
    found = policies_of(command.application, now, earlier_name=command.policy)
    policy = meant(command.bound, [one.policy for one in found])
    if policy is None and command.act in OF_EDITORS:
        elsewhere = _of_all_workloads(command.application, now)
        return next((one for one in elsewhere if one.policy.name == command.policy), None)
    return next((one for one in found if one.policy == policy), None)


def as_read(stored: Governed, found: kurator.Application) -> Governed | None:
    """What is stored of the clusters, with the Application as it was just read; None when the policy is not there."""
    known = stored.policy
    for policy in (*found.bare, *found.policies) if known.bare else found.policies:
        same = (policy.namespace, policy.canary) == (known.namespace, known.canary)
        if policy.name == known.name and (same or known.bare):
            return replace(
                stored,
                uid=found.uid,
                generation=found.generation,
                policy=policy,
                keeper=keeper_of(found.labels, found.managers),
                troubles=tuple(one for one in found.troubles if one.policy == policy.name),
            )
    return None


def meant_in(found: kurator.Application, command: Command) -> Governed | None:
    """As `meant_by`, in the Application as it was just read; without its clusters."""
    policy = meant(command.bound, found.policies)
    if policy is None:
        return None
    keeper = keeper_of(found.labels, found.managers)
    return Governed(found.namespace, found.name, found.uid, found.generation, policy, keeper, troubles=(), members=())


def may_not(person: access.Person, application: Application, one: Governed, act: str = "") -> str:
    """The sentence for who may not act on it; empty for who may. Who does not see all of its clusters is told no
    names. Some acts need more than the others.
    """
    clusters = [member.cluster for member in one.members]
    if not access.may_operate_policy(person, application, clusters):
        return MAY_NOT.format(access.whom_to_ask())
    if act in OF_ALL_IT_APPLIES and not access.may_operate_all_of_policy(person, application, clusters):
        return MAY_NOT_ALL.format(access.whom_to_ask())
    return ""


def may_edit(person: access.Person, application: Application, one: Governed) -> bool:
    return access.may_edit_policy(person, application, [member.cluster for member in one.members])


def may_not_govern(person: access.Person, edit: Edit, clusters: Iterable[int]) -> Finding | None:
    """What keeps the person from giving a policy of these clusters another workload; None where it stays the same."""
    before, after = edit.before, edit.after
    moved = after.namespace != before.namespace
    if not (moved or after.workload != before.workload) or access.may_edit_namespace(person, after.namespace, clusters):
        return None
    whole = f"{after.namespace}/{after.workload}"
    said = MAY_NOT_GOVERN.format(whole, after.namespace, access.whom_to_ask())
    return Finding("namespace" if moved else "workload", said)


def may_ask_for(person: access.Person, command: Command, clusters: Iterable[int]) -> bool:
    """Whether the person may have done what was asked of a policy that reaches these clusters."""
    judge = _judge_of(command.act)
    return command.application is not None and judge(person, command.application, clusters)


def _judge_of(act: str) -> Callable[[access.Person, Application, Iterable[int]], bool]:
    if act in OF_EDITORS:
        return access.may_edit_policy
    return access.may_operate_all_of_policy if act in OF_ALL_IT_APPLIES else access.may_operate_policy


def sentence_of(act: str) -> str:
    """For who may not ask a policy for it."""
    said = MAY_NOT_EDIT if act in OF_EDITORS else MAY_NOT_ALL if act in OF_ALL_IT_APPLIES else MAY_NOT
    return said.format(access.whom_to_ask())


def seen_by(person: access.Person, application: Application, found: Iterable[Governed]) -> tuple[Governed, ...]:
    """Those all of whose clusters the person sees: what is said of a policy names them."""
    return tuple(
        one for one in found if access.may_see_policy(person, application, [member.cluster for member in one.members])
    )


def clusters_of(command: Command, found: Iterable[Governed]) -> set[int]:
    """All that a command of a policy may name: the policy's when it was asked for, and, while it is there, today's.
    `found`: the policies of its application.
    """
    policies = list(found)
    policy = meant(command.bound, [one.policy for one in policies])
    today = {member.cluster for one in policies if one.policy == policy for member in one.members}
    return today | {int(cluster) for cluster in command.bound["members"]}


def commands_seen_by(
    person: access.Person, application: Application, now: datetime, *, before: int | None = None
) -> Iterator[Command]:
    """What was asked of its policies, also of those that are gone, the newest first: all of whose clusters the person
    sees. `before`: the id of the last one that is known.
    """
    found = application.commands.order_by("-id")
    policies = policies_of(application, now)
    for command in (found if before is None else found.filter(pk__lt=before)).iterator(A_READ):
        if access.may_see_policy(person, application, clusters_of(command, policies)):
            yield command


def commands_of(application: Application, found: Sequence[Governed]) -> tuple[Command, ...]:
    """The newest that were asked of these policies."""
    asked = application.commands.filter(policy__in=[one.policy.name for one in found]).order_by("-id")
    return tuple(asked[:KEPT_IN_SIGHT]) if found else ()


def find_command(application: Application, id: int) -> Command | None:
    return application.commands.filter(pk=id).first()


def possible(one: Governed, commands: Iterable[Command], now: datetime) -> tuple[tuple[Act, str], ...]:
    """Every act on a policy, with why it cannot be asked for now; empty when it can."""
    open_acts = {each.act for each in commands if each.policy == one.policy.name and each.state in OPEN}
    return tuple((act, UNDER_WAY if act in open_acts else _why_not(act, one, now)) for act in POLICY_ACTS)


def _why_not(act: Act, one: Governed, now: datetime) -> str:
    judged = judge_policy(Wanted(act, "not to be written"), one, now)
    return str(judged) if isinstance(judged, Refusal) and not isinstance(judged, Unsaid) else ""


def _governed(
    application: Application, policy: kurator.Policy, clusters: Sequence[Cluster], rollouts: Sequence[Rollout],
    names: set[str], now: datetime,
) -> Governed:  # fmt: skip
    states = {one.cluster_id: one for one in rollouts if one.state and one.owner_name in names}
    troubles = (memory.load_trouble(one) for one in application.troubles)
    return Governed(
        namespace=application.namespace,
        application=application.name,
        uid=application.uid,
        generation=application.generation,
        policy=policy,
        keeper=Owner(OwnerKind(application.owner_kind), application.owner_name),
        troubles=tuple(one for one in troubles if one.policy == policy.name),
        members=tuple(
            Member(
                one.pk,
                one.name,
                memory.load(states[one.pk].state) if one.pk in states else None,
                mark_of(one, now).trouble,
                mesh=one.mesh_provider,
            )
            for one in clusters
            if policy.selects(application.namespace, one.fleets, one.labels)
        ),
    )
