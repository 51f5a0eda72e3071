"""The values of checks on both sides, kept with their release: what a report needs after Prometheus has forgotten."""

from __future__ import annotations

from django.db import models

from rollouts.models.history import Release
from rollouts.models.rollouts import Rollout


class Measurement(models.Model):
    """One check at one moment: at each analysis interval of a release, and at each of its transitions."""

    release = models.ForeignKey(Release, on_delete=models.CASCADE, related_name="measurements", db_index=False)
    check_name = models.CharField("check", max_length=253)
    at = models.DateTimeField()
    transition = models.PositiveIntegerField(null=True)
    """The number of the transition that it belongs to; None for those in between."""
    green = models.FloatField(null=True)
    blue = models.FloatField(null=True)
    """In the unit of the check (percent, milliseconds, or as the query gives it); None without a value."""
    verdict = models.CharField(max_length=16)
    """Of green's value, one of `domain.checks.Verdict`."""
    note = models.TextField(blank=True)
    """One sentence: why there is no value, or what is doubtful about it."""
    said = models.CharField(max_length=64, blank=True)
    """The value that Flagger's own Event states for this check at this moment, as it wrote it."""
    agrees = models.BooleanField(null=True)
    """Whether our verdict and Flagger's are the same; None where Flagger said nothing about this check."""

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=("release", "check_name", "at"), name="one_measurement_per_moment")
        ]

    def __str__(self) -> str:
        return f"{self.check_name} at {self.at:%H:%M:%S}"


class Curve(models.Model):
    """One check on one side over time. `values` has one number, or null, for each `step` seconds from `begin` on.

    While its release runs it grows; afterwards it is replaced once by the whole one (`complete`).
    """

    release = models.ForeignKey(Release, on_delete=models.CASCADE, related_name="curves", db_index=False)
    check_name = models.CharField("check", max_length=253)
    side = models.CharField(max_length=8)
    begin = models.DateTimeField()
    step = models.PositiveIntegerField()
    values = models.JSONField(default=list)
    query = models.TextField(blank=True)
    note = models.TextField(blank=True)
    """One sentence: why values are missing, or what the source warned of."""
    complete = models.BooleanField(default=False)
    thinned_at = models.DateTimeField(null=True)
    """Since when it has only a few points, among them the extremes (`curves.few`)."""

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=("release", "check_name", "side"), name="one_curve_per_check_and_side")
        ]

    def __str__(self) -> str:
        return f"{self.check_name} of {self.side}"


class RangeCopy(models.Model):
    """The checks of a rollout over a range of time, whether a release ran or not: read by a task on request."""

    rollout = models.ForeignKey(Rollout, on_delete=models.CASCADE, db_index=False, related_name="ranges")
    range = models.CharField(max_length=64)
    """The key of a `domain.ranges.Range`."""
    begin = models.DateTimeField()
    end = models.DateTimeField()
    """As it was last read; before that as it was asked for."""
    step = models.PositiveIntegerField(default=0)
    """Seconds."""
    lines = models.JSONField(default=list)
    """Each with `check`, `side`, `values` (one, or null, for each step), `query`, and as `note` why values are
    missing, or what the source warned of.
    """
    error = models.TextField(blank=True)
    """One sentence: why nothing at all could be asked."""
    requested_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)
    good_until = models.DateTimeField(null=True)
    """When it is to be read again; None before it was read."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=("rollout", "range"), name="one_copy_per_range")]
        indexes = [models.Index(fields=("requested_at",), name="range_by_request")]

    def __str__(self) -> str:
        return f"{self.rollout} {self.range}"

    @property
    def pending(self) -> bool:
        """Asked for, and not answered yet."""
        return self.read_at is None or self.read_at < self.requested_at
