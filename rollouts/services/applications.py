"""Groups rollouts: by the Kurator Application that governs them, else by namespace and name across clusters.

A Canary says which policy made it, but not of which Application. It is the Application of the cluster's hub, in the
namespace of the cluster's Fleet, that has a policy for this very workload. A Canary that no Application claims any more
(its policy was removed, which leaves the Canary behind) joins the plain group of its namespace and name; its owner is
still Kurator, and `unclaimed` tells.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Now

from rollouts.domain import kurator, memory
from rollouts.domain.ownership import keeper_of
from rollouts.models import Application, Cluster, Rollout
from rollouts.services import revisions

KURATOR = "kurator"
BATCH = 1000
RENEWED = ("policy", "uid", "generation", "policies", "owner_kind", "owner_name", "troubles")
"""What may change of an Application that is known."""
TROUBLES = 20
"""Kept of one Application, and workload."""

Workload = tuple[str, str]
"""Namespace and name, which are also those of the Canary."""


@dataclass(frozen=True, slots=True)
class Claim:
    application: int
    policy: str


def unclaimed(rollout: Rollout) -> bool:
    """Whether Kurator made it, but no Application governs it any more."""
    return rollout.owner_kind == KURATOR and rollout.application is not None and rollout.application.hub_id is None


@transaction.atomic
def sync_applications(*, hub: int, applications: Iterable[kurator.Application], now: datetime) -> None:
    """All Applications of the hub must be given: those missing are marked deleted. One row for each workload of an
    Application, whatever the number of its policies for it, and one without workload for its policies that have no
    rollout.
    """
    applications = list(applications)
    rows = {
        (one.namespace, one.name, policy.namespace, policy.canary): _row(hub, one, policy)
        for one in applications
        for policy in reversed(one.policies)  # the first of several is the one named
        if policy.canary
    }
    rows |= {(one.namespace, one.name, "", ""): _made(hub, one, one.bare) for one in applications if one.bare}
    known = {_key(row): row for row in Application.objects.filter(hub=hub)}
    revisions.begin(known.values(), now)
    new = [row for key, row in rows.items() if key not in known]
    changed = [_renewed(known[key], row) for key, row in rows.items() if key in known and _differs(known[key], row)]
    gone = [row.pk for key, row in known.items() if key not in rows and row.deleted_at is None]
    Application.objects.bulk_create(new)
    Application.objects.bulk_update(changed, [*RENEWED, "deleted_at"], batch_size=BATCH)
    Application.objects.filter(pk__in=gone).update(deleted_at=now)
    revisions.note([*new, *changed], now)
    if new or changed or gone:
        relink(clusters=Cluster.objects.filter(hub=hub).values_list("pk", flat=True))


def link(*, cluster: int, rollouts: Sequence[Rollout]) -> None:
    """Sets `application` of rollouts of one cluster; saving them is the caller's."""
    batches = iter(rollouts)
    while batch := list(islice(batches, BATCH)):
        claims = _claims(cluster, [(row.namespace, row.name) for row in batch if row.owner_kind == KURATOR])
        found = {
            id(row): _claimed(claims, row.namespace, row.name, row.owner_name)
            for row in batch
            if row.owner_kind == KURATOR
        }
        plain = _plain({(row.namespace, row.name) for row in batch if not found.get(id(row))})
        for row in batch:
            row.application_id = found.get(id(row)) or plain[row.namespace, row.name]


def relink(*, clusters: Iterable[int]) -> None:
    """Judges anew, and saves, whatever an Application claims or could claim in these clusters."""
    for cluster in sorted(clusters):
        with transaction.atomic():
            # The lock that observers hold while they write: one that has read the old group must not write it back.
            list(Cluster.objects.select_for_update(of=("self",)).filter(pk=cluster).values_list("pk"))
            _relink(cluster)


