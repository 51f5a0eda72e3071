"""A policy of a Kurator Application over some members of a hub, as observation would have written it."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from django.utils import timezone

from rollouts.domain import memory
from rollouts.domain.commands.governed import bind_policy
from rollouts.domain.kurator import Kustomization, Policy
from rollouts.domain.observations import Phase
from rollouts.models import Application, Batch, Cluster, Command, Removal, RemovalPart, Reversal
from rollouts.queries import policies
from tests.support.builders import BLUE, make_application, make_batch, make_cluster, make_command, make_rollout
from tests.support.policies import policy as rollout_policy
from tests.support.targets import runs

POLICY = "checkout-prod"


def make_policy(
    *clusters: str, suspended: bool = False, kustomization: Kustomization | None = None, **state: Any
) -> Application:
    """`state` is that of the rollout in each cluster."""
    hub = make_cluster("hub", is_hub=True)
    application = make_application("checkout", "shop", hub)
    policy = Policy(
        0, POLICY, "shop", "checkout", "checkout", "prod", named=True, suspended=suspended, rollout=rollout_policy(),
        kustomization=kustomization,
    )  # fmt: skip
    Application.objects.filter(pk=application.pk).update(
        policies=[memory.dump(policy)], policy=POLICY, uid="uid-application", generation=4
    )
    for name in clusters:
        member = make_cluster(
            name, source="hub", hub=hub, hub_kind="attachedclusters", hub_namespace="shop", hub_name=name,
            fleets=["shop/prod"],
        )  # fmt: skip
        make_rollout(member, application=application, **{"policy": POLICY, "suspended": suspended, **state})
    application.refresh_from_db()
    return application


def make_kustomized_policy(*clusters: str, image: str = BLUE, **given: Any) -> Application:
    """Idle, with the one container of each target known; `given` is of the Kustomization."""
    application = make_policy(*clusters, kustomization=Kustomization(**given), phase=Phase.SUCCEEDED)
    for rollout in application.rollouts.all():
        runs(rollout, image)
    return application


def suspend(application: Application, suspended: bool = True) -> None:
    """As the hub says since."""
    policy = {**application.policies[0], "suspended": suspended}
    Application.objects.filter(pk=application.pk).update(policies=[policy], generation=application.generation + 1)


def make_policy_reversal(command: Command, **fields: Any) -> Reversal:
    """Of a policy that is paused for a time."""
    made = fields.pop("made_at", None) or command.requested_at
    given = {
        "switch": "suspend",
        "with_release": False,
        "by_itself": False,
        "made_at": made,
        "until": made + timedelta(hours=1),
        "next_at": made,
        **fields,
    }
    return Reversal.objects.create(command=command, **given)


def make_policy_command(
    application: Application, act: str = "pause", state: str = "accepted", **fields: Any
) -> Command:
    rollout = application.rollouts.all()[0]
    made = make_command(rollout, act, state, **fields)
    governed = policies.governed(application, POLICY, made.requested_at)
    assert governed is not None
    Command.objects.filter(pk=made.pk).update(
        rollout=None, application=application, policy=POLICY, release=0, bound=bind_policy(governed)
    )
    made.refresh_from_db()
    return made


def make_removal(application: Application, **fields: Any) -> Removal:
    """Just asked for by nobody in particular; nothing is done yet."""
    now = timezone.now()
    governed = policies.governed(application, POLICY, now)
    assert governed is not None
    made = Removal.objects.create(
        application=application, policy=POLICY, person_name="somebody", uid="uid-application", requested_at=now,
        bound=bind_policy(governed), **{"mark": str(uuid.uuid4()), "expires_at": now + timedelta(minutes=15), **fields},
    )  # fmt: skip
    for one, on_hub in [(application.hub, True), *((each.cluster, False) for each in application.rollouts.all())]:
        RemovalPart.objects.create(removal=made, cluster=one, name=str(one), on_hub=on_hub, next_at=now)
    return made


def make_another_policy(name: str, **changed: Any) -> Application:
    """Of another Application beside that of `make_policy`, over the same clusters."""
    hub = Cluster.objects.get(name="hub")
    application = make_application(name, "shop", hub)
    rollout = rollout_policy(workload__name=name, serviceName=name, **changed)
    policy = Policy(0, f"{name}-prod", "shop", name, name, "prod", named=True, rollout=rollout)
    Application.objects.filter(pk=application.pk).update(
        policies=[memory.dump(policy)], policy=policy.name, uid=f"uid-{name}", generation=4
    )
    for member in Cluster.objects.filter(hub=hub):
        make_rollout(member, application=application, name=name, policy=policy.name)
    application.refresh_from_db()
    return application


def make_policy_batch(application: Application) -> Batch:
    """One change of several policies, of which nothing is carried out yet."""
    batch = make_batch(list(application.rollouts.all()[:1]), "edit-policy")
    governed = policies.governed(application, POLICY, batch.requested_at)
    assert governed is not None
    batch.commands.update(rollout=None, application=application, policy=POLICY, release=0, bound=bind_policy(governed))
    return batch
