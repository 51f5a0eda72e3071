"""What is counted when it happens, because a page would have to read far too many rows for it."""

from __future__ import annotations

from django.db import models

from rollouts.models.clusters import Cluster


class DayOfReleases(models.Model):
    """The releases of a cluster that began on one UTC day (`domain.totals.Totals`), also those removed since."""

    cluster = models.ForeignKey(Cluster, on_delete=models.CASCADE, related_name="days", db_index=False)
    day = models.DateField()
    outcomes = models.JSONField(default=dict)
    """Number of releases by outcome."""
    lasted = models.JSONField(default=dict)
    """Number of successful releases by the seconds that they took."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=("cluster", "day"), name="one_row_per_day")]
        indexes = [models.Index(fields=("day",), name="releases_by_day")]

    def __str__(self) -> str:
        return f"{self.cluster_id} {self.day}"
