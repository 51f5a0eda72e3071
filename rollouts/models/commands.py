"""What people asked for, and what became of it."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from rollouts.models.batches import Batch
from rollouts.models.rollouts import Rollout


class CommandState(models.TextChoices):
    WAITING = "waiting", "waiting for its turn"
    REQUESTED = "requested", "requested"
    ACCEPTED = "accepted", "accepted by the cluster"
    OBSERVED = "observed", "observed"
    REFUSED = "refused", "refused"
    FAILED = "failed", "failed"
    CANCELLED = "cancelled", "cancelled"
    EXPIRED = "expired", "expired"


OPEN = (CommandState.REQUESTED, CommandState.ACCEPTED)


class Command(models.Model):
    """One act asked for by one person, bound to the release that the person saw."""

    rollout = models.ForeignKey(Rollout, on_delete=models.CASCADE, related_name="commands", db_index=False)
    act = models.CharField(max_length=32)
    batch = models.ForeignKey(Batch, null=True, on_delete=models.SET_NULL, related_name="commands", db_index=False)
    """The whole that it is a part of, when it was asked for in several clusters at once: their order is that of ids."""
    choice = models.JSONField(default=dict)
    """What the act had to be told, as in `domain.commands.Wanted`."""
    mark = models.CharField(max_length=36, unique=True)
    """Given with the preview: sent twice, it is one command. Also written into clusters where a value has to be new."""
    person = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    person_name = models.CharField(max_length=253)
    reason = models.TextField(blank=True)
    preview = models.CharField(max_length=64)
    """Digest of what the person was shown."""

    uid = models.CharField(max_length=64)
    release = models.PositiveIntegerField()
    applied = models.CharField(max_length=253, blank=True)
    configs = models.CharField(max_length=16)
    """These four as in `domain.commands.Binding`."""

    state = models.CharField(max_length=16, choices=CommandState, default=CommandState.REQUESTED)
    sentence = models.TextField(blank=True)
    """What is known last: why not, or what was seen."""
    patches = models.JSONField(default=list)
    """What was sent, each with the resource version that the cluster answered."""
    requested_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField()
    """Until when it is tried; once accepted, until when it is waited for."""
    claimed_until = models.DateTimeField(null=True)
    """Some worker carries it out, and nobody else may until then."""
    claim = models.PositiveIntegerField(default=0)
    """Grows with each claim: a worker that overslept its own writes nothing any more."""

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=("rollout", "act"), condition=models.Q(state__in=OPEN), name="one_open_command_per_act"
            )
        ]
        indexes = [
            models.Index(fields=("rollout", "-id"), name="command_by_rollout"),
            models.Index(fields=("batch", "id"), name="command_by_batch"),
            models.Index(fields=("expires_at",), condition=models.Q(state__in=OPEN), name="command_open"),
        ]

    def __str__(self) -> str:
        return f"{self.act} {self.rollout_id} {self.state}"
