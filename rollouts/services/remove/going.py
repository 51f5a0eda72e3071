"""One pass over one part of a removal: claims it, looks, does what is next, and says how far it has come."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db.models import F, QuerySet

from rollouts.domain.errors import ClusterError, Conflict, NotFound
from rollouts.domain.observations import Kind
from rollouts.domain.ports import ClusterConnection
from rollouts.domain.removing.judging import reverting_canary, suspending
from rollouts.domain.removing.looking import (
    CLAIMED,
    ENDED,
    Look,
    MemberSeen,
    cleared,
    gone,
    prepared,
    switched_on,
    taken_over,
)
from rollouts.domain.removing.steps import Step, steps_of
from rollouts.models import Cluster, Removal, RemovalPart, RemovalState
from rollouts.queries import kept_by
from rollouts.services import clusters
from rollouts.services.remove import trail
from rollouts.services.remove.ending import end, has_begun, left
from rollouts.services.remove.on_the_hub import look_on_the_hub
from rollouts.services.remove.reading import read_member

CLAIM = timedelta(seconds=60)
"""Longer than the few calls of a pass may take."""
AGAIN = timedelta(seconds=1.5)
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=2), timedelta(seconds=60)
UNTIL_CLEARED = timedelta(seconds=60)
"""What Kubernetes has not taken away by then is named instead."""

Connect = Callable[[Cluster], ClusterConnection]
May = Callable[[Removal], bool]


@dataclass(frozen=True, slots=True)
class Pass:
    part: RemovalPart
    connection: ClusterConnection
    now: Callable[[], datetime]

    @property
    def step(self) -> Step:
        return _steps(self.part)[len(self.part.done)]

    def holds(self) -> bool:
        """Asked right before each write to a cluster: many reads lie between the claim and it. Nobody has taken the
        part meanwhile, nor ended the removal. The claim is renewed, so that it outlasts the write.
        """
        return bool(_held(self.part).update(next_at=self.now() + CLAIM)) and _goes_on(self.part)

    def is_claimed(self) -> bool:
        """Whether a policy makes the plain Canary by now."""
        rollout = self.part.removal.rollout
        return rollout is not None and kept_by.is_claimed(rollout)


def _steps(part: RemovalPart) -> tuple[Step, ...]:
    return steps_of(part.on_hub, plain=part.removal.plain)


def go_on_removing(*, part: int, connect: Connect, may: May, now: Callable[[], datetime]) -> None:
    """Safe to repeat and to run twice at once."""
    row = _claimed(part, now())
    if row is None:
        return
    removal = row.removal
    if not may(removal):
        end(removal, RemovalState.FAILED, f"{removal.person_name} may not do this any more. {left(removal)}", now())
    elif row.cluster is None:
        _wait(row, Look(False, "The cluster is not registered here any more.", "Stop this, and look there."), now())
    elif waits_for := _held_up(row):
        _wait(row, Look(False, waits_for), now())
    else:
        try:
            _go(row, row.cluster, connect, now)
        except ClusterError as error:
            _wait(row, Look(False, str(error)), now(), failed=True)


def _claimed(pk: int, now: datetime) -> RemovalPart | None:
    """By the part's own columns alone: PostgreSQL judges them anew for whoever has waited for another's update, and
    what a join has found it does not. So whether the removal goes on is looked at afterwards.
    """
    waiting = RemovalPart.objects.filter(pk=pk, finished=False, next_at__lte=now)
    if not waiting.update(next_at=now + CLAIM, claim=F("claim") + 1):
        return None
    needed = RemovalPart.objects.select_related(
        "removal__application__hub",
        "removal__rollout__cluster",
        "removal__rollout__application",
        "removal__person",
        "cluster",
    )
    row = needed.get(pk=pk)
    return row if row.removal.state == RemovalState.OPEN else None


def _held_up(row: RemovalPart) -> str:
    """By the others: what is taken away on the hub waits for every cluster, and what is deleted for the hub."""
    step = _steps(row)[len(row.done)]
    if step is Step.WITHDRAW:
        slow = [one.name for one in row.removal.parts.filter(on_hub=False).order_by("id") if not one.done]
        return f"Waits until every cluster is ready for it: {', '.join(slow)}." if slow else ""
    if step is Step.GONE and not has_begun(row.removal):
        return "Waits until the rollout is out of the policy."
    return ""


def _go(row: RemovalPart, cluster: Cluster, connect: Connect, now: Callable[[], datetime]) -> None:
    connection = connect(cluster)
    try:
        clusters.identify(cluster=cluster, uid=connection.uid())
        going = Pass(row, connection, now)
        while not row.finished and not _held_up(row):
            look = _on_the_hub(going) if row.on_hub else _in_a_cluster(going)
            if not look.done:
                _wait(row, look, now())
                return
            if not _advance(row, look, now()):
                return
    finally:
        connection.close()
    if not row.finished:
        _wait(row, Look(False, _held_up(row)), now())


def _on_the_hub(going: Pass) -> Look:
    return look_on_the_hub(going.step, going.part.removal, going.connection, going.holds)


def _in_a_cluster(going: Pass) -> Look:
    row, bound, plain = going.part, going.part.removal.bound, going.part.removal.plain
    _, namespace, name, *_ = bound["policy"]
    seen = read_member(going.connection, namespace, name, bound.get("target", name), bound.get("service", name))
    if seen.blue is not None and going.step in (Step.PREPARED, Step.GONE):
        row.blue = seen.blue.wanted
    match going.step:
        case Step.REVERT:
            return _switched_on(going, namespace, name, seen)
        case Step.PREPARED:
            return prepared(seen, row.canary, plain=plain)
        case Step.GONE:
            return _gone(going, namespace, name, seen)
        case Step.TAKEN_OVER:
            return taken_over(seen, row.blue)
        case _:
            since = datetime.fromtimestamp(row.done[-1]["at"], UTC)
            return cleared(seen, patience_over=since + UNTIL_CLEARED <= going.now())


def _switched_on(going: Pass, namespace: str, name: str, seen: MemberSeen) -> Look:
    look, held = switched_on(seen, going.part.canary), seen.canary
    if not look.switch_on or held is None:
        return look
    if going.is_claimed():
        return CLAIMED
    if not going.holds():
        return ENDED
    wanted = reverting_canary(namespace, name, held.resource_version)
    try:
        version = going.connection.patch(wanted)
    except Conflict:
        return Look(False, "Somebody has just changed the Canary.")
    trail.patched(going.part.removal, wanted, version)
    return Look(True, "revertOnDeletion is on.")


def _gone(going: Pass, namespace: str, name: str, seen: MemberSeen) -> Look:
    """Suspended and deleted only as it was seen: with `revertOnDeletion` and Flagger's finalizer on it. A pass lies
    between the two, so that a tick that had begun before is over.
    """
    look, held = gone(seen, going.part.canary, plain=going.part.removal.plain), seen.canary
    if held is None or not (look.suspend or look.delete):
        return look
    if going.is_claimed():
        return CLAIMED
    if not going.holds():
        return ENDED
    try:
        if look.suspend:
            patch = suspending(namespace, name, held)
            trail.suspended(going.part, patch, going.connection.patch(patch))
            return look
        going.connection.delete(Kind.CANARY, namespace, name, uid=held.uid, resource_version=held.resource_version)
    except NotFound:
        return Look(True, "The Canary is gone.")
    except Conflict:
        return Look(False, "Somebody has just changed the Canary.")
    trail.deleted(going.part)
    return Look(False, "Flagger brings the target back.")


def _advance(row: RemovalPart, look: Look, now: datetime) -> bool:
    """False when somebody else has taken the part meanwhile, and nothing is noted, or when the removal has ended."""
    done = [*row.done, {"said": look.said, "at": now.timestamp()}]
    finished = len(done) == len(_steps(row))
    fields = {"done": done, "finished": finished, "sentence": "", "by_hand": "", "attempts": 0, "blue": row.blue}
    if not _held(row).update(**fields):
        return False
    for name, value in fields.items():
        setattr(row, name, value)
    return _goes_on(row)


def _wait(row: RemovalPart, look: Look, now: datetime, *, failed: bool = False) -> None:
    """What is over ends the removal only for who still has the part: who overslept it finds gone what another worker
    has rightly taken away.
    """
    attempts = row.attempts + 1 if failed else 0
    wait = min(FIRST_WAIT * 2 ** min(attempts - 1, 10), LONGEST_WAIT) if failed else AGAIN
    noted = _held(row).update(
        sentence=look.said, by_hand=look.by_hand, attempts=attempts, next_at=now + wait, blue=row.blue
    )
    if noted and look.over:
        end(row.removal, RemovalState.FAILED, f"{row.name}: {look.said} {left(row.removal)}", now)


def _held(row: RemovalPart) -> QuerySet[RemovalPart]:
    """The row, as long as nobody else has claimed it."""
    return RemovalPart.objects.filter(pk=row.pk, claim=row.claim)


def _goes_on(row: RemovalPart) -> bool:
    return Removal.objects.filter(pk=row.removal_id, state=RemovalState.OPEN).exists()
