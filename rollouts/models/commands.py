"""What people asked for, and what became of it."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from rollouts.models.batches import Batch
from rollouts.models.clusters import Cluster
from rollouts.models.rollouts import Application, Rollout


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
    """One act asked for by one person, of a rollout, or of a policy of an application: bound to what the person saw."""

    rollout = models.ForeignKey(Rollout, null=True, on_delete=models.CASCADE, related_name="commands", db_index=False)
    application = models.ForeignKey(
        Application, null=True, on_delete=models.CASCADE, related_name="commands", db_index=False
    )
    """One of these two is set."""
    policy = models.CharField(max_length=253, blank=True)
    """Of the application, by its name."""
    act = models.CharField(max_length=32)
    batch = models.ForeignKey(Batch, null=True, on_delete=models.SET_NULL, related_name="commands", db_index=False)
    """The whole that it is a part of, when it was asked for in several clusters at once: their order is that of ids."""
    under = models.ForeignKey("self", null=True, on_delete=models.CASCADE, related_name="parts", db_index=False)
    """The command of a policy that this one, of a rollout, is a part of: it waits for what that one writes."""
    choice = models.JSONField(default=dict)
    """What the act had to be told, as in `domain.commands.Wanted`."""
    mark = models.CharField(max_length=36, unique=True)
    """Given with the preview: sent twice, it is one command. Also written into clusters where a value has to be new."""
    person = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    person_name = models.CharField(max_length=253)
    reason = models.TextField(blank=True)
    owes_reason = models.BooleanField(default=False)
    """One is required and may follow."""
    preview = models.CharField(max_length=64)
    """Digest of what the person was shown."""

    uid = models.CharField(max_length=64)
    """Of the Canary, or of the Application."""
    release = models.PositiveIntegerField(default=0)
    applied = models.CharField(max_length=253, blank=True)
    configs = models.CharField(max_length=16, blank=True)
    """With `uid` these are `domain.commands.Binding` of a rollout; empty for a policy."""
    bound = models.JSONField(default=dict)
    """For a policy what `domain.commands.policies.bind_policy` says; empty for a rollout."""

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
            models.CheckConstraint(
                condition=models.Q(rollout__isnull=False, application__isnull=True, policy="")
                | (models.Q(rollout__isnull=True, application__isnull=False) & ~models.Q(policy="")),
                name="of_a_rollout_or_a_policy",
            ),
            models.UniqueConstraint(
                fields=("rollout", "act"), condition=models.Q(state__in=OPEN), name="one_open_command_per_act"
            ),
            models.UniqueConstraint(
                fields=("application", "policy", "act"),
                condition=models.Q(state__in=OPEN),
                name="one_open_command_per_act_of_a_policy",
            ),
        ]
        indexes = [
            models.Index(fields=("rollout", "-id"), name="command_by_rollout"),
            models.Index(fields=("application", "-id"), name="command_by_application"),
            models.Index(fields=("batch", "id"), name="command_by_batch"),
            models.Index(fields=("under", "id"), name="command_by_whole"),
            models.Index(fields=("expires_at",), condition=models.Q(state__in=OPEN), name="command_open"),
        ]

    def __str__(self) -> str:
        return f"{self.act} {self.policy or self.rollout_id} {self.state}"

    @property
    def place(self) -> Cluster:
        """Where it is carried out."""
        if self.application is not None and self.application.hub is not None:
            return self.application.hub
        return self.of_rollout.cluster

    @property
    def of_rollout(self) -> Rollout:
        """For whoever knows that it is one of a rollout."""
        if self.rollout is None:
            raise TypeError(f"{self} is of a policy")
        return self.rollout
