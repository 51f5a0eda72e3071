"""Who may see and do what: the only judge, used by queries, services and the stream alike. Denied unless granted.

A person's grants are read once and kept with the person object: whoever judges anew, later or in another process,
loads the person anew.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from functools import reduce
from operator import or_
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from rollouts.domain.extents import EVERYTHING, NO_REACH, WHOLE_REACH, Extent, Reach, together
from rollouts.models import Application, Cluster, Covers, DayOfReleases, Grant, ObjectCopy, Release, Role, Rollout

Person = AbstractBaseUser | AnonymousUser
KEPT, FEW_CLUSTERS = "_reach", 5
OPERATES, ADMINISTERS = {Role.OPERATOR, Role.ADMIN}, {Role.ADMIN}


def only_looks(person: Person) -> None:
    """From now on this person object may see what the person may see, and do nothing: what a token for looking is."""
    reach = reach_of(person)
    setattr(person, KEPT, Reach(sees=reach.sees, audits=reach.audits))


def may_enter(person: Person) -> bool:
    """Whether this person may see any page at all."""
    return bool(reach_of(person).sees)


def visible_clusters(person: Person) -> QuerySet[Cluster]:
    """Also those of which the person may see some rollouts only."""
    sees = reach_of(person).sees
    if sees.everything:
        return Cluster.objects.all()
    found = Q(pk__in=[*sees.clusters, *(cluster for cluster, _ in sees.namespaces if cluster)])
    everywhere = frozenset(one for one in sees.namespaces if one[0] is None)
    if parts := Extent(namespaces=everywhere, applications=sees.applications):
        found |= Q(pk__in=_within(parts, Rollout.objects.filter(deleted_at__isnull=True)).values("cluster_id"))
    return Cluster.objects.filter(found)


def sees_whole_cluster(person: Person, cluster: int) -> bool:
    """Or only some of its rollouts, perhaps none."""
    return reach_of(person).sees.covers_cluster(cluster)


def sees_whole_clusters(person: Person) -> bool:
    """Whether this person may see all rollouts of every cluster of which any may be seen."""
    return reach_of(person).sees.whole_clusters


def sees_everything(person: Person) -> bool:
    return reach_of(person).sees.everything


def visible_rollouts(person: Person) -> QuerySet[Rollout]:
    """Also those of clusters that cannot be reached now, and those deleted since; queries choose."""
    return _within(reach_of(person).sees, Rollout.objects.all())


def visible_releases(person: Person) -> QuerySet[Release]:
    """Those of the visible rollouts."""
    return Release.objects.filter(rollout__in=visible_rollouts(person))


def visible_days(person: Person) -> QuerySet[DayOfReleases]:
    """Releases are counted by cluster, so these are of the clusters that the person may see as a whole."""
    sees = reach_of(person).sees
    return DayOfReleases.objects.all() if sees.everything else DayOfReleases.objects.filter(cluster__in=sees.clusters)


def visible_applications(person: Person) -> QuerySet[Application]:
    """Those of the visible rollouts, and those granted by themselves."""
    sees = reach_of(person).sees
    if sees.everything:
        return Application.objects.all()
    its_rollouts = visible_rollouts(person).filter(application=OuterRef("pk"))
    return Application.objects.filter(Q(pk__in=sees.applications) | Exists(its_rollouts))


def visible_copies(person: Person) -> QuerySet[ObjectCopy]:
    return ObjectCopy.objects.filter(rollout__in=visible_rollouts(person))


def scope(person: Person) -> str:
    """Names what this person may see and do: people with equal scopes are shown the same, so a rendered fragment serves
    all of them.
    """
    return reach_of(person).name


AUDIBLE: dict[str, Callable[[Person], QuerySet[Any]]] = {
    "rollout": visible_rollouts,
    "measured": visible_rollouts,
    "commands": visible_rollouts,
    "cluster": visible_clusters,
    "application": visible_applications,
    "compared": visible_applications,
    "batches": visible_applications,
    "object": visible_copies,
}
"""By the first word of a topic: what its number is the id of."""
FLEET = "fleet"


def audible(person: Person, topics: Iterable[str]) -> frozenset[str]:
    """Of these topics (`rollout-42`, `fleet`) those that the stream may tell this person have changed. One query for
    each kind of topic, none for who may see everything.
    """
    sees = reach_of(person).sees
    if not sees:
        return frozenset()
    heard, asked = set(), defaultdict(set)
    for topic in topics:
        kind, _, number = topic.partition("-")
        if topic == FLEET or (sees.everything and kind in AUDIBLE):
            heard.add(topic)
        elif kind in AUDIBLE and number.isdecimal():
            asked[kind].add(int(number))
    for kind, ids in asked.items():
        heard |= {f"{kind}-{id}" for id in AUDIBLE[kind](person).filter(pk__in=ids).values_list("pk", flat=True)}
    return frozenset(heard)


def operable_rollouts(person: Person) -> QuerySet[Rollout]:
    return _within(reach_of(person).operates, Rollout.objects.all())


def may_operate(person: Person, one: Rollout | Application) -> bool:
    """An act on an application concerns every cluster it is in, so all its rollouts must be covered."""
    return _covers(reach_of(person).operates, one)


def may_operate_policy(person: Person, one: Application, clusters: Iterable[int]) -> bool:
    """`clusters`: all that the policy selects, also those where nothing was seen of it yet. An act reaches each."""
    return _covers_policy(reach_of(person).operates, one, clusters)


def may_see_policy(person: Person, one: Application, clusters: Iterable[int]) -> bool:
    """Whether what is said of it names no cluster of which the person sees nothing."""
    return _covers_policy(reach_of(person).sees, one, clusters)


def may_operate_batch(person: Person, batch: int) -> bool:
    """All rollouts of it."""
    concerned = Rollout.objects.filter(commands__batch=batch)
    return 0 < _within(reach_of(person).operates, concerned).count() == concerned.count()


def administers(person: Person, one: Rollout | Application) -> bool:
    return _covers(reach_of(person).administers, one)


def may_edit_policies(person: Person, one: Rollout | Application) -> bool:
    """A right of its own that no role includes. The policy of an application governs all its rollouts."""
    return _covers(reach_of(person).edits, one)


def may_administer(person: Person) -> bool:
    """Manage clusters: a kubeconfig reaches beyond the cluster it is given for, so this is for admins of everything."""
    return reach_of(person).administers.everything


def may_read_trail(person: Person) -> bool:
    """Who did what, all over the fleet."""
    return reach_of(person).audits.everything


def may_grant_something(person: Person) -> bool:
    return bool(reach_of(person).administers)


def may_grant(person: Person, grant: Grant) -> bool:
    """Within what the person is an admin of. Who may not edit policies cannot touch a grant that has that right."""
    reach = reach_of(person)
    return _covers_grant(reach.administers, grant) and (not grant.edits_policies or _covers_grant(reach.edits, grant))


def whom_to_ask(where: str = "this dashboard") -> str:
    """A sentence for whoever lacks a right: `Ask somebody who administers eu-west.`"""
    return f"Ask {settings.CONTACT or f'somebody who administers {where}'}."


def reach_of(person: Person) -> Reach:
    """Three statements at most, the first time; none for superusers and whoever is not signed in."""
    if not person.is_authenticated or not person.is_active:
        return NO_REACH
    known: Reach | None = getattr(person, KEPT, None)
    if known is None:
        known = WHOLE_REACH if getattr(person, "is_superuser", False) else _read(person)
        setattr(person, KEPT, known)  # as Django keeps permissions there
    return known


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


def _within(extent: Extent, rollouts: QuerySet[Rollout]) -> QuerySet[Rollout]:
    """Without a join, by columns of the indexes that lists read; unchanged for who has everything."""
    if extent.everything:
        return rollouts
    conditions = list(_conditions(extent))
    if not conditions:
        return rollouts.none()
    return rollouts.alias(cluster_number=F("cluster_id") + 0).filter(reduce(or_, conditions))


def _conditions(extent: Extent) -> Iterator[Q]:
    if extent.clusters:
        # By an index of clusters SQLite would fetch whole rows: of many that takes longer than to read all of the index
        # that lists read.
        column = "cluster_id" if len(extent.clusters) <= FEW_CLUSTERS else "cluster_number"
        yield Q(**{f"{column}__in": sorted(extent.clusters)})
    if extent.applications:
        yield Q(application_id__in=sorted(extent.applications))
    by_cluster: dict[int | None, list[str]] = defaultdict(list)
    for cluster, namespace in sorted(extent.namespaces, key=lambda one: (one[0] or 0, one[1])):
        by_cluster[cluster].append(namespace)
    for cluster, namespaces in by_cluster.items():
        here = Q(namespace__in=namespaces)
        yield here if cluster is None else here & Q(cluster_id=cluster)


def _covers(extent: Extent, one: Rollout | Application) -> bool:
    if isinstance(one, Rollout):
        return extent.covers_rollout(cluster=one.cluster_id, namespace=one.namespace, application=one.application_id)
    if extent.covers_application(one.pk):
        return True
    its_rollouts = Rollout.objects.filter(application=one.pk, deleted_at__isnull=True)
    covered = set(_within(extent, its_rollouts).values_list("pk", flat=True))
    return bool(covered) and covered == set(its_rollouts.values_list("pk", flat=True))


def _covers_policy(extent: Extent, one: Application, clusters: Iterable[int]) -> bool:
    covered = [
        extent.covers_rollout(cluster=cluster, namespace=one.workload_namespace, application=one.pk)
        for cluster in clusters
    ]
    return all(covered) if covered else extent.covers_application(one.pk)


def _covers_grant(extent: Extent, grant: Grant) -> bool:
    if extent.everything:
        return True
    if grant.covers == Covers.FLEET:
        return extent.covers_fleet(grant.cluster_id, grant.fleet)
    if grant.covers == Covers.CLUSTER:
        return grant.cluster_id is not None and extent.covers_cluster(grant.cluster_id)
    if grant.covers == Covers.NAMESPACE:
        return extent.covers_namespace(grant.cluster_id, grant.namespace)
    return grant.covers == Covers.APPLICATION and extent.covers_application(grant.application_id)
