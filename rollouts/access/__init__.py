"""Who may see and do what: the only judge, used by queries, services and the stream alike. Denied unless granted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet

from rollouts.access.covering import covers, covers_grant, covers_namespace_in, covers_policy, within
from rollouts.access.reaching import Person, only_looks, reach_of
from rollouts.domain.extents import Extent
from rollouts.models import Application, Cluster, DayOfReleases, Grant, ObjectCopy, Release, Rollout

__all__ = [
    "Person",
    "administers",
    "audible",
    "may_administer",
    "may_edit",
    "may_edit_in_cluster",
    "may_edit_namespace",
    "may_edit_policy",
    "may_edit_something",
    "may_edit_whole_clusters",
    "may_enter",
    "may_grant",
    "may_grant_something",
    "may_operate",
    "may_operate_batch",
    "may_operate_policy",
    "may_read_trail",
    "may_see_policy",
    "only_looks",
    "operable_rollouts",
    "scope",
    "sees_everything",
    "sees_namespace",
    "sees_whole_cluster",
    "sees_whole_clusters",
    "visible_applications",
    "visible_clusters",
    "visible_copies",
    "visible_days",
    "visible_releases",
    "visible_rollouts",
    "whom_to_ask",
]


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
        found |= Q(pk__in=within(parts, Rollout.objects.filter(deleted_at__isnull=True)).values("cluster_id"))
    return Cluster.objects.filter(found)


def sees_whole_cluster(person: Person, cluster: int) -> bool:
    """Or only some of its rollouts, perhaps none."""
    return reach_of(person).sees.covers_cluster(cluster)


def sees_namespace(person: Person, cluster: int, namespace: str) -> bool:
    """All of it, in this cluster."""
    return reach_of(person).sees.covers_namespace(cluster, namespace)


def sees_whole_clusters(person: Person) -> bool:
    """Whether this person may see all rollouts of every cluster of which any may be seen."""
    return reach_of(person).sees.whole_clusters


def sees_everything(person: Person) -> bool:
    return reach_of(person).sees.everything


def visible_rollouts(person: Person) -> QuerySet[Rollout]:
    """Also those of clusters that cannot be reached now, and those deleted since; queries choose."""
    return within(reach_of(person).sees, Rollout.objects.all())


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
    return within(reach_of(person).operates, Rollout.objects.all())


def may_operate(person: Person, one: Rollout | Application) -> bool:
    """An act on an application concerns every cluster it is in, so all its rollouts must be covered."""
    return covers(reach_of(person).operates, one)


def may_operate_policy(person: Person, one: Application, clusters: Iterable[int]) -> bool:
    """`clusters`: all that the policy selects, also those where nothing was seen of it yet. An act reaches each."""
    return covers_policy(reach_of(person).operates, one, clusters)


def may_operate_all_of_policy(person: Person, one: Application, clusters: Iterable[int]) -> bool:
    """What an act takes that reaches whatever Flux applies for the policy, in any namespace: the whole Application, or
    all of each of its clusters.
    """
    operates, several = reach_of(person).operates, list(clusters)
    whole = bool(several) and all(operates.covers_cluster(one) for one in several)
    return whole or operates.covers_application(one.pk)


def may_see_policy(person: Person, one: Application, clusters: Iterable[int]) -> bool:
    """Whether what is said of it names no cluster of which the person sees nothing."""
    return covers_policy(reach_of(person).sees, one, clusters)


def may_operate_batch(person: Person, batch: int) -> bool:
    """All rollouts of it."""
    concerned = Rollout.objects.filter(commands__batch=batch)
    return 0 < within(reach_of(person).operates, concerned).count() == concerned.count()


def administers(person: Person, one: Rollout | Application) -> bool:
    return covers(reach_of(person).administers, one)


def may_edit(person: Person, one: Rollout) -> bool:
    """What its Canary says, where no policy of Kurator makes it: the right that policies take, in this cluster."""
    return covers(reach_of(person).edits, one)


def may_edit_policy(person: Person, one: Application, clusters: Iterable[int]) -> bool:
    """A right of its own that no role includes. `clusters` as above: a policy governs all that it selects."""
    return covers_policy(reach_of(person).edits, one, clusters)


def may_edit_namespace(person: Person, namespace: str, clusters: Iterable[int]) -> bool:
    """Whether the policy of any workload there is the person's to edit: what giving a policy another workload takes. A
    grant on one application covers no other.
    """
    return covers_namespace_in(reach_of(person).edits, namespace, clusters)


def may_edit_something(person: Person) -> bool:
    return bool(reach_of(person).edits)


def may_edit_in_cluster(person: Person, cluster: int) -> bool:
    """The policies of some namespace there, or of all: a right on one application makes nothing new."""
    edits = reach_of(person).edits
    return edits.covers_cluster(cluster) or any(one in (None, cluster) for one, _ in edits.namespaces)


def may_edit_whole_clusters(person: Person, clusters: Iterable[int]) -> bool:
    """All policies of these, one at least: what a new Application takes, which brings anything into any namespace."""
    edits, several = reach_of(person).edits, list(clusters)
    return edits.everything or (bool(several) and all(edits.covers_cluster(one) for one in several))


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
    return covers_grant(reach.administers, grant) and (not grant.edits_policies or covers_grant(reach.edits, grant))


def whom_to_ask(where: str = "this dashboard") -> str:
    """A sentence for whoever lacks a right: `Ask somebody who administers eu-west.`"""
    return f"Ask {settings.CONTACT or f'somebody who administers {where}'}."
