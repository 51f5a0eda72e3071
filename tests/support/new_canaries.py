"""A Canary that is to be made, as a worker has left it after looking."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from rollouts.domain.new_canaries.judging import Near
from rollouts.domain.new_canaries.making import Target, begun
from rollouts.domain.policies.entering import shown
from rollouts.domain.policies.offering import LeadingService, Offer
from rollouts.models import ChangeState, Cluster, NewCanary

OWN = LeadingService("cart", (8080,))
CART = Offer("Deployment", "shop", "cart", service=True, ports=(8080,), leading=(OWN,), label="app")
TARGET = Target("Deployment", "shop", "cart", "cart")
TEXTS = {**shown(begun(TARGET, 8080, Near())), "strategy": "blue-green"}


def make_new_canary(cluster: Cluster, person: Any, target: Target = TARGET, **fields: Any) -> NewCanary:
    """Not asked for yet: the cluster would take it."""
    now = timezone.now()
    texts = {**TEXTS, **fields.pop("texts", {})}
    given = {"state": ChangeState.LOOKED, "seen": {"refused": "", "pods": 3}, "digest": "d" * 64, **fields}
    return NewCanary.objects.create(
        cluster=cluster, namespace=target.namespace, name=target.name, base=target.base, texts=texts, mark="m" * 32,
        person=person, person_name=person.get_username(), made_at=now, next_at=now, **given,
    )  # fmt: skip
