"""Before the click and at the click: what a removal would do, the removal that a person asks for, and its stop."""

from __future__ import annotations

import hashlib
import json
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction

from rollouts.domain import memory
from rollouts.domain.commands import Governed, mistyped
from rollouts.domain.commands.governed import bind_policy
from rollouts.domain.errors import KuratorUIError
from rollouts.domain.removing.judging import RemovalPlan, concerned, judge_removal, judge_removal_of_canary
from rollouts.domain.removing.steps import ACT
from rollouts.models import Application, Removal, RemovalPart, RemovalState, Rollout
from rollouts.queries import canary_specs, policies, reasons
from rollouts.services.act.asking import HAS_CHANGED, NotPossible
from rollouts.services.remove import trail
from rollouts.services.remove.ending import end, left

MAY_BEGIN_FOR = timedelta(minutes=15)
"""A cluster that comes back hours later must not surprise anybody."""
UNDER_WAY = "It is being removed already."


@dataclass(frozen=True, slots=True)
class RemovalPreview:
    """What the dialog shows. `digest` stands for all of it but times and resource versions."""

    plan: RemovalPlan
    governed: Governed
    digest: str
    mark: str


class RemovalChanged(KuratorUIError):
    """The world is not as the person saw it; `preview` is as it is now."""

    def __init__(self, preview: RemovalPreview) -> None:
        super().__init__(HAS_CHANGED)
        self.preview = preview


class RemovalUnconfirmed(KuratorUIError):
    """The person has not given what it needs; `field` names it, as forms do."""

    def __init__(self, field: str, sentence: str, preview: RemovalPreview) -> None:
        super().__init__(sentence)
        self.field = field
        self.preview = preview


def preview_removal(*, application: Application, policy: str, mark: str = "", now: datetime) -> RemovalPreview | None:
    """From what is stored: no cluster is called. None when there is no such policy."""
    found = policies.policies_of(application, now)
    governed = next((one for one in found if one.policy.name == policy), None)
    if governed is None:
        return None
    plan = judge_removal(governed, [one for one in found if one.policy.name != policy])
    return RemovalPreview(plan, governed, _digest(plan, governed), mark or str(uuid.uuid4()))


def request_removal(
    *, application: Application, policy: str, mark: str, digest: str, person: Any, reason: str, typed: str,
    now: datetime,
) -> Removal:  # fmt: skip
    """The removal of this mark; asked for again it is the same one. Whoever calls this has judged that the person may.

    Raises RemovalChanged when `digest` is not of what would be shown now, RemovalUnconfirmed when the name is not typed
    or a required reason is missing, NotPossible when it cannot work or is under way.
    """
    if (made := Removal.objects.filter(mark=mark, person=person).first()) is not None:
        return made
    seen = preview_removal(application=application, policy=policy, mark=mark, now=now)
    if seen is None:
        raise NotPossible(policies.NOT_THERE)
    _check(seen, digest, person, application, reason, typed)
    removal = Removal(
        application=application, policy=policy, mark=mark, person=person, person_name=person.get_username(),
        reason=reason, preview=digest, uid=seen.governed.uid, bound=bind_policy(seen.governed), requested_at=now,
        expires_at=now + MAY_BEGIN_FOR,
    )  # fmt: skip
    return _keep(removal, _parts(removal, application, seen.governed, now))


def preview_removal_of_canary(*, rollout: Rollout, mark: str = "", now: datetime) -> RemovalPreview | None:
    """As `preview_removal`, of a Canary that no policy makes. None where it was never read, or is gone."""
    governed = canary_specs.observed(rollout, now)
    if governed is None:
        return None
    plan = judge_removal_of_canary(governed)
    return RemovalPreview(plan, governed, _digest(plan, governed), mark or str(uuid.uuid4()))


def request_removal_of_canary(
    *, rollout: Rollout, mark: str, digest: str, person: Any, reason: str, typed: str, now: datetime
) -> Removal:  # fmt: skip
    """As `request_removal`; raises what that does."""
    if (made := Removal.objects.filter(mark=mark, person=person).first()) is not None:
        return made
    seen = preview_removal_of_canary(rollout=rollout, mark=mark, now=now)
    if seen is None or rollout.application is None:
        raise NotPossible(canary_specs.NOT_THERE)
    _check(seen, digest, person, rollout, reason, typed)
    canary = memory.load(rollout.state).canary
    names = {"target": canary.target_name, "service": canary.service_name or canary.target_name}
    removal = Removal(
        application=rollout.application, policy=rollout.name, rollout=rollout, mark=mark, person=person,
        person_name=person.get_username(), reason=reason, preview=digest, uid=canary.uid,
        bound=bind_policy(seen.governed) | names, requested_at=now, expires_at=now + MAY_BEGIN_FOR,
    )  # fmt: skip
    part = RemovalPart(
        removal=removal, cluster=rollout.cluster, name=rollout.cluster.name, on_hub=False, canary=canary.uid,
        next_at=now,
    )  # fmt: skip
    return _keep(removal, [part])


def stop_removal(*, removal: Removal, now: datetime) -> bool:
    """Whether it was still going on. Whatever step it has reached: users are served as they were."""
    return end(removal, RemovalState.STOPPED, f"Stopped. {left(removal)}", now, by_program=False)


def _check(
    seen: RemovalPreview, digest: str, person: Any, one: Application | Rollout, reason: str, typed: str
) -> None:  # fmt: skip
    if seen.plan.refusals:
        raise NotPossible(" ".join(seen.plan.refusals))
    if seen.digest != digest:
        raise RemovalChanged(seen)
    if sentence := mistyped(seen.plan.typed, typed):
        raise RemovalUnconfirmed("typed", sentence, seen)
    if not reason and reasons.wanted(person, [one], ACT):
        raise RemovalUnconfirmed("reason", "Say why: a reason is required.", seen)


def _keep(removal: Removal, parts: list[RemovalPart]) -> Removal:
    try:
        with transaction.atomic():
            removal.save(force_insert=True)
            RemovalPart.objects.bulk_create(parts)
            trail.requested(removal)
    except IntegrityError:
        raise NotPossible(UNDER_WAY) from None
    return removal


def _parts(removal: Removal, application: Application, governed: Governed, now: datetime) -> list[RemovalPart]:
    hub = application.hub
    if hub is None:
        raise NotPossible(policies.NOT_THERE)
    parts = [RemovalPart(removal=removal, cluster=hub, name=hub.name, on_hub=True, next_at=now)]
    for one in concerned(governed):
        uid = one.state.canary.uid if one.state is not None else ""
        parts.append(
            RemovalPart(
                removal=removal, cluster_id=one.cluster, name=one.name, on_hub=False, canary=uid, next_at=now
            )
        )  # fmt: skip
    return parts


def _digest(plan: RemovalPlan, governed: Governed) -> str:
    """Also of the phases, by which a person decides."""
    phases = [[one.name, one.away, one.state.canary.phase if one.state else None] for one in governed.members]
    said = [plan.refusals, plan.warnings, plan.undone_by, plan.typed]
    return hashlib.sha256(json.dumps([bind_policy(governed), phases, said]).encode()).hexdigest()
