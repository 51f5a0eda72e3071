"""The audit trail. `domain.trail` says how entries hang together; triggers of the database keep them as they are."""

from __future__ import annotations

from django.db import models

from rollouts.domain.trail import BEGINNING


class AuditEntry(models.Model):
    """One act, or one stage of it. All is text and nothing points elsewhere: the entry outlives what it names."""

    number = models.PositiveBigIntegerField(primary_key=True)
    """1, 2, … without holes."""
    at = models.DateTimeField(db_index=True)
    person = models.CharField(max_length=253)
    person_id = models.BigIntegerField(null=True)
    """Of an account of this program; None for the command line and for the program itself."""
    act = models.CharField(max_length=32)
    kind = models.CharField(max_length=32)
    cluster = models.CharField(max_length=253, blank=True)
    namespace = models.CharField(max_length=253, blank=True)
    name = models.CharField(max_length=253, blank=True)
    application = models.CharField(max_length=507, blank=True)
    """As `namespace/name`."""
    release = models.PositiveIntegerField(null=True)
    reason = models.TextField(blank=True)
    preview = models.CharField(max_length=64, blank=True)
    """Hash of what the person was shown before the act."""
    patch = models.TextField(blank=True)
    """JSON as it was hashed: PostgreSQL gives its own JSON back with other numbers and another order."""
    answer = models.TextField(blank=True)
    outcome = models.CharField(max_length=16)
    request = models.CharField(max_length=64, blank=True)
    address = models.CharField(max_length=64, blank=True)
    previous = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    class Meta:
        indexes = [
            models.Index(fields=["person", "number"], name="audit_by_person"),
            models.Index(fields=["act", "number"], name="audit_by_act"),
            models.Index(fields=["cluster", "number"], name="audit_by_cluster"),
            models.Index(fields=["application", "number"], name="audit_by_application"),
            models.Index(fields=["outcome", "number"], name="audit_by_outcome"),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.person} {self.act} {self.kind} {self.name}"


class AuditHead(models.Model):
    """Where the trail begins and ends, signed. There is one row, and whoever appends holds it until the commit."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    number = models.PositiveBigIntegerField(default=0)
    hash = models.CharField(max_length=64, default=BEGINNING)
    pruned_to = models.PositiveBigIntegerField(default=0)
    """Entries up to this number were removed for their age."""
    signature = models.CharField(max_length=128, blank=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="one_head_of_the_trail")]

    def __str__(self) -> str:
        return f"{self.pruned_to + 1} to {self.number}"


class AuditCheckpoint(models.Model):
    """The signed hash of one entry. The one that was removed last has one: what is left must continue it."""

    number = models.PositiveBigIntegerField(primary_key=True)
    at = models.DateTimeField()
    hash = models.CharField(max_length=64)
    signature = models.CharField(max_length=128, blank=True)

    def __str__(self) -> str:
        return str(self.number)
