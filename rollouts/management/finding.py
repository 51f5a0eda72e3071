"""What a person names on the command line, among what that person may see. All raise CommandError."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import CommandError
from django.utils import timezone

from rollouts import access
from rollouts.domain.commands import Governed
from rollouts.management.telling_changes import Change
from rollouts.management.waiting import Exit
from rollouts.models import Application, Batch, Cluster, Command, Rollout
from rollouts.queries import batches, commands, new_canaries, policies, removals, whole

NOBODY = "Say in whose name: --as USER, or KURATOR_UI_USER."


def person(name: str) -> Any:
    if not name:
        raise CommandError(NOBODY, returncode=Exit.NOT_DONE)
    found = get_user_model().objects.filter(username=name, is_active=True).first()
    if found is None:
        raise CommandError(f"There is no account {name!r} that may sign in.", returncode=Exit.NOT_DONE)
    return found


def rollout(who: access.Person, place: str) -> Rollout:
    """By `cluster/namespace/name` or its id."""
    seen = access.visible_rollouts(who).select_related("cluster", "application")
    cluster, _, rest = place.partition("/")
    namespace, _, name = rest.partition("/")
    if is_id(place):
        found = seen.filter(pk=int(place)).first()
    else:
        found = seen.filter(cluster__name=cluster, namespace=namespace, name=name).first()
    if found is None:
        raise CommandError(f"There is no rollout {place}.", returncode=Exit.NOT_DONE)
    return found


def cluster(who: access.Person, name: str) -> Cluster:
    """In which a Canary may be made."""
    id = access.visible_clusters(who).filter(name=name).values_list("pk", flat=True).first()
    found = new_canaries.find_cluster(who, id) if id is not None else None
    if found is None:
        raise CommandError(f"There is no cluster {name}.", returncode=Exit.NOT_DONE)
    return found


def application(who: access.Person, place: str) -> Application:
    """By `namespace/name` or its id; hubs may have several of one name."""
    seen = access.visible_applications(who).select_related("hub").order_by("pk")
    namespace, _, name = place.partition("/")
    found = list(seen.filter(pk=int(place)) if is_id(place) else seen.filter(namespace=namespace, name=name))
    if not found:
        raise CommandError(f"There is no application {place}.", returncode=Exit.NOT_DONE)
    if len(found) > 1:
        known = ", ".join(f"{one.pk} ({one.hub.name if one.hub else 'plain Canaries'})" for one in found)
        raise CommandError(
            f"There are several applications {place}. Give the id of one: {known}.", returncode=Exit.NOT_DONE
        )
    return found[0]


def policy(one: Application, name: str, now: datetime) -> Governed:
    found = policies.governed(one, name, now)
    if found is None:
        known = ", ".join(each.policy.name for each in policies.policies_of(one, now)) or "none"
        raise CommandError(
            f"There is no policy {name!r} of {one.namespace}/{one.name}. Known: {known}.", returncode=Exit.NOT_DONE
        )
    return found


def command(who: access.Person, id: int) -> Command:
    found = commands.seen_by(who, id, timezone.now())
    if found is None:
        raise CommandError(f"There is no command {id}.", returncode=Exit.NOT_DONE)
    return found


def batch(who: access.Person, id: int) -> Batch:
    found = batches.find(who, id)
    if found is None:
        raise CommandError(f"There is no batch {id}.", returncode=Exit.NOT_DONE)
    return found.batch


def change(who: access.Person, place: str) -> Change:
    """By the end of its address: `removals/12`, `application-changes/7`, `new-canaries/3`."""
    kind, _, id = place.partition("/")
    known: dict[str, Callable[[access.Person, int], Change | None]] = {
        "removals": removals.seen_by, "application-changes": whole.seen_by, "new-canaries": new_canaries.seen_by,
    }  # fmt: skip
    found = known[kind](who, int(id)) if kind in known and is_id(id) else None
    if found is None:
        raise CommandError(f"There is no change {place}. It is named as removals/12 is.", returncode=Exit.NOT_DONE)
    return found


def is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 19
