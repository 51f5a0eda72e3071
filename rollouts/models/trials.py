"""Queries that somebody who edits a policy has tried: asked by a task, the newest kept."""

from __future__ import annotations

from django.db import models

from rollouts.models.clusters import Cluster


class QueryTrial(models.Model):
    """One query about one workload, on one cluster: however many try it, it is asked once."""

    cluster = models.ForeignKey(Cluster, on_delete=models.CASCADE, related_name="query_trials", db_index=False)
    key = models.CharField(max_length=64)
    """Digest of the question."""
    sealed = models.TextField(blank=True)
    """The question, encrypted, since whatever was typed may hold a secret; empty once it is answered."""
    requested_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)
    good = models.BooleanField(default=False)
    """Whether it was understood and gave a value."""
    said = models.TextField(blank=True)
    """One or two sentences."""
    hint = models.TextField(blank=True)
    """What should be known of its interval."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=("cluster", "key"), name="one_trial_per_query")]

    def __str__(self) -> str:
        return f"{self.cluster_id} {self.key}"
