"""Plain Canaries that a person may edit, to choose one from."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice

from django.db.models import Q

from rollouts import access
from rollouts.models import Rollout

LOOKED_AT = 2000


@dataclass(frozen=True, slots=True)
class FoundCanaries:
    """`more`: there are, or may be, others."""

    rollouts: tuple[Rollout, ...]
    more: bool


def find(person: access.Person, *, named: str, most: int, but: int) -> FoundCanaries:
    """The first ones whose name, namespace or cluster is named so, without the one (`but`) that they are sought for."""
    if not access.may_edit_something(person):
        return FoundCanaries((), more=False)
    rows = access.visible_rollouts(person).filter(deleted_at=None, application__hub=None).exclude(pk=but)
    rows = rows.exclude(application=None).exclude(state={}).select_related("cluster", "application").defer("state")
    if named:
        rows = rows.filter(Q(name__icontains=named) | Q(namespace__icontains=named) | Q(cluster__name__icontains=named))
    looked = list(rows.order_by("name", "namespace", "cluster__name", "pk")[: LOOKED_AT + 1])
    found = list(islice((one for one in looked[:LOOKED_AT] if access.may_edit(person, one)), most + 1))
    return FoundCanaries(tuple(found[:most]), more=len(found) > most or len(looked) > LOOKED_AT)
