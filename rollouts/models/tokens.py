"""Tokens with which programs ask the API in a person's name."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class TokenScope(models.TextChoices):
    READ = "read", "look only"
    OPERATE = "operate", "look and act"


class Token(models.Model):
    """Never more than its person may. The token itself is kept nowhere."""

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="tokens", db_index=False
    )
    name = models.CharField(max_length=80)
    """What it is for."""
    scope = models.CharField(max_length=16, choices=TokenScope)
    digest = models.CharField(max_length=64, unique=True)
    """SHA-256 of the token: it is random and long, so nothing slower is needed."""
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    """Within a minute."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=("person", "name"), name="one_token_per_name")]

    def __str__(self) -> str:
        return self.name
