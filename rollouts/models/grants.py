"""Who was given which role, and on what."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Coalesce

from rollouts.models.clusters import Cluster
from rollouts.models.rollouts import Application


class Role(models.TextChoices):
    """Each may also do what the one before it may."""

    VIEWER = "viewer", "viewer: sees"
    OPERATOR = "operator", "operator: sees and acts"
    ADMIN = "admin", "admin: sees, acts and grants"


class Covers(models.TextChoices):
    EVERYTHING = "everything", "everything"
    FLEET = "fleet", "the clusters of a fleet"
    CLUSTER = "cluster", "a cluster"
    NAMESPACE = "namespace", "a namespace"
    APPLICATION = "application", "an application"


def _given(*names: str, perhaps: str = "") -> Q:
    """These fields are filled in, the one of `perhaps` may be, and no others are."""
    conditions = Q()
    for name in ("fleet", "namespace"):
        if name != perhaps:
            conditions &= ~Q(**{name: ""}) if name in names else Q(**{name: ""})
    for name in ("cluster", "application"):
        if name != perhaps:
            conditions &= Q(**{f"{name}__isnull": name not in names})
    return conditions


class Grant(models.Model):
    """A role of one person or group on one part of the fleet."""

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.CASCADE, related_name="grants"
    )
    group = models.ForeignKey("auth.Group", null=True, blank=True, on_delete=models.CASCADE, related_name="grants")
    role = models.CharField(max_length=16, choices=Role, default=Role.VIEWER)
    edits_policies = models.BooleanField(
        "may edit policies",
        default=False,
        help_text="No role includes this: a policy can name a command that runs in a pod.",
    )
    covers = models.CharField("on", max_length=16, choices=Covers)
    fleet = models.CharField(max_length=507, blank=True, help_text="A Kurator Fleet, as namespace/name.")
    cluster = models.ForeignKey(
        Cluster,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="grants",
        help_text="Of a fleet its hub, empty: any. Of a namespace the cluster it is in, empty: all.",
    )
    namespace = models.CharField(max_length=253, blank=True)
    application = models.ForeignKey(Application, null=True, blank=True, on_delete=models.CASCADE, related_name="grants")
    given_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="given_grants",
    )
    given_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(person__isnull=False, group__isnull=True) | Q(person__isnull=True, group__isnull=False),
                name="grant_has_one_holder",
                violation_error_message="Choose a person or a group, one of them.",
            ),
            models.CheckConstraint(
                condition=Q(role__in=Role.values), name="grant_has_a_role", violation_error_message="Choose a role."
            ),
            models.CheckConstraint(
                condition=Q(covers=Covers.EVERYTHING) & _given()
                | Q(covers=Covers.FLEET) & _given("fleet", perhaps="cluster")
                | Q(covers=Covers.CLUSTER) & _given("cluster")
                | Q(covers=Covers.NAMESPACE) & _given("namespace", perhaps="cluster")
                | Q(covers=Covers.APPLICATION) & _given("application"),
                name="grant_covers_one_thing",
                violation_error_message="Fill in what the grant is on, and nothing else.",
            ),
            models.UniqueConstraint(
                Coalesce("person", 0),
                Coalesce("group", 0),
                "covers",
                "fleet",
                Coalesce("cluster", 0),
                "namespace",
                Coalesce("application", 0),
                name="one_grant_per_holder_and_thing",
                violation_error_message="There is such a grant already: change its role.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_role_display().partition(':')[0]} on {self.thing} for {self.holder}"

    @property
    def holder(self) -> str:
        return f"the group {self.group}" if self.group else str(self.person)

    @property
    def thing(self) -> str:
        """What it is on, in words."""
        if self.covers == Covers.FLEET:
            return f"the fleet {self.fleet}{f' of {self.cluster}' if self.cluster else ''}"
        if self.covers == Covers.CLUSTER:
            return f"the cluster {self.cluster}"
        if self.covers == Covers.NAMESPACE:
            return f"the namespace {self.namespace} {f'of {self.cluster}' if self.cluster else 'of all clusters'}"
        return f"the application {self.application}" if self.covers == Covers.APPLICATION else "everything"
