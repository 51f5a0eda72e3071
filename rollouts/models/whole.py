"""Applications that are to be made or deleted as a whole: what was looked at, what was asked for, how far it is."""

from __future__ import annotations

from django.db import models

from rollouts.domain.trail import Act, SubjectKind
from rollouts.models.clusters import Cluster
from rollouts.models.one_offs import WORKED_ON, ChangeState, OneOff


class ChangeKind(models.TextChoices):
    CREATE = "create", "creation"
    DELETE = "delete", "deletion"


class ApplicationChange(OneOff):
    """Of a deletion `arrived_at` is when the hub had no such Application any more."""

    ASKED = "hub"
    SUBJECT = SubjectKind.APPLICATION

    kind = models.CharField(max_length=8, choices=ChangeKind)
    hub = models.ForeignKey(Cluster, on_delete=models.CASCADE, related_name="application_changes", db_index=False)
    entered = models.JSONField(default=dict)
    """Of a new one: the texts of its form."""
    manifest = models.JSONField(default=dict)
    """Of a new one: the object that is created."""
    parts = models.JSONField(default=list)
    """What the right is judged by: for each row of the Application its id and those of the clusters that it reaches; of
    a new one a row 0.
    """
    uid = models.CharField(max_length=64, blank=True)
    """Of the Application, once it was seen."""
    left = models.JSONField(default=dict)
    """After a deletion: by the id of the cluster its name, and what was seen there."""

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

    @property
    def act(self) -> Act:
        return Act.REMOVE if self.kind == ChangeKind.DELETE else Act.ADD
