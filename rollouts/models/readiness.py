"""Whether clusters are ready for rollouts, as it was found last, and what has changed."""

from __future__ import annotations

from django.db import models

from rollouts.models.clusters import Cluster


class Readiness(models.Model):
    """Of one cluster, since it was asked for first."""

    cluster = models.OneToOneField(Cluster, primary_key=True, on_delete=models.CASCADE, related_name="readiness")
    requested_at = models.DateTimeField()
    light = models.CharField(max_length=16, blank=True)
    """The worst of all findings; empty before the first check that came to an end."""
    lacking = models.PositiveSmallIntegerField(default=0)
    """Prerequisites that lack something."""
    findings = models.JSONField(default=list)
    checked_at = models.DateTimeField(null=True)
    """Of the findings."""
    problem = models.TextField(blank=True)
    """One sentence: why the last check came to no end; the findings are then older."""
    tried_at = models.DateTimeField(null=True)
    version = models.PositiveBigIntegerField(default=0)
    """Counts checks, so that of two at the same time one is kept."""

    def __str__(self) -> str:
        return f"{self.cluster_id}: {self.light or 'not checked'}"


class ReadinessChange(models.Model):
    """A light that was another one at the check before."""

    cluster = models.ForeignKey(Cluster, on_delete=models.CASCADE, related_name="readiness_changes", db_index=False)
    at = models.DateTimeField()
    prerequisite = models.CharField(max_length=32)
    before = models.CharField(max_length=16)
    after = models.CharField(max_length=16)
    said = models.TextField()

    class Meta:
        indexes = [models.Index(fields=("cluster", "-id"), name="readiness_changes")]

    def __str__(self) -> str:
        return self.said
