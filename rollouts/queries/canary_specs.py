"""The spec of a Canary that no policy of Kurator makes, as a policy: as a task has read it last, or just now."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from rollouts import access
from rollouts.domain import memory
from rollouts.domain.commands import Governed, Member
from rollouts.domain.kurator import Policy
from rollouts.domain.observations import Kind
from rollouts.domain.ownership import Owner, OwnerKind, keeper_of
from rollouts.domain.policies.reading import Obj
from rollouts.domain.rollout import RolloutState
from rollouts.models import Application, ObjectCopy, Rollout
from rollouts.queries import kept_by
from rollouts.queries.clusters import mark_of

NOT_THERE = "The Canary was deleted."
CANNOT_BE_READ = "The Canary cannot be read: it has no spec, or is longer than a Canary should be."
MAY_NOT_EDIT = "To edit what a Canary says needs the right to edit policies here, whatever the role. {}"


def is_editable(one: Rollout) -> bool:
    """Not what Kurator makes of a policy: that policy is edited."""
    return not kept_by.is_claimed(one) and one.deleted_at is None and one.application_id is not None


def keeper(one: Rollout, state: RolloutState | None) -> Owner:
    """Of what Kurator has let go of, whoever else keeps it."""
    if one.owner_kind != OwnerKind.KURATOR or kept_by.is_claimed(one):
        return Owner(OwnerKind(one.owner_kind), one.owner_name)
    canary = state.canary if state is not None else None
    return keeper_of(canary.labels, canary.managers, canary.helm_release) if canary else Owner(OwnerKind.NOBODY)


def may_not_edit(person: access.Person, one: Rollout) -> str:
    """Empty for who may."""
    return "" if access.may_edit(person, one) else MAY_NOT_EDIT.format(access.whom_to_ask(one.cluster.name))


def copy_of(one: Rollout) -> ObjectCopy | None:
    """Of the Canary, once it was read."""
    return ObjectCopy.objects.filter(rollout=one, kind=Kind.CANARY, name=one.name, fetched_at__isnull=False).first()


def kept(one: Rollout, now: datetime, base: Obj | None = None) -> Governed | None:
    """As it was read last. Where it could not be it is what somebody began to edit, the `base`: whatever comes of that
    is judged by what is there when it is carried out. None where nothing is known.
    """
    copy = copy_of(one)
    try:
        found = json.loads(copy.text) if copy is not None and not copy.error else None
    except ValueError:  # it was cut
        found = None
    if isinstance(found, dict) or base is None:
        return as_read(one, found, now) if isinstance(found, dict) else None
    known = observed(one, now)
    return replace(known, policy=replace(known.policy, rollout=base)) if known is not None else None


def as_read(one: Rollout, found: Mapping[str, Any], now: datetime) -> Governed | None:
    """`found` is the whole object, with hidden whatever may be secret. None where it is no Canary with a spec."""
    metadata, spec = found.get("metadata"), found.get("spec")
    if not isinstance(metadata, dict) or not isinstance(spec, dict) or one.application is None:
        return None
    generation = metadata.get("generation")
    number = generation if isinstance(generation, int) else 0
    return _governed(one, one.application, str(metadata.get("uid") or ""), number, policy_of(one, spec), now)


def policy_of(one: Rollout, spec: Obj) -> Policy:
    return replace(
        _policy(one), suspended=spec.get("suspend") is True, skips=spec.get("skipAnalysis") is True, rollout=spec
    )


def observed(one: Rollout, now: datetime) -> Governed | None:
    """As it was observed, without its spec. None where it never was, or is gone."""
    if not one.state or one.application is None or one.deleted_at is not None:
        return None
    return _governed(one, one.application, memory.load(one.state).canary.uid, 0, _policy(one), now)


def _policy(one: Rollout) -> Policy:
    return Policy(index=0, name=one.name, namespace=one.namespace, canary=one.name, service=one.target_name, fleet="")


def _governed(
    one: Rollout, application: Application, uid: str, generation: int, policy: Policy, now: datetime
) -> Governed:  # fmt: skip
    state = memory.load(one.state) if one.state else None
    away, mesh = mark_of(one.cluster, now).trouble, one.cluster.mesh_provider
    return Governed(
        namespace=application.namespace,
        application=application.name,
        uid=uid,
        generation=generation,
        policy=policy,
        keeper=keeper(one, state),
        troubles=(),
        members=(Member(one.cluster_id, one.cluster.name, state, away, mesh=mesh),),
        plain=one.pk,
        left_by=kept_by.left_by(one),
    )
