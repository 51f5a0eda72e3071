"""Removals, and who may see them and have them go on."""

from __future__ import annotations

from collections.abc import Iterable
from zlib import crc32

from django.db.models import Exists, OuterRef, QuerySet

from rollouts import access
from rollouts.domain.kurator import Policy
from rollouts.models import Application, Removal, RemovalPart, Rollout
from rollouts.queries import policies

KEPT_IN_SIGHT = 5
TOLD = "has_removals"


def clusters_of(removal: Removal) -> set[int]:
    """All that the policy selected when it was asked for."""
    return {int(cluster) for cluster in removal.bound["members"]}


def selected_now(removal: Removal, policy: Policy) -> set[int]:
    """All that the policy selects, as it was just read and as its clusters were last seen."""
    one = removal.application
    found = policies.selectable(one)
    return {each.pk for each in found if policy.selects(one.namespace, each.fleets, each.labels)}


def seen_by(person: access.Person, id: int) -> Removal | None:
    """Also when the Application governs nothing any more. Whoever sees all of its clusters, since it names them."""
    found = Removal.objects.select_related("application__hub", "rollout__cluster").filter(pk=id).first()
    if found is None or not access.may_see_policy(person, found.application, clusters_of(found)):
        return None
    return found


def may_stop(person: access.Person, removal: Removal) -> bool:
    """Also when it has ended, and there is nothing to stop."""
    return access.may_edit_policy(person, removal.application, clusters_of(removal))


def may_be_carried_out(removal: Removal) -> bool:
    """The person is as the database has them now, and may have lost the right since the click."""
    return removal.person is not None and may_stop(removal.person, removal)


def of_application(person: access.Person, application: Application) -> tuple[Removal, ...]:
    """The newest first."""
    found = application.removals.order_by("-id")[:KEPT_IN_SIGHT]
    return tuple(one for one in found if access.may_see_policy(person, application, clusters_of(one)))


def told_with(rollouts: QuerySet[Rollout]) -> QuerySet[Rollout]:
    """Whether there is any removal of their Canaries: of most there never is, and nothing more is asked then."""
    return rollouts.annotate(**{TOLD: Exists(Removal.objects.filter(rollout=OuterRef("pk")))})


def of_rollout(one: Rollout) -> tuple[Removal, ...]:
    """Of its Canary, which no policy makes; the newest first."""
    return tuple(one.removals.order_by("-id")[:KEPT_IN_SIGHT]) if getattr(one, TOLD, True) else ()


def parts_of(removal: Removal) -> tuple[RemovalPart, ...]:
    """The hub's first, then by the names of the clusters."""
    return tuple(removal.parts.order_by("-on_hub", "name"))


def version_of(removals: Iterable[Removal]) -> str:
    """Changes with all that the page of an application shows of them."""
    return f"{crc32(repr([(one.pk, one.state) for one in removals]).encode()):x}"


def version_of_parts(removal: Removal, parts: Iterable[RemovalPart]) -> str:
    """Changes with all that its own page shows."""
    said = [(one.pk, len(one.done), one.sentence, one.by_hand, one.finished) for one in parts]
    return f"{crc32(repr([removal.state, removal.sentence, *said]).encode()):x}"
