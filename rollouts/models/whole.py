"""Applications that are to be made or deleted as a whole: what was looked at, what was asked for, how far it is."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from rollouts.models.clusters import Cluster


class ChangeKind(models.TextChoices):
    CREATE = "create", "creation"
    DELETE = "delete", "deletion"


class ChangeState(models.TextChoices):
    LOOKING = "looking", "being looked at"
    LOOKED = "looked", "not asked for yet"
    OPEN = "open", "going on"
    DONE = "done", "done"
    STOPPED = "stopped", "stopped"
    FAILED = "failed", "come to an end before it was done"


WORKED_ON = (ChangeState.LOOKING, ChangeState.OPEN)
UNASKED = (ChangeState.LOOKING, ChangeState.LOOKED)


class ApplicationChange(models.Model):
    """One person's. What `seen` holds is what the hub said of it; the click holds for exactly that (`digest`)."""

    kind = models.CharField(max_length=8, choices=ChangeKind)
    hub = models.ForeignKey(Cluster, on_delete=models.CASCADE, related_name="application_changes", db_index=False)
    namespace = models.CharField(max_length=253)
    name = models.CharField(max_length=253)
    entered = models.JSONField(default=dict)
    """Of a new one: the texts of its form."""
    manifest = models.JSONField(default=dict)
    """Of a new one: the object that is created."""
    parts = models.JSONField(default=list)
    """What the right is judged by: for each row of the Application its id and those of the clusters that it reaches; of
    a new one a row 0.
    """
    seen = models.JSONField(default=dict)
    digest = models.CharField(max_length=64, blank=True)
    uid = models.CharField(max_length=64, blank=True)
    """Of the Application, once it was seen."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    person_name = models.CharField(max_length=253)
    reason = models.TextField(blank=True)
    state = models.CharField(max_length=8, choices=ChangeState, default=ChangeState.LOOKING)
    sentence = models.TextField(blank=True)
    """What is waited for, or why it has ended."""
    left = models.JSONField(default=dict)
    """After a deletion: by the id of the cluster its name, and what was seen there."""

    made_at = models.DateTimeField()
    """Or when somebody last had it looked at again."""
    asked_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    """When the hub was asked for it, answered or not: from then on it may have been accepted."""
    written_at = models.DateTimeField(null=True)
    """When the hub had accepted it."""
    arrived_at = models.DateTimeField(null=True)
    """When the hub had no such Application any more; of a new one when it was observed here."""
    ended_at = models.DateTimeField(null=True)
    next_at = models.DateTimeField()
    """Nobody tries before. A worker that tries moves it on."""
    attempts = models.PositiveIntegerField(default=0)
    claim = models.PositiveIntegerField(default=0)
    """Grows with each attempt: a worker that overslept its own writes nothing any more."""

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=("hub", "namespace", "name"),
                condition=models.Q(state=ChangeState.OPEN),
                name="one_open_change_per_application",
            ),
        ]
        indexes = [
            models.Index(fields=("hub", "namespace", "name", "-id"), name="change_by_application"),
            models.Index(fields=("next_at",), condition=models.Q(state__in=WORKED_ON), name="change_worked_on"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name} {self.state}"
