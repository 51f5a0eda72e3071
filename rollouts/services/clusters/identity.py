"""A cluster is the UID of its namespace kube-system, whatever its name and address."""

from __future__ import annotations

from django.db import IntegrityError, transaction

from rollouts.domain.errors import ClusterError
from rollouts.models import Cluster, ClusterSource
from rollouts.services import applications


class WrongCluster(ClusterError):
    """The connection leads to another cluster than the registered one, or to one that is observed under another
    name. It must not be observed: all rollouts would seem to be deleted, or be there twice.
    """


def identify(*, cluster: Cluster, uid: str) -> None:
    """Checks what was reached against what is known, and learns it at the first time. Raises WrongCluster."""
    if not uid:
        raise ClusterError("The cluster does not tell the UID of its namespace kube-system.")
    if cluster.uid == uid:
        return
    other = Cluster.objects.filter(uid=uid).exclude(pk=cluster.pk).first()
    if cluster.uid:
        raise WrongCluster(_led_elsewhere(other))
    if other is not None and other.left_at is None:
        _recognise(cluster, other)
        raise WrongCluster(f"This is the cluster {other}, which is observed under that name already.")
    try:
        with transaction.atomic():
            # A cluster that has left its Fleet and comes back under another name takes its identity along.
            Cluster.objects.filter(uid=uid, left_at__isnull=False).exclude(pk=cluster.pk).update(uid=None)
            Cluster.objects.filter(pk=cluster.pk, uid=None).update(uid=uid)
    except IntegrityError:  # somebody was faster; who is told at the next attempt
        known = False
    else:
        known = Cluster.objects.filter(pk=cluster.pk, uid=uid).exists()
    if not known:
        raise WrongCluster("This cluster is observed under another name already.")
    cluster.uid = uid


def _led_elsewhere(other: Cluster | None) -> str:
    where = f"the cluster {other}" if other else "a cluster not known here"
    return (
        f"The kubeconfig now leads to {where}: the UID of its namespace kube-system is not the one it was. Observation"
        " has stopped and nothing was changed. If the cluster was rebuilt, remove it here and add it again."
    )


def _recognise(member: Cluster, known: Cluster) -> None:
    """A member that a hub brought in, and that was registered before (the hub itself, too): the membership moves to
    the registered one, with the registered way in.
    """
    if member.source != ClusterSource.HUB or known.hub_id is not None or member.rollouts.exists():
        return
    with transaction.atomic():
        membership = {
            field: getattr(member, field)
            for field in (
                "hub_id",
                "hub_kind",
                "hub_namespace",
                "hub_name",
                "secret_name",
                "secret_key",
                "labels",
                "fleets",
            )
        }
        Cluster.objects.filter(pk=member.pk).delete()
        Cluster.objects.filter(pk=known.pk, hub=None).update(**membership)
        applications.relink(clusters=[known.pk])
