"""Canaries that are to be made: what was entered, what its cluster said of it, what was asked for, how far it is."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from rollouts.models.clusters import Cluster
from rollouts.models.whole import WORKED_ON, ChangeState


class NewCanary(models.Model):
    """One person's. There is no rollout to hang it on: that comes with the Canary. The click holds for exactly what
    was shown (`digest`).
    """

    cluster = models.ForeignKey(Cluster, on_delete=models.CASCADE, related_name="new_canaries", db_index=False)
    namespace = models.CharField(max_length=253)
    name = models.CharField(max_length=253)
    """Of the Canary, and of the workload."""
    base = models.JSONField(default=dict)
    """What its spec says whatever is entered: what it is for."""
    texts = models.JSONField(default=dict)
    """Of the form, with hidden whatever may be secret."""
    sealed = models.TextField(blank=True)
    """The texts as they were entered, encrypted, where something is hidden in `texts`; empty once nobody needs them."""
    mark = models.CharField(max_length=32)
    """By which the Canary is known as this one."""
    seen = models.JSONField(default=dict)
    """What the cluster said of it."""
    digest = models.CharField(max_length=64, blank=True)

    person = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    person_name = models.CharField(max_length=253)
    reason = models.TextField(blank=True)
    state = models.CharField(max_length=8, choices=ChangeState, default=ChangeState.LOOKING)
    sentence = models.TextField(blank=True)
    """What is waited for, or why it has ended."""

    made_at = models.DateTimeField()
    """Or when somebody last had it looked at again."""
    asked_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    """When the cluster was asked for it, answered or not: from then on it may have been accepted."""
    written_at = models.DateTimeField(null=True)
    """When the cluster had accepted it."""
    arrived_at = models.DateTimeField(null=True)
    """When the Canary said it, and was observed here."""
    ended_at = models.DateTimeField(null=True)
    next_at = models.DateTimeField()
    """Nobody tries before. A worker that tries moves it on."""
    attempts = models.PositiveIntegerField(default=0)
    claim = models.PositiveIntegerField(default=0)
    """Grows with each attempt: a worker that overslept its own writes nothing any more."""

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=("cluster", "namespace", "name"),
                condition=models.Q(state=ChangeState.OPEN),
                name="one_open_creation_per_canary",
            ),
        ]
        indexes = [
            models.Index(fields=("cluster", "-id"), name="new_canary_by_cluster"),
            models.Index(fields=("next_at",), condition=models.Q(state__in=WORKED_ON), name="new_canary_worked_on"),
        ]

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name} {self.state}"
