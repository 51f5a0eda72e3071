"""Kurator's objects on the hub: Applications with their rollout policies, Fleets, and the clusters of Fleets."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Raw, Struct, field

from rollouts.adapters.kubernetes import troubles
from rollouts.adapters.kubernetes.owners import ARGO_TRACKING, managers_of, owner_labels
from rollouts.adapters.kubernetes.shapes import UID_LIMIT, Meta, Reference, count, text
from rollouts.domain.kurator import (
    Application,
    Fleet,
    FleetMember,
    ImageEntry,
    Kustomization,
    Policy,
    RolloutPlugin,
)
from rollouts.domain.observations import Kind, MemberCluster
from rollouts.domain.redaction import LONGEST, hide

ABSENT = b"null"
MOST_IMAGES = 200
"""Entries of one policy that are kept."""


class Selector(Struct, rename="camel"):
    match_labels: dict[str, str] | None = None


class DestinationSpec(Struct, rename="camel"):
    fleet: str | None = None
    cluster_selector: Selector | None = None


class ImageSpec(Struct, rename="camel"):
    name: str
    new_name: str | None = None
    new_tag: str | None = None
    digest: str | None = None


class KustomizationSpec(Struct, rename="camel"):
    images: list[ImageSpec] | None = None
    suspend: bool | None = None
    interval: str | None = None
    retry_interval: str | None = None


_rollout = msgspec.json.Decoder(troubles.RolloutSpec, strict=False)
_kustomization = msgspec.json.Decoder(KustomizationSpec)


class SyncPolicy(Struct):
    name: str | None = None
    destination: DestinationSpec | None = None
    kustomization: Raw = Raw(ABSENT)
    helm: Raw = Raw(ABSENT)
    rollout: Raw = Raw(ABSENT)
    """Its text is kept beside what the rules need of it."""


class ApplicationSpec(Struct, rename="camel"):
    destination: DestinationSpec | None = None
    sync_policies: list[SyncPolicy] | None = None


class Annotations(Struct):
    argo: str | None = field(name=ARGO_TRACKING, default=None)


class ApplicationMeta(Meta):
    annotations: Annotations | None = None


class ApplicationObject(Struct):
    metadata: ApplicationMeta
    spec: ApplicationSpec | None = None
    status: troubles.ApplicationStatus | None = None


class FlaggerPlugin(Struct, rename="camel"):
    traffic_routing_provider: str | None = None
    public_testloader: bool | None = None


class Plugins(Struct):
    flagger: FlaggerPlugin | None = None


class FleetSpec(Struct):
    clusters: list[Reference] | None = None
    plugin: Plugins | None = None


class FleetStatus(Struct):
    phase: str | None = None


class FleetObject(Struct):
    metadata: Meta
    spec: FleetSpec | None = None
    status: FleetStatus | None = None


class KubeconfigRef(Struct):
    name: str | None = None
    key: str | None = None


class AttachedSpec(Struct):
    kubeconfig: KubeconfigRef | None = None


class ClusterStatus(Struct):
    ready: bool | None = None
    phase: str | None = None
    secret: str | Reference | None = field(name="kubeconfigSecretRef", default=None)


class ClusterObject(Struct):
    metadata: Meta
    spec: AttachedSpec | None = None
    status: ClusterStatus | None = None


def application(found: ApplicationObject) -> Application:
    meta, spec = found.metadata, found.spec or ApplicationSpec()
    policies, bare, found_troubles = [], [], list(troubles.of_status(found.status))
    for index, one in enumerate(spec.sync_policies or ()):
        if bytes(one.rollout) == ABSENT:
            made = _policy(text(meta.name), index, one, troubles.RolloutSpec(), spec.destination)
            bare += [made] if made.fleet else []
        else:
            rollout = _decoded(index, one.rollout)
            made = _policy(text(meta.name), index, one, rollout, spec.destination)
            found_troubles += troubles.of_policy(made.name, index, rollout)
            policies.append(made)
    return Application(
        namespace=text(meta.namespace),
        name=text(meta.name),
        uid=text(meta.uid, UID_LIMIT),
        resource_version=text(meta.resource_version),
        generation=count(meta.generation),
        policies=tuple(policies),
        bare=tuple(bare),
        troubles=tuple(found_troubles),
        deleting=bool(meta.deletion_timestamp),
        labels=owner_labels(meta, (meta.annotations or Annotations()).argo),
        managers=managers_of(meta),
    )


def _policy(
    application: str, index: int, one: SyncPolicy, rollout: troubles.RolloutSpec, given: DestinationSpec | None
) -> Policy:
    """One without a name is `<application>-<index>`; its own destination replaces the Application's as a whole."""
    to = one.destination or given or DestinationSpec()
    workload = rollout.workload or troubles.WorkloadRef()
    said = rollout.rollout_policy or troubles.RolloutPolicy()
    labels = (to.cluster_selector or Selector()).match_labels or {}
    return Policy(
        index=index,
        name=text(one.name) or f"{application}-{index}",
        namespace=text(workload.namespace),
        canary=text(workload.name),
        service=text(rollout.service_name) or text(workload.name),
        fleet=text(to.fleet),
        selector={text(key): text(value) for key, value in labels.items()},
        named=bool(one.name),
        suspended=bool(said.suspend),
        skips=bool(said.skip_traffic_analysis),
        rollout=_text(one.rollout),
        bare=bytes(one.rollout) == ABSENT,
        kustomization=_kustomized(one.kustomization),
        helm=bytes(one.helm) != ABSENT,
    )


