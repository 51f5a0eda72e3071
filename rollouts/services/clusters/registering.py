"""Adds clusters, gives them another kubeconfig, removes them."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.db import IntegrityError, transaction

from rollouts.domain.errors import ClusterError, InvalidInput
from rollouts.domain.ports import Credential
from rollouts.models import Cluster, ClusterSource
from rollouts.queries import reversals
from rollouts.services import applications, members
from rollouts.services.clusters import telling
from rollouts.services.clusters.given import MetricsGiven
from rollouts.services.clusters.ways import Ways, read_limited

NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._@-]{0,251}[A-Za-z0-9])?")
NAMESPACE = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


@dataclass(frozen=True, slots=True)
class Added:
    """`warning`: why it could not be reached yet; empty when it was. `replaced`: it was known, and has a new way in."""

    cluster: Cluster
    warning: str = ""
    replaced: bool = False


@dataclass(frozen=True, slots=True)
class WayIn:
    """The columns that say how a cluster is reached."""

    source: str
    path: str = ""
    context: str = ""
    secret: str = field(default="", repr=False)
    allow_insecure: bool = False

    def columns(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in ("source", "path", "context", "secret", "allow_insecure")}


def add(
    *,
    name: str,
    ways: Ways,
    kubeconfig: Path | bytes | None,
    context: str = "",
    hub: bool = False,
    metrics: MetricsGiven | None = None,
    namespaces: Sequence[str] = (),
    allow_insecure: bool = False,
    store: bool = False,
) -> Added:
    """`kubeconfig`: a file, which is referred to when it is below the allowed folder and copied (encrypted) only with
    `store`; its content, which is always stored; or None for the account of the pod this program runs in.

    Of a cluster known under this very name, the way in is replaced, and whatever else is given. A cluster that cannot
    be reached now is added all the same. Raises InvalidInput and CredentialError; nothing is
    changed then.
    """
    check(name, namespaces)
    metrics = metrics or MetricsGiven()
    metrics.check(Cluster.objects.filter(name=name).first())
    way_in = _way_in(ways, kubeconfig, context, allow_insecure, store)
    uid, warning = _reach(ways, way_in)
    known = Cluster.objects.filter(uid=uid).first() if uid else None
    given = {"is_hub": hub, "namespaces": list(namespaces)}
    if known is not None and known.name == name:
        chosen = {key: value for key, value in given.items() if value}
        return _replaced(known, way_in, **chosen, **_changed(metrics, ways, known))
    if known is not None and known.left_at is None:
        raise InvalidInput(
            f"This is the cluster {known} (the UID of its namespace kube-system says so), which is added already."
            f" Nothing was changed. To give it this kubeconfig, use its name."
        )
    cluster = Cluster(name=name, uid=uid or None, **given, **metrics.columns(ways.cipher), **way_in.columns())
    _insert(cluster, known)
    return Added(cluster, warning)


def _changed(metrics: MetricsGiven, ways: Ways, known: Cluster) -> dict[str, Any]:
    """An address brings its user and password along, or is without them."""
    columns = metrics.columns(ways.cipher, known)
    allowed = columns.pop("metrics_allowed")
    return {**(columns if metrics.address else {}), **({"metrics_allowed": allowed} if allowed else {})}


def _insert(cluster: Cluster, left: Cluster | None) -> None:
    """`left`: the same cluster as a member that has left its Fleet; its history stays under the old name."""
    try:
        with transaction.atomic():
            if left is not None:
                Cluster.objects.filter(pk=left.pk).update(uid=None)
            cluster.save(force_insert=True)
            telling.added(cluster)
    except IntegrityError:
        taken = True
    else:
        taken = False
    if taken:
        raise InvalidInput(f"There is another cluster named {cluster}; choose another name, or remove that one first.")


def replace_kubeconfig(
    *,
    cluster: Cluster,
    ways: Ways,
    kubeconfig: Path | bytes | None,
    context: str = "",
    allow_insecure: bool = False,
    store: bool = False,
) -> Added:
    """Another way into the same cluster. Raises InvalidInput when it leads to another one."""
    way_in = _way_in(ways, kubeconfig, context, allow_insecure, store)
    uid, warning = _reach(ways, way_in)
    if uid and cluster.uid and uid != cluster.uid:
        raise InvalidInput(f"This kubeconfig leads to another cluster than {cluster}. Nothing was changed.")
    added = _replaced(cluster, way_in)
    return Added(added.cluster, warning, replaced=True)


def members_removed_with(cluster: Cluster) -> list[str]:
    """Of a hub; those that were registered by themselves stay."""
    gone = cluster.members.filter(source=ClusterSource.HUB).exclude(pk=cluster.pk)
    return list(gone.values_list("name", flat=True))


def left_on_without(cluster: Cluster) -> list[str]:
    """What nobody turns off any more once the cluster is removed, in some words each."""
    return reversals.left_on([cluster.name, *members_removed_with(cluster)])


def remove(*, cluster: Cluster) -> int:
    """Forgets the cluster with all its rollouts and their history; of a hub also its members. The number of rollouts
    that were forgotten. Raises InvalidInput for a present member of a hub, which would come back.
    """
    if cluster.source == ClusterSource.HUB and cluster.left_at is None:
        raise InvalidInput(f"{cluster} is a member of hub {cluster.hub}: take it out of its Fleet there.")
    with transaction.atomic():
        own = cluster.members.exclude(source=ClusterSource.HUB).exclude(pk=cluster.pk)
        own.update(**members.NO_MEMBERSHIP)
        gone = members_removed_with(cluster)
        not_put_back = left_on_without(cluster)
        rollouts = cluster.delete()[1].get("rollouts.Rollout", 0)
        telling.removed(cluster.name, rollouts=rollouts, members=gone, not_put_back=not_put_back)
    return rollouts


def change(*, cluster: Cluster, columns: Mapping[str, Any]) -> None:
    """Writes these columns and no others: an observer writes to the same row."""
    with transaction.atomic():
        before = Cluster.objects.get(pk=cluster.pk)
        Cluster.objects.filter(pk=cluster.pk).update(**columns)
        telling.changed(before, columns)


def _replaced(cluster: Cluster, way_in: WayIn, **given: Any) -> Added:
    columns = way_in.columns() | given
    if cluster.source == ClusterSource.HUB:
        if cluster.left_at is None:
            raise InvalidInput(f"{cluster} is a member of hub {cluster.hub}, which gives its kubeconfig.")
        columns |= {"left_at": None, "secret_name": "", "secret_key": "", **members.NO_MEMBERSHIP}
    with transaction.atomic():
        before = Cluster.objects.get(pk=cluster.pk)
        Cluster.objects.filter(pk=cluster.pk).update(**columns)
        applications.relink(clusters=[cluster.pk])
        telling.changed(before, columns)
    cluster.refresh_from_db()
    return Added(cluster, replaced=True)


def _reach(ways: Ways, way_in: WayIn) -> tuple[str, str]:
    """The cluster's UID, or why it could not be learnt. A kubeconfig that can never be used raises CredentialError."""
    credential = ways.credential(Cluster(**way_in.columns()))
    connection = ways.open(credential)
    try:
        return connection.uid(), ""
    except ClusterError as error:
        return "", str(error)
    finally:
        connection.close()


