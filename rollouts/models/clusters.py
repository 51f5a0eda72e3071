"""Clusters, how they are reached, who observes them and how far."""

from __future__ import annotations

from django.db import models

NOT_WATCHED = "This cluster is not watched at the moment, so it is not called either."


class ClusterSource(models.TextChoices):
    """Where the credential is. Copies are the exception: `STORED` is encrypted."""

    FILE = "file", "kubeconfig file"
    STORED = "stored", "stored kubeconfig (encrypted)"
    IN_CLUSTER = "in-cluster", "service account of this pod"
    HUB = "hub", "Secret on the hub"


class ClusterState(models.TextChoices):
    NEW = "new", "not contacted yet"
    REACHABLE = "reachable", "reachable"
    UNREACHABLE = "unreachable", "unreachable"
    DENIED = "denied", "access denied"
    STOPPED = "stopped", "stopped"


class Worker(models.Model):
    """One process that observes. Silent for longer than the limit, its clusters are taken by others."""

    id = models.CharField(primary_key=True, max_length=36)
    host = models.CharField(max_length=255)
    pid = models.PositiveIntegerField()
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    batch = models.PositiveBigIntegerField(default=0)
    """The last batch of sightings that was committed: a commit whose answer was lost is recognised by it."""

    def __str__(self) -> str:
        return f"{self.host}:{self.pid}"


