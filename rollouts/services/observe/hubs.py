"""Stores what a hub says: which clusters its Fleets have, and which Applications govern their rollouts."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import Q

from rollouts.domain.ports import ACCESS, Hint
from rollouts.models import Cluster, Covers, Grant
from rollouts.services import applications, members
from rollouts.services.observe import leases
from rollouts.services.observe.kurator import HubContents
from rollouts.services.observe.sightings import Lease


def store(lease: Lease, contents: HubContents, *, now: datetime) -> list[Hint]:
    """Nothing is written once the hub has been taken over by another worker."""
    version = int(now.timestamp() * 1000)
    hints = [Hint("fleet", version)]
    with transaction.atomic():
        # All rows that may be written, locked in the order in which a batch locks them: a member may be older than its
        # hub.
        concerned = Cluster.objects.filter(Q(pk=lease.cluster) | Q(hub=lease.cluster)).order_by("pk")
        list(concerned.select_for_update(of=("self",)).values_list("pk"))
        if not leases.still_held({lease}):
            return []
        if contents.clusters_known:
            changes = members.sync_members(
                hub=lease.cluster, fleets=contents.fleets, objects=contents.clusters, now=now
            )
            if changes.joined or changes.changed or changes.left:
                hints += [Hint(f"{ACCESS}{person}", version) for person in _granted_fleets()]
        if contents.applications_known:
            applications.sync_applications(hub=lease.cluster, applications=contents.applications, now=now)
    return hints


def _granted_fleets() -> set[int]:
    """People who may see what a Fleet has: that is something else now."""
    grants = Grant.objects.filter(covers=Covers.FLEET)
    own = grants.filter(person__isnull=False).values_list("person", flat=True)
    by_group = get_user_model().objects.filter(groups__grants__in=grants).values_list("pk", flat=True)
    return {*(person for person in own if person), *by_group}
