"""What commands have turned on for a while, until it is turned off again."""

from __future__ import annotations

from django.db import models

from rollouts.models.commands import Command
from rollouts.models.rollouts import Rollout


class ReversalState(models.TextChoices):
    OPEN = "open", "to be put back"
    DONE = "done", "put back"
    LEFT = "left", "left as it is"


class Reversal(models.Model):
    """Made before the command's patch is sent: whatever happens after that, somebody knows what is to be put back."""

    command = models.ForeignKey(Command, on_delete=models.CASCADE, related_name="reversals", db_index=False)
    rollout = models.ForeignKey(Rollout, null=True, on_delete=models.CASCADE, related_name="reversals")
    """None where the command is of a policy, and the switch is there."""
    switch = models.CharField(max_length=32)
    """As in `domain.commands.Switch`. It was off before, so it is put back to off."""
    until = models.DateTimeField()
    """When it is put back at the latest, or a person is reminded."""
    with_release = models.BooleanField()
    by_itself = models.BooleanField()
    """These two as in `domain.commands.Reversal`."""
    blue_before = models.CharField(max_length=64, blank=True)
    """Digest of blue's pod template when the command was carried out: a promotion gives it another one. Empty where the
    command is of a policy.
    """
    blues_before = models.JSONField(default=dict)
    """The same in each cluster of a policy, by the key of the cluster as text."""

    state = models.CharField(max_length=8, choices=ReversalState, default=ReversalState.OPEN)
    sentence = models.TextField(blank=True)
    """What came of it; while it is open, why the last attempt did not succeed."""
    seen_at = models.DateTimeField(null=True)
    """When the switch was first observed to be on."""
    sent_at = models.DateTimeField(null=True)
    """When the last attempt was about to turn it off: if it is off after that, it was us."""
    made_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    attempts = models.PositiveIntegerField(default=0)
    """Those that did not succeed."""
    next_at = models.DateTimeField()
    """Nobody tries before. A worker that tries moves it on, so that nobody else does at the same time."""
    claim = models.PositiveIntegerField(default=0)
    """Grows with each attempt: a worker that overslept its own writes nothing any more."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=("command", "switch"), name="one_reversal_per_switch")]
        indexes = [
            models.Index(fields=("next_at",), condition=models.Q(state=ReversalState.OPEN), name="reversal_open"),
        ]

    def __str__(self) -> str:
        return f"{self.switch} of {self.rollout_id} {self.state}"