class Cluster(models.Model):
    """One Kubernetes cluster. Known by the UID of its namespace kube-system, once that was read."""

    name = models.CharField(max_length=253, unique=True)
    uid = models.CharField("kube-system UID", max_length=64, null=True, blank=True, unique=True)
    is_hub = models.BooleanField("hub", default=False, help_text="Holds Kurator's Fleets and Applications.")

    source = models.CharField(max_length=16, choices=ClusterSource)
    path = models.CharField("kubeconfig file", max_length=1024, blank=True)
    context = models.CharField(max_length=253, blank=True, help_text="Empty: the kubeconfig's current context.")
    secret = models.TextField("encrypted kubeconfig", blank=True, editable=False)
    hub = models.ForeignKey("self", null=True, blank=True, on_delete=models.CASCADE, related_name="members")
    hub_kind = models.CharField(max_length=32, blank=True)
    hub_namespace = models.CharField(max_length=253, blank=True)
    hub_name = models.CharField(max_length=253, blank=True)
    secret_name = models.CharField(max_length=253, blank=True)
    secret_key = models.CharField(max_length=253, blank=True)
    labels = models.JSONField(default=dict, blank=True)
    fleets = models.JSONField(default=list, blank=True)
    """Names of the Fleets that list it, as `namespace/name`."""
    allow_insecure = models.BooleanField(
        "accept any certificate",
        default=False,
        help_text="Honour insecure-skip-tls-verify. On a hub: for its members too.",
    )
    prometheus_url = models.CharField(
        max_length=1024,
        blank=True,
        help_text="Empty: the address that Flagger uses, through the API server.",
    )
    prometheus_user = models.CharField(max_length=253, blank=True, help_text="Empty: the password is a bearer token.")
    prometheus_secret = models.TextField("encrypted password or token", blank=True, editable=False)
    metrics_allowed = models.JSONField(
        "allowed metrics addresses",
        default=list,
        blank=True,
        help_text="Origins found in the cluster that may be reached directly, as https://prometheus.example:9090.",
    )
    namespaces = models.JSONField(
        default=list, blank=True, help_text="Only these namespaces, for an account without rights in the whole cluster."
    )
    observed = models.BooleanField(default=True)
    left_at = models.DateTimeField(null=True, blank=True)
    """Since when no Fleet lists it any more; its rollouts are kept, marked old."""

    state = models.CharField(max_length=16, choices=ClusterState, default=ClusterState.NEW)
    state_since = models.DateTimeField(null=True, blank=True)
    reason = models.TextField(blank=True)
    """One sentence: why it is not reachable, or what is wrong."""
    fresh_at = models.DateTimeField(null=True, blank=True)
    """The last moment at which every watch was known to be up to date."""
    server_version = models.CharField(max_length=64, blank=True)
    flagger_version = models.CharField(max_length=64, blank=True)
    mesh_provider = models.CharField(max_length=64, blank=True)
    flagger_namespace = models.CharField(max_length=253, blank=True)
    metrics_server = models.CharField(max_length=1024, blank=True)
    """Flagger's flag `-metrics-server`; empty when not found."""
    flagger_ready = models.BooleanField(null=True)
    """Whether Flagger's Deployment had a ready pod when it was last read; None when not found."""
    measuring_until = models.DateTimeField(null=True, blank=True, editable=False)
    """Some worker reads its metrics, and may until then; nobody else does."""
    ranges_until = models.DateTimeField(null=True, blank=True, editable=False)
    """The same for the ranges of time that people look at."""
    missing_permissions = models.JSONField(default=list, blank=True)
    probed_at = models.DateTimeField(null=True, blank=True)

    version = models.PositiveBigIntegerField(default=0)
    """Counts batches that changed something a page shows."""
    worker = models.ForeignKey(Worker, null=True, blank=True, on_delete=models.SET_NULL, related_name="clusters")
    lease = models.PositiveBigIntegerField(default=0)
    """Grows each time the cluster changes hands; every write of an observer checks it."""

    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("name",)
        constraints = [
            models.UniqueConstraint(
                fields=("hub", "hub_kind", "hub_namespace", "hub_name"),
                condition=models.Q(hub__isnull=False),
                name="one_cluster_per_object_of_a_hub",
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_watched(self) -> bool:
        """One that an administrator has switched off, that has left its fleet, or that is another cluster by now is
        called by nobody of his own accord.
        """
        return self.observed and self.left_at is None and self.state != ClusterState.STOPPED


class FieldsOfPolicies(models.Model):
    """Which fields of policies a hub's Kurator knows, by its definition of the kind. No row while that is not known."""

    hub = models.OneToOneField(Cluster, primary_key=True, on_delete=models.CASCADE, related_name="fields_of_policies")
    places = models.JSONField(default=list)
    """As `domain.policies.known` makes them."""
    read_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.hub_id}: {len(self.places)}"


class FieldsOfCanaries(models.Model):
    """The same of a cluster's Flagger, and its kind Canary."""

    cluster = models.OneToOneField(
        Cluster, primary_key=True, on_delete=models.CASCADE, related_name="fields_of_canaries"
    )
    places = models.JSONField(default=list)
    read_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.cluster_id}: {len(self.places)}"


class Cursor(models.Model):
    """How far one collection of one cluster was read. Committed together with what was read."""

    cluster = models.ForeignKey(Cluster, on_delete=models.CASCADE, related_name="cursors", db_index=False)
    kind = models.CharField(max_length=32)
    namespace = models.CharField(max_length=253, blank=True)
    resource_version = models.CharField(max_length=64)
    moved_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=("cluster", "kind", "namespace"), name="one_cursor_per_collection")
        ]

    def __str__(self) -> str:
        return f"{self.cluster_id} {self.kind} {self.resource_version}"


class RouteSeen(models.Model):
    """The last seen weights of one routing object, kept even before its Canary is known."""

    cluster = models.ForeignKey(Cluster, on_delete=models.CASCADE, related_name="routes", db_index=False)
    kind = models.CharField(max_length=32)
    namespace = models.CharField(max_length=253, blank=True)
    name = models.CharField(max_length=253)
    green_weight = models.PositiveSmallIntegerField(null=True)
    through_gateway_only = models.BooleanField(default=False)
    resource_version = models.CharField(max_length=64, blank=True)
    to_blue = models.JSONField(default=dict)
    """As in `observations.Route`."""

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=("cluster", "kind", "namespace", "name"), name="one_row_per_route")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}"
