"""Rollouts and the applications that group them.

A rollout's columns are what lists filter, sort and show; `state` is the memory of the rules, from which the columns
are made.
"""

from __future__ import annotations

from django.db import models

from rollouts.models.clusters import Cluster


class Application(models.Model):
    """The rollouts of one workload across clusters: of a Kurator Application, or plain ones with the same namespace
    and name.
    """

    hub = models.ForeignKey(
        Cluster, null=True, blank=True, on_delete=models.CASCADE, related_name="applications", db_index=False
    )
    """None: plain rollouts, grouped by namespace and name."""
    namespace = models.CharField(max_length=253)
    name = models.CharField(max_length=253)
    workload_namespace = models.CharField(max_length=253)
    workload = models.CharField(max_length=253)
    policy = models.CharField(max_length=253, blank=True)
    uid = models.CharField(max_length=64, blank=True)
    generation = models.PositiveBigIntegerField(default=0)
    policies = models.JSONField(default=list, blank=True)
    """All of the Application's that govern this workload (`memory.load_policy`)."""
    owner_kind = models.CharField(max_length=16, blank=True)
    """Who keeps the Application itself, as of a rollout."""
    owner_name = models.CharField(max_length=253, blank=True)
    troubles = models.JSONField(default=list, blank=True)
    """What keeps Kurator from doing what it says (`memory.load_trouble`), as far as it concerns this workload."""
    deleted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=("hub", "namespace", "name", "workload_namespace", "workload"),
                name="one_application_per_workload",
            ),
            models.UniqueConstraint(
                fields=("workload_namespace", "workload"),
                condition=models.Q(hub__isnull=True),
                name="one_plain_application_per_workload",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


class Rank(models.IntegerChoices):
    """The parts of the fleet page, in their order. Stuck rollouts rise from RUNNING by time, see `stuck_after`."""

    NEEDS_A_PERSON = 0, "needs a person"
    RUNNING = 1, "running"
    QUIET = 2, "quiet"


class Rollout(models.Model):
    """One Canary in one cluster."""

    cluster = models.ForeignKey(Cluster, on_delete=models.CASCADE, related_name="rollouts", db_index=False)
    application = models.ForeignKey(
        Application, null=True, on_delete=models.SET_NULL, related_name="rollouts", db_index=False
    )
    namespace = models.CharField(max_length=253)
    name = models.CharField(max_length=253)
    uid = models.CharField(max_length=64, blank=True)

    provider = models.CharField(max_length=64, blank=True)
    strategy = models.CharField(max_length=16)
    owner_kind = models.CharField(max_length=16, blank=True)
    """`kurator`, `flux`, `argo-cd`, `helm`, or empty: nobody."""
    owner_name = models.CharField(max_length=253, blank=True)
    target_kind = models.CharField(max_length=64, blank=True)
    target_name = models.CharField(max_length=253, blank=True)
    routing_kind = models.CharField(max_length=32, blank=True)
    routing_namespace = models.CharField(max_length=253, blank=True)
    routing_name = models.CharField(max_length=253, blank=True)

    phase = models.CharField(max_length=32, blank=True)
    phase_at = models.DateTimeField(null=True)
    iterations = models.IntegerField(default=0)
    iterations_wanted = models.IntegerField(default=0)
    failed_checks = models.IntegerField(default=0)
    threshold = models.IntegerField(default=1)
    max_weight = models.IntegerField(default=100)
    interval = models.IntegerField(default=60)
    suspended = models.BooleanField(default=False)
    skip_analysis = models.BooleanField(default=False)
    live_side = models.CharField(max_length=8, default="unknown")
    live_source = models.CharField(max_length=8, default="status")
    green_weight = models.SmallIntegerField(null=True)
    through_gateway_only = models.BooleanField(default=False)
    blue_images = models.JSONField(default=list)
    green_images = models.JSONField(default=list)
    """Empty lists while the workloads were not read yet."""
    before_images = models.JSONField(null=True)
    """What blue ran before the running release; None outside of one, or when nobody knows."""
    trigger = models.CharField(max_length=16, blank=True)
    """Of the running release."""
    blue_ready = models.IntegerField(null=True)
    blue_wanted = models.IntegerField(null=True)
    green_ready = models.IntegerField(null=True)
    green_wanted = models.IntegerField(null=True)
    last_transition_at = models.DateTimeField(null=True)
    changed_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)
    """`changed_at`, but None during a release: it changes all the time, and in a list must keep its place."""

    rank = models.SmallIntegerField(choices=Rank, default=Rank.QUIET)
    severity = models.SmallIntegerField(default=0)
    """Within NEEDS_A_PERSON: the higher, the sooner."""
    attention = models.CharField(max_length=16, blank=True)
    """Why a person is needed, as one word of `domain.attention`."""
    stuck_after = models.DateTimeField(null=True)
    """A running release that has not moved by then needs a person."""
    unreadable = models.TextField(blank=True)
    deleted_at = models.DateTimeField(null=True)
    looked_at = models.DateTimeField(null=True)
    """When somebody last had its page open: its workloads are then followed."""
    workloads_at = models.DateTimeField(null=True)
    """When its workloads were last read."""

    generation = models.PositiveBigIntegerField(default=0)
    """Of the Canary: it grows when its spec becomes another."""
    spec_due_at = models.DateTimeField(null=True)
    """When its spec was seen to be another, until it was read whole. What Kurator makes is not read."""

    release_number = models.PositiveIntegerField(default=0)
    search = models.CharField(max_length=1024, blank=True)
    """Lower-case words that free text is looked for in."""
    state = models.JSONField(default=dict)
    version = models.PositiveBigIntegerField(default=0)
    first_seen_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=("cluster", "namespace", "name"), name="one_rollout_per_canary")]
        indexes = [
            # Everything that lists count, filter, search and sort by, so that they read this and not whole rows.
            models.Index(
                fields=(
                    *("rank", "settled_at", "severity", "stuck_after", "cluster", "application"),
                    *("changed_at", "namespace", "name", "phase", "strategy", "provider", "owner_kind", "search"),
                    *("deleted_at", "id"),  # else neither database would read the index alone
                ),
                condition=models.Q(deleted_at__isnull=True),
                name="rollout_lists",
            ),
            models.Index(
                fields=("cluster", "routing_kind", "routing_namespace", "routing_name"), name="rollout_by_route"
            ),
            models.Index(fields=("cluster", "namespace", "target_name"), name="rollout_by_target"),
            # In the order of applications, what they are sorted by while nothing is filtered.
            models.Index(
                fields=(
                    *("application", "deleted_at", "severity", "rank", "settled_at", "stuck_after", "cluster", "id"),
                ),
                name="rollout_by_application",
            ),
            models.Index(
                fields=("stuck_after",), condition=models.Q(stuck_after__isnull=False), name="rollout_running"
            ),
            models.Index(fields=("looked_at",), condition=models.Q(looked_at__isnull=False), name="rollout_looked_at"),
            models.Index(fields=("id",), condition=models.Q(workloads_at__isnull=True), name="rollout_unread"),
            models.Index(
                fields=("spec_due_at",), condition=models.Q(spec_due_at__isnull=False), name="rollout_spec_due"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"
