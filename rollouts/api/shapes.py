"""What the answers say of clusters, rollouts, releases and applications. docs/api.md promises these shapes."""

from __future__ import annotations

from datetime import datetime

from ninja import Schema

from rollouts.domain.commands import Act
from rollouts.models import Release
from rollouts.queries.applications import ApplicationRow
from rollouts.queries.cluster_rows import ClusterRow
from rollouts.queries.commands import Possible
from rollouts.queries.rows import RolloutRow
from rollouts.queries.versions import Version


class ClusterName(Schema):
    id: int
    name: str


class Counted(Schema):
    total: int
    needing: int
    running: int


class ClusterShape(ClusterName):
    """`old_since` is null while what is known of it is fresh. `in_part`: you see only some of its rollouts."""

    state: str
    state_since: datetime | None
    reason: str
    trouble: str
    fresh_at: datetime | None
    old_since: datetime | None
    left_at: datetime | None
    is_hub: bool
    hub: str
    source: str
    fleets: list[str]
    namespaces: list[str]
    server_version: str
    flagger_version: str
    mesh_provider: str
    missing_permissions: list[str]
    probed_at: datetime | None
    rollouts: Counted
    in_part: bool


class Images(Schema):
    version: str
    images: list[str]


class Progress(Schema):
    """`unit`: iterations, or weight in percent."""

    unit: str
    done: int
    wanted: int


class RolloutShape(Schema):
    """`attention` says why a person is needed; empty: nobody is. `old_since`: since then it may have changed."""

    id: int
    cluster: ClusterName
    namespace: str
    name: str
    application: int | None
    strategy: str
    phase: str
    phase_at: datetime | None
    part: str
    attention: str
    progress: Progress | None
    failed_checks: int
    threshold: int
    suspended: bool
    live_side: str
    live_source: str
    green_weight: int | None
    through_gateway_only: bool
    blue: Images | None
    green: Images | None
    interval: int
    old_since: datetime | None


class ReleaseShape(Schema):
    """`seconds` is null while it runs. `why` is Flagger's own word on a failure."""

    id: int
    number: int
    rollout: int
    strategy: str
    trigger: str
    outcome: str
    analysis: str
    started_at: datetime
    start_approximate: bool
    ended_at: datetime | None
    seconds: float | None
    from_images: list[str] | None
    to_images: list[str] | None
    why: str


class ActShape(Schema):
    """`why_not` is empty when it can be asked for."""

    act: Act
    why_not: str


class RolloutDetail(RolloutShape):
    """`may_not` says that, and why, you may not act on it; then `acts` tells no reasons."""

    uid: str
    provider: str
    owner_kind: str
    owner_name: str
    unreadable: str
    deleted_at: datetime | None
    may_not: str
    acts: list[ActShape]
    release: ReleaseShape | None


class LiveVersion(Schema):
    version: str
    rollouts: int


class ApplicationShape(Schema):
    """`furthest` is the rollout that needs a person most, else one that is running. `live`: empty while users are on
    the same version everywhere.
    """

    id: int
    namespace: str
    name: str
    from_kurator: bool
    rollouts: int
    furthest: RolloutShape
    live: list[LiveVersion]


def cluster_shape(row: ClusterRow) -> ClusterShape:
    mark = row.mark
    return ClusterShape(
        id=mark.id, name=mark.name, state=mark.state, state_since=mark.state_since, reason=mark.reason,
        trouble=mark.trouble, fresh_at=mark.fresh_at, old_since=mark.old, left_at=mark.left_at, is_hub=mark.is_hub,
        hub=row.hub, source=row.source, fleets=list(row.fleets), namespaces=list(row.namespaces),
        server_version=row.server_version, flagger_version=row.flagger_version, mesh_provider=row.mesh_provider,
        missing_permissions=list(row.missing_permissions), probed_at=row.probed_at,
        rollouts=Counted(total=row.counts.rollouts, needing=row.counts.needing, running=row.counts.running),
        in_part=row.in_part,
    )  # fmt: skip


def rollout_shape(row: RolloutRow) -> RolloutShape:
    cluster = ClusterName(id=row.cluster.id, name=row.cluster.name)
    progress = Progress(unit=row.unit, done=row.done, wanted=row.wanted) if row.unit else None
    return RolloutShape(
        id=row.id, cluster=cluster, namespace=row.namespace, name=row.name, application=row.application,
        strategy=row.strategy, phase=row.phase, phase_at=row.phase_at, part=row.part.value, attention=row.attention,
        progress=progress, failed_checks=row.failed_checks, threshold=row.threshold, suspended=row.suspended,
        live_side=row.live_side, live_source=row.live_source, green_weight=row.green_weight,
        through_gateway_only=row.through_gateway_only, blue=_images(row.blue), green=_images(row.green),
        interval=row.interval, old_since=row.cluster.old,
    )  # fmt: skip


def _images(version: Version | None) -> Images | None:
    return Images(version=version.short, images=version.full.splitlines()) if version else None


def release_shape(one: Release) -> ReleaseShape:
    seconds = (one.ended_at - one.started_at).total_seconds() if one.ended_at else None
    return ReleaseShape(
        id=one.pk, number=one.number, rollout=one.rollout_id, strategy=one.strategy, trigger=one.trigger,
        outcome=one.outcome, analysis=one.analysis, started_at=one.started_at,
        start_approximate=one.start_approximate, ended_at=one.ended_at, seconds=seconds,
        from_images=one.from_images, to_images=one.to_images, why=one.why,
    )  # fmt: skip


def application_shape(row: ApplicationRow) -> ApplicationShape:
    return ApplicationShape(
        id=row.id, namespace=row.namespace, name=row.name, from_kurator=row.from_kurator, rollouts=row.clusters,
        furthest=rollout_shape(row.furthest),
        live=[LiveVersion(version=version, rollouts=number) for version, number in row.live],
    )  # fmt: skip


def act_shape(one: Possible) -> ActShape:
    return ActShape(act=one.act, why_not=one.why_not)
