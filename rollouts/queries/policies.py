"""The policies of an application, as the hub and the clusters were last seen."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from rollouts import access
from rollouts.domain import kurator, memory
from rollouts.domain.commands import Governed, Member
from rollouts.domain.ownership import Owner, OwnerKind, keeper_of
from rollouts.models import Application, Cluster, Rollout
from rollouts.queries.clusters import mark_of


def policies_of(application: Application, now: datetime) -> tuple[Governed, ...]:
    """Each with the clusters that it selects, by name; none for an application that Kurator does not keep."""
    if application.hub_id is None or application.deleted_at is not None:
        return ()
    policies = [memory.load_policy(one) for one in application.policies]
    clusters = list(Cluster.objects.filter(hub=application.hub_id, hub_namespace=application.namespace))
    rollouts = list(application.rollouts.filter(deleted_at=None))
    return tuple(_governed(application, one, clusters, rollouts, now) for one in policies)


def governed(application: Application, policy: str, now: datetime) -> Governed | None:
    return next((one for one in policies_of(application, now) if one.policy.name == policy), None)


def as_read(stored: Governed, found: kurator.Application) -> Governed | None:
    """What is stored of the clusters, with the Application as it was just read; None when the policy is not there."""
    meant = stored.policy
    for policy in found.policies:
        if (policy.name, policy.namespace, policy.canary) == (meant.name, meant.namespace, meant.canary):
            return replace(
                stored,
                uid=found.uid,
                generation=found.generation,
                policy=policy,
                keeper=keeper_of(found.labels, found.managers),
                troubles=tuple(one for one in found.troubles if one.policy == policy.name),
            )
    return None


def may_operate(person: access.Person, application: Application, one: Governed) -> bool:
    return access.may_operate_policy(person, application, [member.cluster for member in one.members])


def _governed(
    application: Application, policy: kurator.Policy, clusters: list[Cluster], rollouts: list[Rollout], now: datetime
) -> Governed:
    states = {one.cluster_id: one for one in rollouts if one.state and one.owner_name == policy.name}
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
            )
            for one in clusters
            if policy.selects(application.namespace, one.fleets, one.labels)
        ),
    )
