"""Rollouts of policies, and plain Canaries, on their way out: what was asked for, and how far each cluster is."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from rollouts.models.clusters import Cluster
from rollouts.models.rollouts import Application, Rollout


class RemovalState(models.TextChoices):
    OPEN = "open", "going on"
    DONE = "done", "done"
    STOPPED = "stopped", "stopped"
    FAILED = "failed", "come to an end before it was done"


class Removal(models.Model):
    """The rollout of one policy, asked to be removed by one person: bound to what the person saw. It outlives the
    policy, and the row of an Application that governs nothing any more is only marked.
    """

    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="removals", db_index=False)
    policy = models.CharField(max_length=253)
    rollout = models.ForeignKey(Rollout, null=True, on_delete=models.CASCADE, related_name="removals", db_index=False)
    """Whose Canary is removed, which no policy makes; None: it is a policy of Kurator."""
    mark = models.CharField(max_length=36, unique=True)
    """Given with the preview: sent twice, it is one removal."""
    person = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    person_name = models.CharField(max_length=253)
    reason = models.TextField(blank=True)
    preview = models.CharField(max_length=64)
    """Digest of what the person was shown."""
    uid = models.CharField(max_length=64)
    """Of the Application, or of the plain Canary."""
    bound = models.JSONField(default=dict)
    """What `domain.commands.governed.bind_policy` says; of a plain Canary also its `target` and `service`, by name."""

    state = models.CharField(max_length=8, choices=RemovalState, default=RemovalState.OPEN)
    sentence = models.TextField(blank=True)
    """Why it has ended, and what is left."""
    requested_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    """Until when it may begin to take away; what has begun goes on."""
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=("application", "policy"),
                condition=models.Q(state=RemovalState.OPEN, rollout__isnull=True),
                name="one_open_removal_per_policy",
            ),
            models.UniqueConstraint(
                fields=("rollout",), condition=models.Q(state=RemovalState.OPEN), name="one_open_removal_per_rollout"
            ),
        ]
        indexes = [
            models.Index(fields=("application", "-id"), name="removal_by_application"),
            models.Index(fields=("rollout", "-id"), name="removal_by_rollout"),
            models.Index(fields=("id",), condition=models.Q(state=RemovalState.OPEN), name="removal_open"),
        ]

    def __str__(self) -> str:
        return f"{self.policy} of {self.application_id} {self.state}"

    @property
    def plain(self) -> bool:
        return self.rollout_id is not None


class RemovalPart(models.Model):
    """What is done on the hub, or in one cluster."""

    removal = models.ForeignKey(Removal, on_delete=models.CASCADE, related_name="parts", db_index=False)
    cluster = models.ForeignKey(Cluster, null=True, on_delete=models.SET_NULL, related_name="+")
    """None once it was removed here."""
    name = models.CharField(max_length=253)
    """Of the cluster."""
    on_hub = models.BooleanField()
    canary = models.CharField(max_length=64, blank=True)
    """UID of the Canary that was shown."""
    blue = models.PositiveIntegerField(default=0)
    """Replicas of blue, when they were last read."""

    done = models.JSONField(default=list)
    """Each step that is done, in their order: what was seen, and when (seconds since 1970)."""
    finished = models.BooleanField(default=False)
    """All steps are done."""
    sentence = models.TextField(blank=True)
    """What is seen of the next step."""
    by_hand = models.TextField(blank=True)
    """What a person may do where that does not go on."""
    next_at = models.DateTimeField()
    """Nobody tries before. A worker that tries moves it on, so that nobody else does at the same time."""
    attempts = models.PositiveIntegerField(default=0)
    """Those in a row that had no answer."""
    claim = models.PositiveIntegerField(default=0)
    """Grows with each attempt: a worker that overslept its own writes nothing any more."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=("removal", "name", "on_hub"), name="one_part_per_cluster")]
        indexes = [
            models.Index(fields=("next_at",), condition=models.Q(finished=False), name="removal_part_open"),
        ]

    def __str__(self) -> str:
        return f"{self.removal_id} {self.name} {len(self.done)}"
