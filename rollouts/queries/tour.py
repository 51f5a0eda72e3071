"""What is known of the application of the guided tour, as far as the person may see it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db.models import OuterRef, Subquery
from django.db.models.functions import Coalesce

from rollouts import access
from rollouts.domain import memory
from rollouts.domain.commands import Governed
from rollouts.domain.observations import Phase
from rollouts.domain.phases import RUNNING
from rollouts.domain.rollout import LiveSide, RolloutState
from rollouts.domain.tour import Leaving, Member, Run, World
from rollouts.models import Application, Release, Removal, RemovalState, Rollout, Transition
from rollouts.queries import batches, policies, removals

ROWS, ROLLOUTS, RUNS, LEAVINGS = 20, 100, 200, 20
"""At most, of releases and removals the newest: a round has some ten releases, and one removal."""


@dataclass(frozen=True, slots=True)
class Toured:
    """`bare` is the row to set blue/green up from, `row` the one that has a rollout: at most one of them is there, and
    neither while the hub has not told of it, or to who may not see all that its policy selects. `edits` and `operates`
    are what the person may do with it. `removal` is the one that goes on. `watched` is a rollout to look at, with its
    cluster: the first one in a release, before others one that is suspended, else the first one that failed. `gone`:
    the Application was deleted.
    """

    name: str
    world: World
    bare: int | None
    row: int | None
    policy: str
    edits: bool
    operates: bool
    removal: int | None
    watched: tuple[int, str] | None
    gone: bool


def is_offered() -> bool:
    return bool(settings.TOUR)


def find(person: access.Person, now: datetime) -> Toured:
    namespace, _, name = settings.TOUR.partition("/")
    of_a_hub = Application.objects.select_related("hub").filter(hub__isnull=False, namespace=namespace, name=name)
    rows = list(of_a_hub.order_by("pk")[:ROWS])
    present = [one for one in rows if one.deleted_at is None]
    governed = next((one for one in present if one.workload), None)
    bare = next((one for one in present if not one.workload), None) if governed is None else None
    row, policy = governed or bare, _policy(governed, bare, now)
    if row is not None and not access.may_see_policy(person, row, _clusters(policy)):
        governed = bare = row = policy = None
    ours, leavings = _rollouts(person, rows), _leavings(person, rows)
    here = [one for one in ours if one.deleted_at is None]
    leaves = next((one.pk for one in leavings if one.state == RemovalState.OPEN), None)
    world = World(
        governed is not None,
        len(policy.members) if policy is not None else 0,
        tuple(_member(one) for one in here),
        _runs(ours),
        tuple(Leaving(one.state == RemovalState.DONE, one.ended_at) for one in leavings),
    )
    return Toured(
        name,
        world,
        bare.pk if bare is not None else None,
        governed.pk if governed is not None else None,
        policy.policy.name if policy is not None else "",
        edits=row is not None and policy is not None and policies.may_edit(person, row, policy),
        operates=governed is not None and bool(batches.operable_of(person, governed)),
        removal=leaves,
        watched=_watched(here),
        gone=bool(rows) and not present and access.may_see_policy(person, rows[-1], ()),
    )


def _watched(here: Iterable[Rollout]) -> tuple[int, str] | None:
    here = list(here)
    running = sorted((one for one in here if one.phase in RUNNING), key=lambda one: not one.suspended)
    found = running or [one for one in here if one.phase == Phase.FAILED]
    return (found[0].pk, found[0].cluster.name) if found else None


def _policy(governed: Application | None, bare: Application | None, now: datetime) -> Governed | None:
    """The first one."""
    if governed is not None:
        return next(iter(policies.policies_of(governed, now)), None)
    return next(iter(policies.policies_of(bare, now, bare=True)), None) if bare is not None else None


def _clusters(policy: Governed | None) -> set[int]:
    return {one.cluster for one in policy.members} if policy is not None else set()


def _rollouts(person: access.Person, rows: Sequence[Application]) -> list[Rollout]:
    """Also those that are gone: by the names of the workload, since a Canary that Kurator has let go of is grouped with
    others.
    """
    named = next((one for one in reversed(rows) if one.workload), None)
    if named is None:
        return []
    ours = access.visible_rollouts(person).filter(
        cluster__hub=named.hub_id, namespace=named.workload_namespace, name=named.workload
    )
    return list(ours.select_related("cluster").order_by("cluster__name")[:ROLLOUTS])


def _member(one: Rollout) -> Member:
    state = memory.load(one.state) if one.state else None
    target, live = (state.green, state.live.side) if state is not None else (None, LiveSide.UNKNOWN)
    containers = target.containers if target is not None else ()
    pictures = target.images if target is not None else ()
    container, image = next(iter(containers), ""), next(iter(pictures), "")
    unseen = state is not None and _is_unseen(state)
    return Member(
        one.cluster.name, one.phase, one.interval, container, image, live is LiveSide.BLUE, unseen, one.suspended
    )  # fmt: skip


def _is_unseen(state: RolloutState) -> bool:
    """Known only where both were read: what the target has now, and what it had when Flagger last began."""
    given = state.green.images if state.green is not None else None
    return not state.running and None not in (given, state.applied_images) and given != state.applied_images


def _runs(ours: Iterable[Rollout]) -> tuple[Run, ...]:
    """By our own clock, as removals are: that of a cluster may be another one."""
    first = Transition.objects.filter(rollout=OuterRef("rollout"), release=OuterRef("number")).order_by("number")
    found = Release.objects.filter(rollout__in=[one.pk for one in ours]).order_by("-started_at")
    seen = found.annotate(seen_at=Coalesce(Subquery(first.values("seen_at")[:1]), "started_at"))
    return tuple(Run(*each) for each in seen.values_list("rollout__cluster__name", "outcome", "seen_at")[:RUNS])


def _leavings(person: access.Person, rows: Iterable[Application]) -> list[Removal]:
    """Those that the person may see, the newest first."""
    found = Removal.objects.select_related("application__hub").filter(application__in=[one.pk for one in rows])
    return [
        one
        for one in found.order_by("-pk")[:LEAVINGS]
        if access.may_see_policy(person, one.application, removals.clusters_of(one))
    ]
