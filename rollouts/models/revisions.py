"""Every text that a policy, or the spec of a plain Canary, had since it is observed."""

from __future__ import annotations

from django.db import models

from rollouts.models.commands import Command
from rollouts.models.rollouts import Application, Rollout


class PolicyRevision(models.Model):
    """Made when the policy is observed to say something else than before."""

    application = models.ForeignKey(
        Application, null=True, on_delete=models.CASCADE, related_name="revisions", db_index=False
    )
    policy = models.CharField(max_length=253)
    """Of the application, by its name; of a plain Canary the name of that."""
    plain = models.ForeignKey(Rollout, null=True, on_delete=models.CASCADE, related_name="revisions", db_index=False)
    """Whose Canary it is the spec of, where there is no application."""
    rollout = models.JSONField()
    """With whatever may be secret hidden."""
    digest = models.CharField(max_length=64)
    at = models.DateTimeField()
    who = models.CharField(max_length=253, blank=True)
    """Who has asked for it here; empty: somebody outside."""
    why = models.TextField(blank=True)
    command = models.ForeignKey(Command, null=True, on_delete=models.SET_NULL, related_name="revisions")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(application__isnull=True) ^ models.Q(plain__isnull=True),
                name="revision_of_one",
            ),
        ]
        indexes = [
            models.Index(fields=("application", "policy", "-id"), name="revision_by_policy"),
            models.Index(fields=("plain", "-id"), name="revision_by_canary"),
        ]

    def __str__(self) -> str:
        return f"{self.policy} {self.pk}"
