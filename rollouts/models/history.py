"""What happened: releases, transitions and Events. A transition marked as gap says that writes before it were not
seen.
"""

from __future__ import annotations

from django.db import models

from rollouts.models.rollouts import Rollout


class Release(models.Model):
    """One run of a new version. `number` counts within the rollout."""

    rollout = models.ForeignKey(Rollout, on_delete=models.CASCADE, related_name="releases", db_index=False)
    number = models.PositiveIntegerField()
    strategy = models.CharField(max_length=16)
    trigger = models.CharField(max_length=16)
    outcome = models.CharField(max_length=16)
    analysis = models.CharField(max_length=16)
    started_at = models.DateTimeField()
    start_approximate = models.BooleanField(default=False)
    ended_at = models.DateTimeField(null=True)
    from_images = models.JSONField(null=True)
    to_images = models.JSONField(null=True)
    canary = models.JSONField(default=dict)
    """The Canary as it was when the release was last written: what governed it (`memory.load_canary`)."""
    why = models.TextField(blank=True)
    """Why it failed, as one sentence: the timeline that says so is thinned some day."""

    summaries = models.JSONField(default=dict)
    """What each check came to (`summaries.load`), by name: written when its values are removed for their age."""

    measure_at = models.DateTimeField(null=True)
    """When its checks are to be read next, from its start on; None once it is measured to the end."""
    measured_at = models.DateTimeField(null=True)
    """When its checks were last read."""
    measured_to = models.PositiveIntegerField(default=0)
    """The number of the last transition that was given its measurements."""
    curves_kept_at = models.DateTimeField(null=True)
    """When the whole curves were fetched, or given up, see `curves_note`."""
    curves_note = models.TextField(blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=("rollout", "number"), name="one_release_per_number")]
        indexes = [
            models.Index(fields=("-started_at",), name="release_by_start"),
            models.Index(fields=("ended_at",), name="release_by_end"),
            # Few at any time: those that run, and those that ended lately.
            models.Index(
                fields=("measure_at",), condition=models.Q(curves_kept_at__isnull=True), name="release_to_measure"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rollout_id}#{self.number}"


class Transition(models.Model):
    """One observed change; the unique number is what makes a change recorded once."""

    rollout = models.ForeignKey(Rollout, on_delete=models.CASCADE, related_name="transitions", db_index=False)
    number = models.PositiveIntegerField()
    release = models.PositiveIntegerField(null=True)
    """The release's number within the rollout; None between releases."""
    at = models.DateTimeField()
    seen_at = models.DateTimeField()
    phase = models.CharField(max_length=32, blank=True)
    iterations = models.IntegerField()
    failed_checks = models.IntegerField()
    weight = models.SmallIntegerField(null=True)
    live_side = models.CharField(max_length=8)
    live_source = models.CharField(max_length=8)
    suspended = models.BooleanField()
    why = models.TextField(null=True)  # noqa: DJ001 - unknown differs from empty
    gap = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=("rollout", "number"), name="one_transition_per_number")]
        indexes = [models.Index(fields=("rollout", "release", "number"), name="transition_by_release")]

    def __str__(self) -> str:
        return f"{self.rollout_id} {self.number} {self.phase}"


class EventSeen(models.Model):
    """A Kubernetes Event of a rollout's Canary; the newest few are kept."""

    rollout = models.ForeignKey(Rollout, on_delete=models.CASCADE, related_name="events", db_index=False)
    uid = models.CharField(max_length=64)
    type = models.CharField(max_length=16)
    message = models.TextField()
    count = models.PositiveIntegerField(default=1)
    first_at = models.DateTimeField(null=True)
    last_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "event"
        constraints = [models.UniqueConstraint(fields=("rollout", "uid"), name="one_row_per_event")]
        indexes = [models.Index(fields=("rollout", "-last_at"), name="event_by_time")]

    def __str__(self) -> str:
        return self.message[:80]


class ObjectCopy(models.Model):
    """A raw object for a person to look at, fetched by a task on request."""

    rollout = models.ForeignKey(Rollout, on_delete=models.CASCADE, related_name="copies", db_index=False)
    kind = models.CharField(max_length=32)
    name = models.CharField(max_length=253)
    requested_at = models.DateTimeField()
    fetched_at = models.DateTimeField(null=True)
    error = models.TextField(blank=True)
    text = models.TextField(blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=("rollout", "kind", "name"), name="one_copy_per_object")]

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"
