"""What is said of an Application as a whole, and of what was asked for: on its own page and on that of the change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from zlib import crc32

from django.urls import reverse
from django.utils.http import urlencode

from rollouts import access
from rollouts.domain import memory
from rollouts.domain.whole.deleting import Going, Trap, TrapKind
from rollouts.models import Application, ApplicationChange, Rollout
from rollouts.queries import whole

SHOWN = 12
"""Objects of one policy in one cluster that are listed before the rest is folded away."""


@dataclass(frozen=True, slots=True)
class TrapLine:
    """`address` leads to where the next best thing is done."""

    said: str
    instead: str
    address: str
    link: str


@dataclass(frozen=True, slots=True)
class GoingLine:
    policy: str
    cluster: str
    said: str
    goes: bool
    objects: tuple[str, ...]
    folded: tuple[str, ...]
    told: bool
    """Whether Flux tells what it has brought there."""


def section(person: access.Person, application: Application) -> dict[str, Any]:
    """For the page of the application."""
    if application.hub_id is None:
        return {"whole_version": "", "whole_changes": ()}
    parts = whole.parts_of(application) if access.may_edit_something(person) else []
    may_not = whole.may_not_delete(person, parts)
    changes = whole.of_application(person, application)
    said = [(one.pk, one.state) for one in changes]
    return {
        "whole_version": f"{not may_not:d}{crc32(repr(said).encode()):x}",
        "whole_may": not may_not,
        "whole_may_not": may_not,
        "whole_changes": changes,
    }


def traps(change: ApplicationChange, rows: Mapping[str, int]) -> list[TrapLine]:
    """`rows`: of the Application's policies the row that each is on the page of."""
    return [_trap(change, one, rows) for one in memory.load_deletion(change.seen).traps or ()]


def _trap(change: ApplicationChange, one: Trap, rows: Mapping[str, int]) -> TrapLine:
    address, link = "", ""
    if one.kind is TrapKind.ROLLOUT and one.about in rows:
        query = urlencode({"policy": one.about})
        address, link = f"{reverse('policy-remove', args=[rows[one.about]])}?{query}", f"Remove policy {one.about}"
    elif one.kind is TrapKind.REMOVAL:
        address, link = reverse("removal", args=[int(one.about)]), "See how far it is"
    elif one.kind is TrapKind.CANARY and (found := _rollout(change, one.about)) is not None:
        address, link = reverse("rollout", args=[found]), "Look at it"
    elif one.kind in (TrapKind.AWAY, TrapKind.FLEET, TrapKind.MEMBER):
        address, link = reverse("clusters"), "Clusters"
    return TrapLine(one.said, one.instead, address, link)


def _rollout(change: ApplicationChange, canary: str) -> int | None:
    namespace, _, name = canary.partition("/")
    found = Rollout.objects.filter(
        cluster__in=whole.clusters_of(change), namespace=namespace, name=name, deleted_at=None
    )
    return found.values_list("pk", flat=True).first()


def goings(change: ApplicationChange) -> list[GoingLine]:
    return [_going(one) for one in memory.load_deletion(change.seen).going or ()]


def _going(one: Going) -> GoingLine:
    objects = one.objects or ()
    return GoingLine(
        one.policy, one.cluster, one.said, one.goes, objects[:SHOWN], objects[SHOWN:], told=one.objects is not None
    )
