"""What a worker has seen of an Application that is to be deleted, or made, before anybody asks for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rollouts.domain import memory
from rollouts.domain.ownership import Owner, OwnerKind
from rollouts.domain.whole.deleting import Going, Trap, TrapKind
from rollouts.models import ApplicationChange, ChangeKind, Cluster
from rollouts.queries.whole import clusters_of, rows_of

CHANGE_IT = "Enter it otherwise."
COMES_BACK = {OwnerKind.FLUX: "Flux", OwnerKind.ARGO_CD: "Argo CD", OwnerKind.HELM: "Helm"}


@dataclass(frozen=True, slots=True)
class Review:
    """`typed`: the name, which whoever deletes it types. `manifest`: the object that is made."""

    traps: tuple[Trap, ...]
    warnings: tuple[str, ...]
    going: tuple[Going, ...]
    typed: str
    manifest: Mapping[str, Any] | None


def review(change: ApplicationChange) -> Review:
    if change.kind == ChangeKind.CREATE:
        refused = change.seen.get("refused", "")
        traps = (Trap(TrapKind.REFUSED, refused, CHANGE_IT),) if refused else ()
        return Review(traps, (), (), "", change.manifest)
    judged = memory.load_deletion(change.seen)
    warnings = (*_kept(change), *(judged.warnings or ()))
    return Review(judged.traps or (), warnings, judged.going or (), change.name, None)


def clusters_named(change: ApplicationChange) -> list[str]:
    found = Cluster.objects.filter(pk__in=clusters_of(change)).order_by("name")
    return list(found.values_list("name", flat=True))


def _kept(change: ApplicationChange) -> tuple[str, ...]:
    """Said before anything else: deleted on the hub alone, it comes back."""
    for row in rows_of(change.hub_id, change.namespace, change.name)[:1]:
        keeper = Owner(OwnerKind(row.owner_kind), row.owner_name)
        if who := COMES_BACK.get(keeper.kind):
            named = f"{who} ({keeper.name})" if keeper.name else who
            return (f"{named} keeps this Application: deleted on the hub alone, it comes back.",)
    return ()