def _way_in(ways: Ways, kubeconfig: Path | bytes | None, context: str, allow_insecure: bool, store: bool) -> WayIn:
    if kubeconfig is None:
        return WayIn(ClusterSource.IN_CLUSTER)
    if isinstance(kubeconfig, Path) and not store:
        path = ways.allowed_path(kubeconfig)
        if path is None:
            raise InvalidInput(
                f"{kubeconfig} is not below {ways.folder}, the only folder that kubeconfig files are read from."
                " Put it there, or store an encrypted copy (--store)."
            )
        return WayIn(ClusterSource.FILE, str(path), context, allow_insecure=allow_insecure)
    text = read_limited(kubeconfig) if isinstance(kubeconfig, Path) else kubeconfig
    credential = ways.read_kubeconfig(text, context=context, allow_insecure=allow_insecure)
    return WayIn(ClusterSource.STORED, secret=ways.cipher.encrypt(_reduced(credential)), allow_insecure=allow_insecure)


def _reduced(credential: Credential) -> bytes:
    """A kubeconfig of nothing but this credential: other contexts and their users are not ours to keep."""
    cluster: dict[str, Any] = {
        "server": credential.server,
        "certificate-authority-data": _base64(credential.ca_data),
        "insecure-skip-tls-verify": credential.insecure,
        "tls-server-name": credential.tls_server_name,
        "proxy-url": credential.proxy_url,
    }
    user: dict[str, Any] = {
        "token": credential.token,
        "client-certificate-data": _base64(credential.client_certificate),
        "client-key-data": _base64(credential.client_key),
        "as": credential.impersonate_user,
        "as-groups": list(credential.impersonate_groups),
    }
    config = {
        "current-context": "one",
        "contexts": [{"name": "one", "context": {"cluster": "one", "user": "one"}}],
        "clusters": [{"name": "one", "cluster": {key: value for key, value in cluster.items() if value}}],
        "users": [{"name": "one", "user": {key: value for key, value in user.items() if value}}],
    }
    return json.dumps(config).encode()


def _base64(pem: str) -> str:
    return b64encode(pem.encode()).decode("ascii")


def check(name: str, namespaces: Sequence[str]) -> None:
    """Raises InvalidInput."""
    if not NAME.fullmatch(name):
        raise InvalidInput("A cluster's name has letters, digits, and . _ @ - between them, at most 253 characters.")
    for namespace in namespaces:
        if not NAMESPACE.fullmatch(namespace):
            raise InvalidInput(f"{namespace!r} is no name of a namespace.")
