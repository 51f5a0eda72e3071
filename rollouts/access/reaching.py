"""What a person may reach: grants, the person's own and those of groups, as extents.

They are read once and kept with the person object: whoever judges anew, later or in another process, loads the person
anew.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db.models import Q, QuerySet

from rollouts.domain.extents import EVERYTHING, NO_REACH, WHOLE_REACH, Extent, Reach, together
from rollouts.models import Cluster, Covers, Grant, Role

Person = AbstractBaseUser | AnonymousUser
KEPT = "_reach"
OPERATES, ADMINISTERS = {Role.OPERATOR, Role.ADMIN}, {Role.ADMIN}


def reach_of(person: Person) -> Reach:
    """Three statements at most, the first time; none for superusers and whoever is not signed in."""
    if not person.is_authenticated or not person.is_active:
        return NO_REACH
    known: Reach | None = getattr(person, KEPT, None)
    if known is None:
        known = WHOLE_REACH if getattr(person, "is_superuser", False) else _read(person)
        setattr(person, KEPT, known)  # as Django keeps permissions there
    return known


def only_looks(person: Person) -> None:
    """From now on this person object may see what the person may see, and do nothing: what a token for looking is."""
    reach = reach_of(person)
    setattr(person, KEPT, Reach(sees=reach.sees, audits=reach.audits))


def grants_of(person: Person) -> QuerySet[Grant]:
    """The person's own and those of the person's groups."""
    groups = get_user_model().groups.through.objects.filter(user=person.pk).values("group")
    return Grant.objects.filter(Q(person=person.pk) | Q(group__in=groups))


def _read(person: Person) -> Reach:
    grants = list(grants_of(person))
    of_fleets = _clusters_of_fleets() if any(one.covers == Covers.FLEET for one in grants) else []
    extents = [(one, _extent(one, of_fleets)) for one in grants]
    everybody = [EVERYTHING] if settings.EVERYBODY_VIEWS else []
    administers = together(extent for one, extent in extents if one.role in ADMINISTERS)
    return Reach(
        sees=together([*everybody, *(extent for _, extent in extents)]),
        operates=together(extent for one, extent in extents if one.role in OPERATES),
        administers=administers,
        edits=together(extent for one, extent in extents if one.edits_policies),
        audits=administers,
    )


def _clusters_of_fleets() -> list[tuple[int, int | None, list[str]]]:
    """Each with its hub and the Fleets that list it; SQLite cannot look into a list."""
    return list(Cluster.objects.exclude(fleets=[]).order_by().values_list("id", "hub_id", "fleets"))


def _extent(grant: Grant, of_fleets: Iterable[tuple[int, int | None, list[str]]]) -> Extent:
    if grant.covers == Covers.EVERYTHING:
        return EVERYTHING
    if grant.covers == Covers.FLEET:
        members = (
            cluster for cluster, hub, fleets in of_fleets if grant.fleet in fleets and grant.cluster_id in (None, hub)
        )
        return Extent(fleets=frozenset({(grant.cluster_id, grant.fleet)}), clusters=frozenset(members))
    if grant.covers == Covers.CLUSTER and grant.cluster_id is not None:
        return Extent(clusters=frozenset({grant.cluster_id}))
    if grant.covers == Covers.NAMESPACE:
        return Extent(namespaces=frozenset({(grant.cluster_id, grant.namespace)}))
    if grant.covers == Covers.APPLICATION and grant.application_id is not None:
        return Extent(applications=frozenset({grant.application_id}))
    return Extent()
