"""Clusters in the admin site: added, changed, tested and removed through the services that the command line uses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.debug import sensitive_post_parameters

from rollouts import access, wiring
from rollouts.admin.cluster_form import ClusterForm
from rollouts.domain.errors import KuratorUIError
from rollouts.domain.ports import Hint
from rollouts.models import Cluster, ClusterSource
from rollouts.services import clusters

if TYPE_CHECKING:
    Base = admin.ModelAdmin[Cluster]
else:
    Base = admin.ModelAdmin

TESTED_AT_ONCE = 5
WAY_IN = ("upload", "paste", "file", "in_cluster", "use_context", "allow_insecure")
FOUND = (
    *("source", "path", "context", "uid", "state", "state_since", "reason", "fresh_at"),
    *("server_version", "flagger_version", "mesh_provider", "flagger_namespace", "flagger_ready"),
    *("values_from", "password", "missing", "probed_at"),
)
METRICS = ("prometheus_url", "prometheus_user", "prometheus_password", "metrics_allowed")
MEMBERSHIP = ("hub", "hub_kind", "hub_namespace", "hub_name", "secret_name", "in_fleets", "labelled", "left_at")


@method_decorator(sensitive_post_parameters("paste", "prometheus_password"), name="changeform_view")
class ClusterAdmin(Base):
    form = ClusterForm
    list_display = ("name", "kind", "state", "reason", "fresh_at", "present", "flagger_version", "observed")
    list_filter = ("state", "is_hub", "source", "observed", ("hub", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("hub",)
    search_fields = ("name", "uid", "path", "hub_name", "reason")
    readonly_fields = (*FOUND, *MEMBERSHIP)
    actions = ("test_now", "delete_selected")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Cluster]:
        present = Count("rollouts", filter=Q(rollouts__deleted_at=None))
        return super().get_queryset(request).annotate(present=present)

    def get_fieldsets(self, request: HttpRequest, obj: Cluster | None = None) -> Any:
        first = (None, {"fields": ["name", "is_hub", "namespaces", "observed"]})
        metrics = ("Values of checks", {"fields": METRICS})
        if obj is None:
            return [first, ("Way in", {"fields": WAY_IN}), metrics]
        if obj.source == ClusterSource.HUB:
            first[1]["fields"].append("allow_insecure")
            return [first, metrics, ("Found", {"fields": FOUND}), ("Membership", {"fields": MEMBERSHIP})]
        sets = [first, metrics, ("Another way in", {"fields": WAY_IN}), ("Found", {"fields": FOUND})]
        return [*sets, ("Membership", {"fields": MEMBERSHIP})] if obj.hub_id else sets

    def save_model(self, request: HttpRequest, obj: Cluster, form: Any, change: bool) -> None:
        """Writes what was typed and nothing else: an observer writes to the same row. What a kubeconfig changes was
        written by the service.
        """
        typed = [name for name in form.changed_data if name in ClusterForm.Meta.fields and name not in METRICS]
        if change and typed:
            clusters.change(cluster=obj, columns={name: getattr(obj, name) for name in typed})
        if change and set(METRICS) & set(form.changed_data):
            known = Cluster.objects.get(pk=obj.pk)
            clusters.set_metrics(cluster=known, cipher=wiring.ways().cipher, metrics=form.metrics())
        elif not change and not obj.observed:
            clusters.change(cluster=obj, columns={"observed": False})
        if form.added is not None and form.added.warning:
            messages.warning(request, f"{obj} cannot be reached now. {form.added.warning}")
        self._tell_pages()

    def has_module_permission(self, request: HttpRequest) -> bool:
        return access.may_administer(request.user)

    def has_view_permission(self, request: HttpRequest, obj: Cluster | None = None) -> bool:
        return access.may_administer(request.user)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return access.may_administer(request.user)

    def has_change_permission(self, request: HttpRequest, obj: Cluster | None = None) -> bool:
        return access.may_administer(request.user)

    def has_delete_permission(self, request: HttpRequest, obj: Cluster | None = None) -> bool:
        staying = obj is not None and obj.source == ClusterSource.HUB and obj.left_at is None
        return not staying and access.may_administer(request.user)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Counts instead of naming every transition that goes with a cluster."""
        chosen = list(objs)
        rollouts = sum(cluster.rollouts.count() for cluster in chosen)
        staying = {str(cluster) for cluster in chosen if not self.has_delete_permission(request, cluster)}
        counts = {"clusters": len(chosen), "rollouts with their history": rollouts}
        return [str(cluster) for cluster in chosen], counts, set(), sorted(staying)

    def delete_model(self, request: HttpRequest, obj: Cluster) -> None:
        clusters.remove(cluster=obj)
        self._tell_pages()

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Cluster]) -> None:
        for cluster in queryset:
            clusters.remove(cluster=cluster)
        self._tell_pages()

    @admin.action(description="Test selected clusters now", permissions=["change"])
    def test_now(self, request: HttpRequest, queryset: QuerySet[Cluster]) -> HttpResponse | None:
        if queryset.count() > TESTED_AT_ONCE:
            messages.error(request, f"Choose at most {TESTED_AT_ONCE} clusters: each may take a while to answer.")
            return None
        for cluster in queryset.select_related("hub"):
            try:
                report = clusters.test(cluster=cluster, ways=wiring.ways(), now=timezone.now())
            except KuratorUIError as error:
                messages.error(request, f"{cluster}: {error}")
                continue
            lacks = "; ".join((*(f"not installed: {kind}" for kind in report.absent), *report.missing))
            if report.problem:
                messages.error(request, f"{cluster}: {report.problem}")
                continue
            if lacks:
                messages.warning(request, f"{cluster} is reachable, but lacks: {lacks}.")
            else:
                messages.success(request, f"{cluster} is reachable, and no permission is missing.")
            self._test_metrics(request, cluster)
        return None

    def _test_metrics(self, request: HttpRequest, cluster: Cluster) -> None:
        found = clusters.try_metrics(cluster=cluster, open_metrics=wiring.open_metrics)
        if found is None:
            return
        if found.problem:
            messages.warning(request, f"No value of a check can be read from {cluster}. {found.problem}")
        else:
            messages.success(request, f"Values are read from {found.source}. {found.check}")
        if found.doubts:
            messages.warning(request, f"{cluster}: {found.doubts}")

    @admin.display(ordering="is_hub")
    def kind(self, cluster: Cluster) -> str:
        return "hub" if cluster.is_hub else f"member of {cluster.hub}" if cluster.hub else "plain"

    @admin.display(description="rollouts", ordering="present")
    def present(self, cluster: Any) -> int:
        return int(cluster.present)

    @admin.display(description="fleets")
    def in_fleets(self, cluster: Cluster) -> str:
        return ", ".join(cluster.fleets) or "none"

    @admin.display(description="labels")
    def labelled(self, cluster: Cluster) -> str:
        return "\n".join(f"{name}={value}" for name, value in sorted(cluster.labels.items())) or "none"

    @admin.display(description="missing permissions")
    def missing(self, cluster: Cluster) -> str:
        return "\n".join(cluster.missing_permissions) or "none"

    @admin.display(description="values of checks")
    def values_from(self, cluster: Cluster) -> str:
        return clusters.source_in_words(cluster)

    @admin.display(description="Prometheus password")
    def password(self, cluster: Cluster) -> str:
        return "stored (encrypted)" if cluster.prometheus_secret else "none"

    def _tell_pages(self) -> None:
        wiring.change_feed().publish([Hint("fleet", int(timezone.now().timestamp() * 1000))])