def _kustomized(found: Raw) -> Kustomization | None:
    """One that is not as Kurator defines it makes the Application no less readable."""
    if bytes(found) == ABSENT:
        return None
    try:
        said = _kustomization.decode(found)
    except msgspec.ValidationError:
        return Kustomization(unread=True)
    images = said.images
    if images is not None and len(images) > MOST_IMAGES:
        return Kustomization(unread=True)
    return Kustomization(
        images=None if images is None else tuple(map(_entry, images)),
        suspended=bool(said.suspend),
        interval=text(said.interval),
        retry=text(said.retry_interval),
    )


def _entry(one: ImageSpec) -> ImageEntry:
    return ImageEntry(text(one.name), text(one.new_name), text(one.new_tag), text(one.digest))


def _decoded(index: int, rollout: Raw) -> troubles.RolloutSpec:
    try:
        return _rollout.decode(rollout)
    except msgspec.ValidationError as error:  # it names the place within the rollout
        raise msgspec.ValidationError(str(error).replace("`$", f"`$.spec.syncPolicies[{index}].rollout")) from None


def _text(rollout: Raw) -> dict[str, Any] | None:
    """No database keeps a NUL, and what is as long as this is no policy."""
    kept = len(bytes(rollout)) <= LONGEST and b"\\u0000" not in bytes(rollout)
    made: dict[str, Any] | None = hide(msgspec.json.decode(rollout)) if kept else None
    return made


def fleet(found: FleetObject) -> Fleet:
    """A member without a kind is a `Cluster`, as Kurator's fleet controller takes it."""
    spec = found.spec or FleetSpec()
    members, plugin = spec.clusters or (), (spec.plugin or Plugins()).flagger
    return Fleet(
        namespace=text(found.metadata.namespace),
        name=text(found.metadata.name),
        uid=text(found.metadata.uid, UID_LIMIT),
        members=tuple(FleetMember(text(one.kind) or "Cluster", text(one.name)) for one in members if one.name),
        deleting=bool(found.metadata.deletion_timestamp),
        plugin=RolloutPlugin(text(plugin.traffic_routing_provider), bool(plugin.public_testloader)) if plugin else None,
        phase=text((found.status or FleetStatus()).phase),
    )


def member_cluster(found: ClusterObject, kind: Kind) -> MemberCluster:
    """An AttachedCluster names its Secret in the spec; for a Cluster it is in the status, once that is ready."""
    meta, status = found.metadata, found.status or ClusterStatus()
    kubeconfig = (found.spec or AttachedSpec()).kubeconfig or KubeconfigRef()
    if kind is Kind.ATTACHED_CLUSTER:
        secret, key, ready = kubeconfig.name, text(kubeconfig.key) or "value", bool(status.ready)
    else:
        secret = status.secret.name if isinstance(status.secret, Reference) else status.secret
        key, ready = "value", status.phase == "Ready"
    return MemberCluster(
        kind=kind,
        namespace=text(meta.namespace),
        name=text(meta.name),
        uid=text(meta.uid, UID_LIMIT),
        secret_name=text(secret),
        secret_key=key,
        labels={text(name): text(value) for name, value in (meta.labels or {}).items()},
        ready=ready,
        deleting=bool(meta.deletion_timestamp),
    )
