"""Earlier versions as a task has read and kept them."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

from django.utils import timezone

from rollouts.domain import memory
from rollouts.domain.earlier import Version, Versions
from rollouts.domain.observations import Kind, Phase
from rollouts.models import Application, ObjectCopy, Rollout
from rollouts.services.observe import storage
from tests.support.builders import BLUE, make_rollout
from tests.support.governed import make_policy

OLDER, OLD, BAD = (f"registry.example.test/podinfo:{version}" for version in ("6.3.0", "6.4.0", "6.5.1"))
PROMOTED, FAILED, BY_IMAGE = "checkout-5d8f7c9b64", "checkout-7c9b645d8f", "release-3"


def template(image: str, **variables: str) -> dict[str, Any]:
    env = [{"name": name, "value": value} for name, value in variables.items()]
    containers = [{"name": "podinfo", "image": image, "env": env}]
    return {"metadata": {"labels": {"app": "checkout"}}, "spec": {"containers": containers}}


def make_idle(**fields: Any) -> Rollout:
    """Succeeded, with a target whose containers are known."""
    return with_containers(make_rollout(**{"phase": Phase.SUCCEEDED, **fields}))


def with_containers(rollout: Rollout) -> Rollout:
    state = memory.load(rollout.state)
    assert state.green is not None
    storage.fill(rollout, replace(state, green=replace(state.green, containers=("podinfo",))))
    rollout.save()
    return rollout


def make_idle_policy(*clusters: str, **state: Any) -> Application:
    """Over clusters in which it has succeeded, too."""
    made = make_policy(*clusters, **{"phase": Phase.SUCCEEDED, **state})
    for rollout in made.rollouts.all():
        with_containers(rollout)
    return made


def keep_versions(rollout: Rollout, **fields: Any) -> None:
    """One that was promoted, one that failed, and one of which only the image is known."""
    now = timezone.now()
    three_hours, days = now - timedelta(hours=3), [now - timedelta(days=number) for number in (2, 9)]
    found = (
        Version(FAILED, (BAD,), False, "release 5 failed", three_hours, template="t2", body=template(BAD, LOG="debug")),
        Version(PROMOTED, (OLD,), True, "release 4 succeeded", days[0], template="t1", body=template(OLD, LOG="info")),
        Version(BY_IMAGE, (OLDER,), True, "release 3 succeeded", days[1]),
    )
    versions = Versions(now, **{"found": found, "present": template(BLUE, LOG="debug", NEW="1"), **fields})
    ObjectCopy.objects.update_or_create(
        rollout=rollout, kind=Kind.REPLICA_SET, name=rollout.target_name,
        defaults={"requested_at": now, "fetched_at": now, "text": json.dumps(memory.dump(versions))},
    )  # fmt: skip
