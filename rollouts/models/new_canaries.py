"""Canaries that are to be made: what was entered, what its cluster said of it, what was asked for, how far it is."""

from __future__ import annotations

from django.db import models

from rollouts.domain.trail import SubjectKind
from rollouts.models.clusters import Cluster
from rollouts.models.one_offs import WORKED_ON, ChangeState, OneOff


class NewCanary(OneOff):
    """There is no rollout to hang it on: that comes with the Canary. Its name is also that of the workload."""

    ASKED = "cluster"
    SUBJECT = SubjectKind.ROLLOUT

    cluster = models.ForeignKey(Cluster, on_delete=models.CASCADE, related_name="new_canaries", db_index=False)
    base = models.JSONField(default=dict)
    """What its spec says whatever is entered: what it is for."""
    texts = models.JSONField(default=dict)
    """Of the form, with hidden whatever may be secret."""
    sealed = models.TextField(blank=True)
    """The texts as they were entered, encrypted, where something is hidden in `texts`; empty once nobody needs them."""
    mark = models.CharField(max_length=32)
    """By which the Canary is known as this one."""

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
