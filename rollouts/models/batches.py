"""One act asked for in several clusters at once."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from rollouts.models.rollouts import Application


class Batch(models.Model):
    """One act asked of several rollouts of an application: a command for each, carried out as any other."""

    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="batches", db_index=False)
    act = models.CharField(max_length=32)
    mark = models.CharField(max_length=36, unique=True)
    """Given with the preview: sent twice, it is one batch. The marks of its commands are made from it."""
    person = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    person_name = models.CharField(max_length=253)
    reason = models.TextField(blank=True)
    preview = models.CharField(max_length=64)
    """Digest of all that the person was shown of the rollouts they chose."""

    in_turn = models.BooleanField(default=False)
    """One after the other, each when the one before has come about. Else all at once."""
    pause = models.PositiveIntegerField(default=0)
    """Seconds between the end of one and the next."""
    goes_on = models.BooleanField(default=False)
    """Also after one that did not come about."""

    requested_at = models.DateTimeField()
    stopped_at = models.DateTimeField(null=True)
    """Since then nothing of it is begun any more."""
    ended_at = models.DateTimeField(null=True)
    sentence = models.TextField(blank=True)
    """Why it was stopped."""

    class Meta:
        indexes = [
            models.Index(fields=("application", "-id"), name="batch_by_application"),
            models.Index(fields=("id",), condition=models.Q(ended_at__isnull=True), name="batch_open"),
        ]

    def __str__(self) -> str:
        return f"{self.act} {self.application_id}"
