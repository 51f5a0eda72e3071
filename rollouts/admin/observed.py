"""What was observed, for looking at. Nothing of it can be changed: it would no longer be what happened."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from rollouts import access
from rollouts.models import Application, Release, Rollout

if TYPE_CHECKING:
    Base = admin.ModelAdmin[Any]
else:
    Base = admin.ModelAdmin


def in_part(request: HttpRequest) -> bool:
    """Whoever sees everything needs no condition, which would cost something in a million rows."""
    return not access.sees_everything(request.user)


class ObservedAdmin(Base):
    show_full_result_count = False  # counting a million rows twice helps nobody
    list_per_page = 100
    actions = None

    def has_module_permission(self, request: HttpRequest) -> bool:
        return access.may_grant_something(request.user)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Of what `get_queryset` finds."""
        return access.may_grant_something(request.user)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ApplicationAdmin(ObservedAdmin):
    list_display = ("__str__", "workload_namespace", "workload", "policy", "hub", "deleted_at")
    list_filter = (("hub", admin.RelatedOnlyFieldListFilter), ("deleted_at", admin.EmptyFieldListFilter))
    list_select_related = ("hub",)
    search_fields = ("namespace", "name", "workload_namespace", "workload", "policy")
    ordering = ("namespace", "name")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Application]:
        found: QuerySet[Application] = super().get_queryset(request)
        return found.filter(pk__in=access.visible_applications(request.user)) if in_part(request) else found


class RolloutAdmin(ObservedAdmin):
    list_display = (
        "__str__",
        "cluster",
        "application",
        "phase",
        "live_side",
        "owner",
        "rank",
        "attention",
        "changed_at",
    )
    list_filter = (
        "rank",
        "phase",
        "strategy",
        "live_side",
        "owner_kind",
        "attention",
        "suspended",
        "skip_analysis",
        ("unreadable", admin.EmptyFieldListFilter),
        ("deleted_at", admin.EmptyFieldListFilter),
        ("cluster", admin.RelatedOnlyFieldListFilter),
    )
    list_select_related = ("cluster", "application")
    search_fields = ("namespace", "name", "cluster__name", "owner_name", "search")
    ordering = ("rank", "-severity", "-changed_at", "id")

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """The memory of the rules is long, and for whoever looks for a fault in them."""
        fields = [field for field in self.get_fields(request, obj) if field not in ("state", "search")]
        return [(None, {"fields": fields}), ("Memory", {"fields": ["state", "search"], "classes": ["collapse"]})]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Rollout]:
        found: QuerySet[Rollout] = super().get_queryset(request)
        found = found.filter(pk__in=access.visible_rollouts(request.user)) if in_part(request) else found
        return found.defer("state")

    @admin.display(ordering="owner_kind")
    def owner(self, rollout: Rollout) -> str:
        return f"{rollout.owner_kind} {rollout.owner_name}".strip() or "nobody"


class OfRolloutAdmin(ObservedAdmin):
    """Rows that belong to a rollout."""

    list_select_related = ("rollout__cluster",)
    search_fields: ClassVar[tuple[str, ...]] = ("rollout__namespace", "rollout__name", "rollout__cluster__name")
    ordering = ("-id",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        found: QuerySet[Any] = super().get_queryset(request)
        found = found.filter(rollout__in=access.visible_rollouts(request.user)) if in_part(request) else found
        return found.defer("rollout__state")

    @admin.display(ordering="rollout__cluster__name")
    def cluster(self, row: Any) -> str:
        return str(row.rollout.cluster)


class ReleaseAdmin(OfRolloutAdmin):
    list_display = (
        *("rollout", "cluster", "number", "trigger", "outcome", "analysis", "started_at", "ended_at", "report"),
    )
    list_filter = ("outcome", "analysis", "trigger", "strategy", "start_approximate", "started_at")

    def get_view_on_site_url(self, obj: Any = None) -> str | None:
        return reverse("release", args=[obj.pk]) if obj is not None else None

    @admin.display
    def report(self, row: Release) -> str:
        return format_html('<a href="{}">report</a>', reverse("release", args=[row.pk]))


class TransitionAdmin(OfRolloutAdmin):
    list_display = (
        *("rollout", "cluster", "number", "seen_at", "phase", "iterations", "failed_checks", "live_side"),
        *("suspended", "gap", "why"),
    )
    list_filter = ("phase", "live_side", "live_source", "suspended", "gap")


class EventSeenAdmin(OfRolloutAdmin):
    list_display = ("rollout", "cluster", "type", "message", "count", "last_at")
    list_filter = ("type", "last_at")
    search_fields: ClassVar[tuple[str, ...]] = (*OfRolloutAdmin.search_fields, "message")
    ordering = ("-last_at",)
