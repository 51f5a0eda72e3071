"""Removals, and who may see them and have them go on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from zlib import crc32

from django.db.models import Exists, OuterRef, Prefetch, QuerySet

from rollouts import access
from rollouts.domain.commands import Governed
from rollouts.domain.kurator import Policy
from rollouts.models import Application, Removal, RemovalPart, Rollout
from rollouts.queries import policies

KEPT_IN_SIGHT, A_READ = 5, 200
TOLD = "has_removals"
IN_ORDER = ("-on_hub", "name")
WITH_PARTS = Prefetch("parts", RemovalPart.objects.order_by(*IN_ORDER))
MAY_NOT = "To remove a policy needs the right to edit policies in every cluster that it selects. {}"
MAY_NOT_OF_CANARY = "To remove a Canary needs the right to edit policies here, whatever the role. {}"
ENDED_ALREADY = "It has ended already: there was nothing to stop."


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


def may_not(person: access.Person, application: Application, governed: Governed) -> str:
    """Why this person may not remove the policy, and whom to ask; nothing if allowed."""
    return "" if policies.may_edit(person, application, governed) else MAY_NOT.format(access.whom_to_ask())


def may_not_of_canary(person: access.Person, one: Rollout) -> str:
    """As `may_not`, of a Canary that no policy makes."""
    if access.may_edit(person, one):
        return ""
    return MAY_NOT_OF_CANARY.format(access.whom_to_ask(one.cluster.name))


def may_not_stop(person: access.Person, removal: Removal) -> str:
    """As `may_not`."""
    if may_stop(person, removal):
        return ""
    return (MAY_NOT_OF_CANARY if removal.plain else MAY_NOT).format(access.whom_to_ask())


def asked_for_with(person: access.Person, mark: str) -> Removal | None:
    """What this person has asked for with the mark of a preview: also when what it removed is gone by now."""
    return Removal.objects.filter(mark=mark, person=person.pk).first()


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


def listed(person: access.Person, found: QuerySet[Removal], *, before: int | None) -> Iterator[Removal]:
    """Of these, with their parts: what the person may see, the newest first."""
    narrowed = found.filter(pk__lt=before) if before else found
    rows = narrowed.select_related("application__hub", "rollout__cluster").prefetch_related(WITH_PARTS)
    for one in rows.order_by("-id").iterator(chunk_size=A_READ):
        if access.may_see_policy(person, one.application, clusters_of(one)):
            yield one


def told_with(rollouts: QuerySet[Rollout]) -> QuerySet[Rollout]:
    """Whether there is any removal of their Canaries: of most there never is, and nothing more is asked then."""
    return rollouts.annotate(**{TOLD: Exists(Removal.objects.filter(rollout=OuterRef("pk")))})


def of_rollout(one: Rollout) -> tuple[Removal, ...]:
    """Of its Canary, which no policy makes; the newest first."""
    return tuple(one.removals.order_by("-id")[:KEPT_IN_SIGHT]) if getattr(one, TOLD, True) else ()


def parts_of(removal: Removal) -> tuple[RemovalPart, ...]:
    """The hub's first, then by the names of the clusters."""
    return tuple(removal.parts.order_by(*IN_ORDER))


def version_of(removals: Iterable[Removal]) -> str:
    """Changes with all that the page of an application shows of them."""
    return f"{crc32(repr([(one.pk, one.state) for one in removals]).encode()):x}"


def version_of_parts(removal: Removal, parts: Iterable[RemovalPart]) -> str:
    """Changes with all that its own page shows."""
    said = [(one.pk, len(one.done), one.sentence, one.by_hand, one.finished) for one in parts]
    return f"{crc32(repr([removal.state, removal.sentence, *said]).encode()):x}"
