"""What people make of policies: reviewed, tried out on the clusters, and then perhaps applied by a command."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from rollouts.models.clusters import Cluster
from rollouts.models.commands import Command
from rollouts.models.rollouts import Application, Rollout


class Answer(models.TextChoices):
    AWAITED = "", "not asked yet"
    ACCEPTED = "accepted", "accepted"
    REFUSED = "refused", "refused"
    UNKNOWN = "unknown", "could not be asked"


class PolicyDraft(models.Model):
    """One review by one person. It never changes: whoever edits further makes another."""

    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="drafts", db_index=False)
    policy = models.CharField(max_length=253)
    rollout = models.ForeignKey(Rollout, null=True, on_delete=models.CASCADE, related_name="drafts")
    """Whose Canary it is the spec of; None: it is a policy of Kurator."""
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    base = models.JSONField(null=True)
    """The policy as it was looked at, with whatever may be secret hidden; None: there was none."""
    texts = models.JSONField(default=dict)
    """Of the form, with whatever may be secret hidden."""
    sealed = models.TextField(blank=True)
    """The texts as they were entered, encrypted, where there is something hidden in `texts`; empty once nobody needs
    them any more.
    """
    digest = models.CharField(max_length=64)
    made_at = models.DateTimeField()
    command = models.OneToOneField(Command, null=True, on_delete=models.SET_NULL, related_name="draft")
    """That applies it."""

    class Meta:
        indexes = [
            models.Index(fields=("application", "person", "digest"), name="draft_by_digest"),
            models.Index(fields=("made_at",), name="draft_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.policy} {self.digest[:8]}"


class DraftTrial(models.Model):
    """What one cluster, the hub or a member, says of a draft before it is applied, and what is there afterwards."""

    draft = models.ForeignKey(PolicyDraft, on_delete=models.CASCADE, related_name="trials", db_index=False)
    cluster = models.ForeignKey(Cluster, on_delete=models.CASCADE, related_name="+")
    asked_at = models.DateTimeField()
    """When a task was last asked for."""
    answer = models.CharField(max_length=16, choices=Answer, blank=True)
    said = models.TextField(blank=True)
    looked_at = models.DateTimeField(null=True)
    """When its Canary was last read, after the draft was applied."""
    lacks = models.TextField(blank=True)
    """Of the Canary, or why it could not be read; empty when it has all that the policy says."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=("draft", "cluster"), name="one_trial_per_cluster")]

    def __str__(self) -> str:
        return f"{self.draft_id} in {self.cluster_id}: {self.answer or 'awaited'}"
