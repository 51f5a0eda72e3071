"""What a person asks one cluster for, once: looked at by a worker, clicked on as it was shown, and carried out."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models

from rollouts.domain.trail import Act, SubjectKind
from rollouts.models.clusters import Cluster


class ChangeState(models.TextChoices):
    LOOKING = "looking", "being looked at"
    LOOKED = "looked", "not asked for yet"
    OPEN = "open", "going on"
    DONE = "done", "done"
    STOPPED = "stopped", "stopped"
    FAILED = "failed", "come to an end before it was done"


WORKED_ON = (ChangeState.LOOKING, ChangeState.OPEN)
UNASKED = (ChangeState.LOOKING, ChangeState.LOOKED)


class OneOff(models.Model):
    """One person's. What `seen` holds is what the cluster said of it; the click holds for exactly that (`digest`)."""

    ASKED: ClassVar[str]
    """Which cluster is asked: the field that holds it, which is also the word for it."""
    SUBJECT: ClassVar[SubjectKind]

    namespace = models.CharField(max_length=253)
    name = models.CharField(max_length=253)
    seen = models.JSONField(default=dict)
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
    """When what was asked for was seen in the cluster, and observed here."""
    ended_at = models.DateTimeField(null=True)
    next_at = models.DateTimeField()
    """Nobody tries before. A worker that tries moves it on."""
    attempts = models.PositiveIntegerField(default=0)
    claim = models.PositiveIntegerField(default=0)
    """Grows with each attempt: a worker that overslept its own writes nothing any more."""

    class Meta:
        abstract = True

    @property
    def asked_cluster(self) -> Cluster:
        found: Cluster = getattr(self, self.ASKED)
        return found

    @property
    def act(self) -> Act:
        """As the trail calls it."""
        return Act.ADD
