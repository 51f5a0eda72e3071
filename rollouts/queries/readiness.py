"""Whether a cluster is ready for rollouts, as its page shows it; of a hub its members too."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from zlib import crc32

from rollouts import access
from rollouts.domain.readiness import OF_THE_CLUSTER, Finding, Light, Prerequisite, load, worst
from rollouts.models import Cluster, Readiness, ReadinessChange

MOST_CHANGES = 20
PATIENCE = timedelta(minutes=2)
"""Longer than a worker may take. Then nobody came."""


@dataclass(frozen=True, slots=True)
class MemberLine:
    id: int
    name: str
    light: Light | None
    lacking: tuple[Prerequisite, ...]
    unknown: tuple[Prerequisite, ...]
    checked_at: datetime | None


@dataclass(frozen=True, slots=True)
class ReadinessPage:
    """`light` is None before the first check that came to an end."""

    cluster: Cluster
    row: Readiness | None
    light: Light | None
    findings: tuple[Finding, ...]
    problem: str
    """Why the last check came to no end: empty when it did, and for whoever sees a part only, since it may name a
    namespace.
    """
    changes: tuple[ReadinessChange, ...]
    members: tuple[MemberLine, ...]
    in_part: bool
    """The person sees only some of its rollouts: what names others is left out."""
    being_checked: bool
    version: str


def page(person: access.Person, id: int, now: datetime) -> ReadinessPage | None:
    cluster = access.visible_clusters(person).select_related("readiness").filter(pk=id).first()
    if cluster is None:
        return None
    row, whole = _row(cluster), access.sees_whole_cluster(person, id)
    findings = _shown(row, whole=whole)
    members = _members(person, cluster)
    changes = tuple(one for one in _changes(cluster) if whole or one.prerequisite in OF_THE_CLUSTER)
    waiting = row is not None and row.requested_at > (row.tried_at or datetime.min.replace(tzinfo=now.tzinfo))
    being_checked = waiting and row is not None and now - row.requested_at < PATIENCE
    seen = (row and (row.version, row.requested_at), being_checked, members, whole)
    return ReadinessPage(
        cluster=cluster,
        row=row,
        light=_light(row, findings),
        findings=findings,
        problem=row.problem if row and whole else "",
        changes=changes,
        members=members,
        in_part=not whole,
        being_checked=being_checked,
        version=f"{crc32(repr(seen).encode()):x}",
    )


def _row(cluster: Cluster) -> Readiness | None:
    return getattr(cluster, "readiness", None)


def _shown(row: Readiness | None, *, whole: bool) -> tuple[Finding, ...]:
    found = load(row.findings) if row else ()
    return tuple(one for one in found if whole or one.prerequisite in OF_THE_CLUSTER)


def _light(row: Readiness | None, findings: Iterable[Finding]) -> Light | None:
    return worst(one.light for one in findings) if row and row.checked_at else None


def _changes(cluster: Cluster) -> Iterable[ReadinessChange]:
    return ReadinessChange.objects.filter(cluster=cluster).order_by("-id")[:MOST_CHANGES]


def _members(person: access.Person, hub: Cluster) -> tuple[MemberLine, ...]:
    if not hub.is_hub:
        return ()
    found = access.visible_clusters(person).filter(hub=hub.pk, left_at=None).select_related("readiness")
    return tuple(_member(person, one) for one in found.order_by("name"))


def _member(person: access.Person, one: Cluster) -> MemberLine:
    row = _row(one)
    findings = _shown(row, whole=access.sees_whole_cluster(person, one.pk))
    return MemberLine(
        id=one.pk,
        name=one.name,
        light=_light(row, findings),
        lacking=_with(findings, Light.LACKING),
        unknown=_with(findings, Light.UNKNOWN),
        checked_at=row.checked_at if row else None,
    )


def _with(findings: Iterable[Finding], light: Light) -> tuple[Prerequisite, ...]:
    return tuple(one.prerequisite for one in findings if one.light is light)
