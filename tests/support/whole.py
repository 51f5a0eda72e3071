"""The change of a whole Application, as a worker has left it after looking."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from rollouts.domain import memory
from rollouts.domain.whole.deleting import Deletion
from rollouts.domain.whole.making import NewApplication, manifest, shown
from rollouts.models import Application, ApplicationChange, ChangeKind, ChangeState, Cluster
from rollouts.queries import whole

NEW = NewApplication(
    fleet="1/shop/prod", name="cards", url="https://git.example.test/cards/deploy.git", ref="main", path="./deploy"
)


def make_change(
    application: Application, person: Any, judged: Deletion | None = None, **fields: Any
) -> ApplicationChange:
    """Its deletion, not asked for yet."""
    now, hub = timezone.now(), application.hub
    assert hub is not None
    seen = {**memory.dump(judged or Deletion((), (), ())), "entries": {}}
    given = {"state": ChangeState.LOOKED, "seen": seen, "digest": "d" * 64, "uid": application.uid, **fields}
    return ApplicationChange.objects.create(
        kind=ChangeKind.DELETE, hub=hub, namespace=application.namespace, name=application.name,
        parts=whole.parts_of(application), person=person, person_name=person.get_username(), made_at=now, next_at=now,
        **given,
    )  # fmt: skip


def make_creation(hub: Cluster, person: Any, application: NewApplication = NEW, **fields: Any) -> ApplicationChange:
    """Not asked for yet: the hub would take it."""
    now = timezone.now()
    given = {"state": ChangeState.LOOKED, "seen": {"refused": ""}, "digest": "d" * 64, **fields}
    members = Cluster.objects.filter(hub=hub).values_list("pk", flat=True)
    return ApplicationChange.objects.create(
        kind=ChangeKind.CREATE, hub=hub, namespace="shop", name=application.name, entered=shown(application),
        manifest=manifest(application, "m" * 32), parts=[(0, list(members))], person=person,
        person_name=person.get_username(), made_at=now, next_at=now, **given,
    )  # fmt: skip
