"""What the audit trail is told of clusters. Call each in the transaction of what it tells, as the last thing there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from rollouts.domain.redaction import HIDDEN
from rollouts.domain.trail import Act, Subject, SubjectKind
from rollouts.models import Cluster
from rollouts.services import audit

GIVEN = (
    *("name", "is_hub", "source", "path", "context", "secret", "namespaces", "allow_insecure", "observed"),
    *("prometheus_url", "prometheus_user", "prometheus_secret", "metrics_allowed"),
)
"""Columns that people give; the others are found."""
ENCRYPTED = frozenset({"secret", "prometheus_secret"})


def added(cluster: Cluster) -> None:
    given = {name: getattr(cluster, name) for name in GIVEN}
    audit.record(act=Act.ADD, subject=_subject(cluster.name), patch=_shown({k: v for k, v in given.items() if v}))


def changed(before: Cluster, after: Mapping[str, Any]) -> None:
    """`after`: the columns that were written. Nothing is told where they are what they were."""
    differ = [name for name in GIVEN if name in after and after[name] != getattr(before, name)]
    if differ:
        patch = {
            "before": _shown({name: getattr(before, name) for name in differ}),
            "after": _shown({name: after[name] for name in differ}),
        }
        audit.record(act=Act.CHANGE, subject=_subject(before.name), patch=patch)


def removed(name: str, *, rollouts: int, members: Iterable[str], not_put_back: Iterable[str]) -> None:
    """`members` went with their hub. `not_put_back`: what commands have turned on, and nobody will turn off now."""
    gone: dict[str, Any] = {"rollouts": rollouts}
    if left_on := sorted(not_put_back):
        gone["not_put_back"] = left_on
    if names := sorted(members):
        gone["members"] = names
    audit.record(act=Act.REMOVE, subject=_subject(name), patch=gone)


def _subject(name: str) -> Subject:
    return Subject(SubjectKind.CLUSTER, name, cluster=name)


def _shown(columns: Mapping[str, Any]) -> dict[str, Any]:
    return {name: HIDDEN if name in ENCRYPTED and value else value for name, value in columns.items()}
