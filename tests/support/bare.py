"""A policy without a rollout, of a Kurator Application over some members of a hub, as observation would keep it."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from rollouts.domain import memory
from rollouts.domain.kurator import Policy
from rollouts.domain.policies.offering import Offer, Offers
from rollouts.models import Application, Cluster, Inventory
from tests.support.builders import make_cluster

NAME = "cart-prod"
OFFER = Offer("Deployment", "shop", "cart", service=True, ports=(8080,), label="app")


def make_bare(*clusters: str, **fields: Any) -> Application:
    hub = Cluster.objects.filter(is_hub=True).first() or make_cluster("hub", is_hub=True)
    policy = Policy(1, NAME, "", "", "", "prod", named=True, bare=True)
    given = {"name": "cart", "uid": "uid-cart", "generation": 4, "policies": [memory.dump(policy)], **fields}
    application = Application.objects.create(hub=hub, namespace="shop", **given)
    for name in clusters:
        make_cluster(
            name, source="hub", hub=hub, hub_kind="attachedclusters", hub_namespace="shop", hub_name=name,
            fleets=["shop/prod"],
        )  # fmt: skip
    return application


def make_inventory(cluster: str, *found: Offer, **fields: Any) -> Inventory:
    """Read just now."""
    now = timezone.now()
    offers = memory.dump(Offers(found, fields.pop("notes", ())))
    given = {"requested_at": now, "read_at": now, "offers": offers, **fields}
    return Inventory.objects.create(cluster=Cluster.objects.get(name=cluster), **given)
