"""What takes many steps, as the command line asks for it: told first, then asked for, then waited for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from rollouts import access, wiring
from rollouts.domain.new_canaries.making import Target
from rollouts.domain.policies.findings import Finding
from rollouts.management import finding, telling_changes
from rollouts.management.requesting import SECONDS_TO_READ
from rollouts.management.telling_changes import Change, Looked
from rollouts.management.waiting import Exit, Pause, Tell
from rollouts.models import Application, ChangeState, Cluster, NewCanary, Removal, RemovalState, Rollout
from rollouts.queries import canary_specs, policies, removals
from rollouts.queries import new_canaries as canaries
from rollouts.queries import whole as queries
from rollouts.queries.change_steps import StepState
from rollouts.queries.new_applications import entered_by_name, judge, said_of
from rollouts.queries.new_canary_entered import entered, wrong_with
from rollouts.services import inventories, new_canaries, remove, whole
from rollouts.services.one_offs.asking import CHANGED

A_MINUTE = timedelta(minutes=1)
"""For a worker to ask the hub."""
SHORT_DIGEST = 12
NO_DIGEST = "Say --digest as it was told with what you confirm."
UNASKED = "Nobody has asked for it yet: confirm it first."


@dataclass(frozen=True, slots=True)
class Asked:
    """What stands on the command line beside the thing that is changed. `digest`: as it was told with what is
    confirmed. `wait`: None when nobody waits.
    """

    reason: str
    confirm: str
    dry_run: bool
    digest: str
    wait: timedelta | None
    pause: Pause
    tell: Tell


def of_policy(person: Any, one: Application, policy: str, asked: Asked) -> None:
    now = timezone.now()
    if sentence := removals.may_not(person, one, finding.policy(one, policy, now)):
        raise _not_done(sentence)
    seen = remove.preview_removal(application=one, policy=policy, now=now)
    if seen is None:
        raise _not_done(policies.NOT_THERE)

    def ask(**given: Any) -> Removal:
        return remove.request_removal(application=one, policy=policy, **given)

    _ask(person, seen, ask, asked, now, plain=False)


def of_canary(person: Any, one: Rollout, asked: Asked) -> None:
    """Of one that no policy makes."""
    now = timezone.now()
    if sentence := removals.may_not_of_canary(person, one):
        raise _not_done(sentence)
    seen = remove.preview_removal_of_canary(rollout=one, now=now)
    if seen is None:
        raise _not_done(canary_specs.NOT_THERE)

    def ask(**given: Any) -> Removal:
        return remove.request_removal_of_canary(rollout=one, **given)

    _ask(person, seen, ask, asked, now, plain=True)


def _ask(
    person: Any, seen: remove.RemovalPreview, ask: Callable[..., Removal], asked: Asked, now: datetime, *, plain: bool
) -> None:  # fmt: skip
    if seen.plan.refusals:
        raise _not_done(" ".join(seen.plan.refusals))
    for line in telling_changes.planned(seen, plain=plain):
        asked.tell(line)
    if asked.dry_run:
        return
    made = ask(
        mark=seen.mark, digest=seen.digest, person=person, reason=asked.reason, typed=asked.confirm, now=now
    )  # fmt: skip
    asked.tell(f"Asked for as removals/{made.pk}.")
    if asked.wait is not None:
        follow(made, asked.wait, asked.pause, asked.tell)


def look_at_deletion(person: Any, one: Application, asked: Asked) -> None:
    """Deletes nothing: tells what would go, and how to confirm it."""
    if one.hub is None or one.deleted_at is not None:
        raise _not_done("It is no Application of Kurator, or it is gone.")
    if sentence := queries.may_not_delete(person, queries.parts_of(one)):
        raise _not_done(sentence)
    made = whole.begin_deletion(application=one, person=person, now=timezone.now(), enqueue=wiring.enqueue)
    _until_looked(made, asked)


def look_at_creation(person: Any, fields: dict[str, str], asked: Asked) -> None:
    """Makes nothing: judges what is entered, has the hub try it out, and tells how to confirm it."""
    fleets = queries.fleets_for(person)
    if not fleets:
        raise _not_done(queries.MAY_NOT_CREATE.format(access.whom_to_ask()))
    judged = judge(person, entered_by_name(fields, fleets), fleets)
    if judged.fleet is None or judged.wrong:
        raise _not_done("\n".join(f"{one.field}: {said_of(one, fleets)}" for one in judged.wrong))
    made = whole.begin_creation(
        hub=judged.fleet.hub, application=judged.application, clusters=judged.reached, person=person,
        now=timezone.now(), enqueue=wiring.enqueue,
    )  # fmt: skip
    _until_looked(made, asked)


def look_at_canary(
    person: Any, cluster: Cluster, target: Target, port: int | None, fields: dict[str, str], asked: Asked
) -> None:
    """As `look_at_creation`, of a plain Canary."""
    if wrong := tuple(wrong_with(target)):
        raise _wrong(wrong)
    if not canaries.may_make(person, cluster.pk, target.namespace):
        raise _not_done(canaries.MAY_NOT.format(access.whom_to_ask(cluster.name)))
    _have_read(cluster, asked)
    draft, wrong = entered(cluster, target, port, fields)
    if wrong:
        raise _wrong(wrong)
    if sentence := canaries.taken_by(cluster, target):
        raise _not_done(sentence)
    made = new_canaries.begin(
        cluster=cluster, target=target, draft=draft, person=person, now=timezone.now(), enqueue=wiring.enqueue
    )
    _until_looked(made, asked)


def _have_read(cluster: Cluster, asked: Asked) -> None:
    """What is around the workload, by a worker; what cannot be read is told with what is tried out."""
    for _ in range(SECONDS_TO_READ):
        if not inventories.being_read(wanted=[cluster.pk], enqueue=wiring.enqueue, now=timezone.now()):
            return
        asked.pause()


def _until_looked(change: Looked, asked: Asked) -> None:
    deadline, place = timezone.now() + A_MINUTE, telling_changes.place_of(change)
    while change.state == ChangeState.LOOKING:
        if timezone.now() >= deadline:
            said = change.sentence or "No worker has looked yet."
            raise CommandError(f"{place}: {said}", returncode=Exit.TIMED_OUT)
        asked.pause()
        change.refresh_from_db()
    if change.state != ChangeState.LOOKED:
        raise _not_done(change.sentence)
    seen = telling_changes.reviewed(change)
    for line in seen.lines:
        asked.tell(line)
    if seen.against:
        raise _not_done("\n".join(seen.against))
    typed = f" --confirm {seen.typed}" if seen.typed else ""
    digest = f" --digest {change.digest[:SHORT_DIGEST]}"
    asked.tell(f"Nothing is done yet. To go on: change confirm {place}{digest}{typed} --reason TEXT")


def confirm(person: Any, change: Looked, asked: Asked) -> None:
    """What was told when it was looked at, which its digest stands for: somebody may have looked again since."""
    given: dict[str, Any] = {
        "digest": change.digest, "typed": asked.confirm, "reason": asked.reason, "now": timezone.now(),
        "enqueue": wiring.enqueue,
    }  # fmt: skip
    if sentence := _may_not(person, change):
        raise _not_done(sentence)
    if change.asked_at is None and not asked.digest:
        raise _not_done(NO_DIGEST)
    if change.asked_at is None and not _stands_for(asked.digest, change):
        raise _not_done(CHANGED)
    if isinstance(change, NewCanary):
        new_canaries.confirm(row=change, **given)
    else:
        whole.confirm(change=change, **given)
    change.refresh_from_db()
    if change.ended_at is not None and change.state != ChangeState.DONE:
        raise _not_done(change.sentence)
    asked.tell(f"Asked for as {telling_changes.place_of(change)}.")
    if asked.wait is not None:
        follow(change, asked.wait, asked.pause, asked.tell)


def _stands_for(digest: str, change: Looked) -> bool:
    return len(digest) >= SHORT_DIGEST and change.digest.startswith(digest)


def stop(person: Any, one: Change) -> str:
    """What is left then."""
    now = timezone.now()
    if sentence := _may_not(person, one):
        raise _not_done(sentence)
    if isinstance(one, Removal):
        stopped = remove.stop_removal(removal=one, now=now)
    elif isinstance(one, NewCanary):
        stopped = new_canaries.stop(row=one, now=now)
    else:
        stopped = whole.stop(change=one, now=now)
    if not stopped:
        raise _not_done(removals.ENDED_ALREADY)
    return one.sentence


def _may_not(person: Any, one: Change) -> str:
    if isinstance(one, Removal):
        return removals.may_not_stop(person, one)
    if isinstance(one, NewCanary):
        return "" if canaries.may(person, one) else canaries.MAY_NOT.format(access.whom_to_ask(one.cluster.name))
    return queries.may_not(person, one)


def follow(one: Change, timeout: timedelta, pause: Pause, tell: Tell) -> None:
    """Tells each step as it comes. Returns when all are done; raises CommandError when it ends before, or lasts: then
    it goes on.
    """
    if not isinstance(one, Removal) and one.asked_at is None:
        raise _not_done(one.sentence if one.ended_at is not None else UNASKED)
    deadline, told = timezone.now() + timeout, set[str]()
    while True:
        one.refresh_from_db()
        for state, line in telling_changes.steps(one):
            if state is not StepState.TO_COME and line not in told:
                told.add(line)
                tell(line)
        if one.ended_at is not None:
            break
        if timezone.now() >= deadline:
            raise CommandError("It has not ended in time, and goes on.", returncode=Exit.TIMED_OUT)
        pause()
    if one.state != RemovalState.DONE:
        raise CommandError(one.sentence, returncode=Exit.OTHERWISE)
    tell(one.sentence or "Done.")


def _not_done(sentence: str) -> CommandError:
    return CommandError(sentence, returncode=Exit.NOT_DONE)


def _wrong(found: Sequence[Finding]) -> CommandError:
    return _not_done("\n".join(f"{one.field}: {one.said}" for one in found))