def _relink(cluster: int) -> None:
    doubtful = Q(owner_kind=KURATOR) | Q(application__hub__isnull=False) | Q(application=None)
    rows = list(
        Rollout.objects.filter(doubtful, cluster=cluster).only(
            "pk", "namespace", "name", "owner_kind", "owner_name", "application_id"
        )
    )
    before = {row.pk: row.application_id for row in rows}
    link(cluster=cluster, rollouts=rows)
    moved: dict[int | None, list[int]] = defaultdict(list)
    for row in rows:
        if row.application_id != before[row.pk]:
            moved[row.application_id].append(row.pk)
    for application, rollouts in moved.items():
        for batch in _batches(rollouts):
            # What Kurator has let go of is a plain Canary from now on, whose texts are kept.
            Rollout.objects.filter(pk__in=batch).update(
                application=application, version=F("version") + 1, spec_due_at=Now()
            )


def _claims(cluster: int, workloads: Sequence[Workload]) -> dict[Workload, list[Claim]]:
    hub = Cluster.objects.filter(pk=cluster, hub__isnull=False).values_list("hub_id", "hub_namespace").first()
    claims: dict[Workload, list[Claim]] = defaultdict(list)
    if not workloads or hub is None:
        return claims
    found = Application.objects.filter(
        hub=hub[0],
        namespace=hub[1],
        deleted_at=None,
        workload_namespace__in={namespace for namespace, _ in workloads},
        workload__in={name for _, name in workloads},
    ).order_by("pk")
    for pk, namespace, name, policy in found.values_list("pk", "workload_namespace", "workload", "policy"):
        claims[namespace, name].append(Claim(pk, policy))
    return claims


def _claimed(claims: dict[Workload, list[Claim]], namespace: str, name: str, policy: str) -> int | None:
    """Among several Applications for one workload the policy's name decides."""
    candidates = claims.get((namespace, name), [])
    named = [claim for claim in candidates if claim.policy == policy]
    return next((claim.application for claim in named or candidates), None)


def _plain(workloads: set[Workload]) -> dict[Workload, int]:
    found = _plain_known(workloads)
    new = [
        Application(namespace=namespace, name=name, workload_namespace=namespace, workload=name)
        for namespace, name in sorted(workloads - set(found))
    ]
    if new:
        Application.objects.bulk_create(new, ignore_conflicts=True)  # another worker may make the same ones
        found |= _plain_known(workloads - set(found))
    return found


def _plain_known(workloads: set[Workload]) -> dict[Workload, int]:
    rows = Application.objects.filter(
        hub=None,
        workload_namespace__in={namespace for namespace, _ in workloads},
        workload__in={name for _, name in workloads},
    )
    return {
        (namespace, name): pk
        for pk, namespace, name in rows.values_list("pk", "workload_namespace", "workload")
        if (namespace, name) in workloads
    }


def _row(hub: int, one: kurator.Application, policy: kurator.Policy) -> Application:
    governing = [each for each in one.policies if (each.namespace, each.canary) == (policy.namespace, policy.canary)]
    names = {"", *(each.name for each in governing)}
    row = _made(hub, one, governing)
    row.workload_namespace, row.workload, row.policy = policy.namespace, policy.canary, policy.name[:253]
    troubles = [trouble for trouble in one.troubles if trouble.policy in names]
    row.troubles = [memory.dump(trouble) for trouble in troubles[:TROUBLES]]
    return row


def _made(hub: int, one: kurator.Application, policies: Iterable[kurator.Policy]) -> Application:
    keeper = keeper_of(one.labels, one.managers)
    return Application(
        hub_id=hub,
        namespace=one.namespace,
        name=one.name,
        uid=one.uid,
        generation=one.generation,
        policies=[memory.dump(each) for each in policies],
        owner_kind=keeper.kind.value,
        owner_name=keeper.name[:253],
    )


def _key(row: Application) -> tuple[str, str, str, str]:
    return row.namespace, row.name, row.workload_namespace, row.workload


def _differs(known: Application, row: Application) -> bool:
    return known.deleted_at is not None or any(getattr(known, name) != getattr(row, name) for name in RENEWED)


def _renewed(known: Application, row: Application) -> Application:
    for name in RENEWED:
        setattr(known, name, getattr(row, name))
    known.deleted_at = None
    return known


def _batches(rows: Sequence[int]) -> Iterator[Sequence[int]]:
    return (rows[start : start + BATCH] for start in range(0, len(rows), BATCH))
