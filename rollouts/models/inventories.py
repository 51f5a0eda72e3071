"""What a rollout can be set up for in a cluster, read by a task when somebody is about to choose."""

from __future__ import annotations

from django.db import models

from rollouts.models.clusters import Cluster


class Inventory(models.Model):
    """Of one cluster, since it was asked for first."""

    cluster = models.OneToOneField(Cluster, primary_key=True, on_delete=models.CASCADE, related_name="inventory")
    requested_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)
    """The last time that a task came to an end, with or without success."""
    problem = models.TextField(blank=True)
    """One sentence: why it could not be read then; the offers are older."""
    offers = models.JSONField(default=dict)
    """As `memory.load_offers` takes them; empty before the first success."""

    def __str__(self) -> str:
        return f"{self.cluster_id}: {self.problem or 'read'}"
