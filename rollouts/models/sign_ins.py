"""Sign-ins that failed, for as long as they count."""

from __future__ import annotations

from django.db import models


class FailedSignIn(models.Model):
    """One attempt, once for each thing it is counted by. `key` is a keyed hash: no names or addresses are kept."""

    key = models.CharField(max_length=64)
    at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=("key", "at"), name="failed_sign_in_by_key"),
            models.Index(fields=("at",), name="failed_sign_in_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.key[:8]} {self.at}"
