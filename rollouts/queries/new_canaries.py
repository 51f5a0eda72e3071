"""Where a Canary can be made, for what, what is known around it, and what was asked for."""

from __future__ import annotations

from collections.abc import Iterable
from zlib import crc32

from django.db.models import QuerySet

from rollouts import access
from rollouts.domain import memory
from rollouts.domain.new_canaries.choosing import Choice, Governing, choices, taken
from rollouts.domain.new_canaries.judging import Near
from rollouts.domain.new_canaries.making import Target
from rollouts.domain.policies.offering import Offers
from rollouts.domain.readiness import Prerequisite
from rollouts.models import Cluster, NewCanary, Rollout
from rollouts.queries.setting_up import offers_of, unready

KEPT_IN_SIGHT = 5
MAY_NOT = "To make a Canary needs the right to edit the policies of its whole namespace, whatever the role. {}"


def clusters_for(person: access.Person) -> list[Cluster]:
    """In which the person may make some, by name. Nothing is read for who may edit none."""
    if not access.may_edit_something(person):
        return []
    found = access.visible_clusters(person).exclude(is_hub=True, flagger_version="").filter(left_at=None)
    return [one for one in found.order_by("name") if access.may_edit_in_cluster(person, one.pk)]


def find_cluster(person: access.Person, id: int) -> Cluster | None:
    """None for who does not see it."""
    return access.visible_clusters(person).select_related("hub", "inventory", "readiness").filter(pk=id).first()


def may_make(person: access.Person, cluster: int, namespace: str) -> bool:
    return access.may_edit_namespace(person, namespace, [cluster])


def choices_of(person: access.Person, cluster: Cluster) -> tuple[Choice, ...]:
    """Of the namespaces in which the person may make a Canary."""
    offers = offers_of(cluster) or Offers()
    return choices(offers, _governing(cluster), lambda namespace: may_make(person, cluster.pk, namespace))


def notes_of(cluster: Cluster) -> tuple[str, ...]:
    """What could not be read when it was last."""
    offers = offers_of(cluster)
    return offers.notes if offers is not None else ()


def taken_by(cluster: Cluster, target: Target) -> str:
    """As the cluster was last observed; empty where nothing is in the way."""
    canaries = _governing(cluster, namespace=target.namespace)
    return taken(target.kind, target.namespace, target.name, canaries)


def near(cluster: Cluster, target: Target, *, whole: bool = False) -> Near:
    """`whole`: with what other namespaces have, for who sees them all."""
    offers, row = offers_of(cluster), getattr(cluster, "inventory", None)
    failed = row is not None and bool(row.problem)
    found = offers.of(target.kind, target.namespace, target.name) if offers is not None else None
    led = offers.led_by(target.namespace, target.service) if offers is not None else ()
    ingresses = [one for one in offers.ingresses if one.namespace == target.namespace] if offers is not None else []
    return Near(
        offer=found,
        sharing=tuple(one.name for one in led if one != found),
        load_testers=offers.load_testers if offers is not None else (),
        testers_read=offers is not None and not offers.notes,
        in_part=failed or bool(offers is not None and offers.notes),
        read_at=row.read_at if row is not None and not failed else None,
        provider=cluster.mesh_provider,
        unready=unready(cluster, (Prerequisite.FLAGGER,)),
        hub=cluster.hub.name if cluster.hub is not None else "",
        ingresses=tuple(one.name for one in ingresses if target.service in one.services),
        gateways=_seen(offers.gateways, target, whole) if offers is not None else (),
        api_gateways=_seen(offers.api_gateways, target, whole) if offers is not None else (),
    )


def _seen(gateways: Iterable[str], target: Target, whole: bool) -> tuple[str, ...]:
    return tuple(one for one in gateways if whole or one.startswith(f"{target.namespace}/"))


def _governing(cluster: Cluster, **where: str) -> Iterable[Governing]:
    there = Rollout.objects.filter(cluster=cluster, deleted_at=None, **where)
    named = there.values_list("namespace", "name", "target_kind", "target_name")
    return [Governing(*one) for one in named]


def target_of(row: NewCanary) -> Target:
    return Target.of(row.namespace, row.base)


def may(person: access.Person, row: NewCanary) -> bool:
    return may_make(person, row.cluster_id, row.namespace)


def may_be_carried_out(row: NewCanary) -> bool:
    """The person is as the database has them now."""
    return row.person is not None and may(row.person, row)


def seen_by(person: access.Person, id: int) -> NewCanary | None:
    """What was never asked for is its author's alone; the rest whoever sees the namespace."""
    related = ("cluster__hub", "cluster__inventory", "cluster__readiness", "person")
    row = NewCanary.objects.select_related(*related).filter(pk=id).first()
    if row is None or (row.asked_at is None and row.person_id != person.pk):
        return None
    return row if access.sees_namespace(person, row.cluster_id, row.namespace) else None


def of_cluster(person: access.Person, cluster: Cluster) -> list[NewCanary]:
    """The newest that were asked for, of the namespaces that the person sees."""
    asked = NewCanary.objects.filter(cluster=cluster).exclude(asked_at=None).order_by("-id")
    seen = (one for one in asked[: 10 * KEPT_IN_SIGHT] if access.sees_namespace(person, cluster.pk, one.namespace))
    return list(seen)[:KEPT_IN_SIGHT]


def rollout_of(row: NewCanary) -> Rollout | None:
    """Once it is observed."""
    return _rollouts(row).first()


def _rollouts(row: NewCanary) -> QuerySet[Rollout]:
    return Rollout.objects.filter(cluster=row.cluster_id, namespace=row.namespace, name=row.name, deleted_at=None)


def is_observed(row: NewCanary, uid: str) -> bool:
    """That very Canary, not one of its name that was there before."""
    found = rollout_of(row)
    return found is not None and bool(found.state) and memory.load(found.state).canary.uid == uid


def version_of(row: NewCanary) -> str:
    """Changes with all that its page shows."""
    times = [str(one) for one in (row.sent_at, row.written_at, row.arrived_at)]
    said = [row.state, row.sentence, row.digest, *times, _rollouts(row).exists()]
    return f"{crc32(repr(said).encode()):x}"
