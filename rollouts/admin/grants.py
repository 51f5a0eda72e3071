"""Who was granted what: given, changed and taken away by whoever administers that part of the fleet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest

from rollouts import access
from rollouts.models import Grant

if TYPE_CHECKING:
    Base = admin.ModelAdmin[Grant]
    BaseForm = forms.ModelForm[Grant]
else:
    Base = admin.ModelAdmin
    BaseForm = forms.ModelForm

HOLDER = ("person", "group")
THING = ("covers", "fleet", "cluster", "namespace", "application")
BEYOND = "You may grant only what you administer yourself, and the right to edit policies only where you have it."


class GrantForm(BaseForm):
    giver: access.Person

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]
        if not self.errors and not access.may_grant(self.giver, self.instance):
            self.add_error(NON_FIELD_ERRORS, ValidationError(BEYOND))


class GrantAdmin(Base):
    """Holder and thing stay what they are: another one is another grant."""

    form = GrantForm
    fieldsets = (
        ("Who", {"fields": HOLDER, "description": "A person or a group."}),
        ("May", {"fields": ("role", "edits_policies")}),
        ("On", {"fields": THING, "description": "Fill in only what belongs to the chosen kind."}),
    )
    list_display = ("holder", "role", "edits_policies", "thing", "given_by", "given_at")
    list_filter = ("role", "edits_policies", "covers")
    list_select_related = ("person", "group", "cluster", "application", "given_by")
    search_fields = ("person__username", "group__name", "fleet", "cluster__name", "namespace", "application__name")
    ordering = ("person__username", "group__name", "pk")
    autocomplete_fields = ("application",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Grant]:
        found = super().get_queryset(request)
        if access.may_administer(request.user):
            return found
        return found.filter(pk__in=[one.pk for one in found if access.may_grant(request.user, one)])

    def get_readonly_fields(self, request: HttpRequest, obj: Grant | None = None) -> tuple[str, ...]:
        return (*HOLDER, *THING) if obj else ()

    def get_form(self, request: HttpRequest, obj: Grant | None = None, change: bool = False, **kwargs: Any) -> Any:
        made: Any = super().get_form(request, obj, change, **kwargs)
        return type("GrantForm", (made,), {"giver": request.user})

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "cluster":
            kwargs["queryset"] = access.visible_clusters(request.user)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: Grant, form: Any, change: bool) -> None:
        if not change:
            obj.given_by_id = request.user.pk
        super().save_model(request, obj, form, change)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return access.may_grant_something(request.user)

    def has_view_permission(self, request: HttpRequest, obj: Grant | None = None) -> bool:
        return access.may_administer(request.user) or self.has_change_permission(request, obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return access.may_grant_something(request.user)

    def has_change_permission(self, request: HttpRequest, obj: Grant | None = None) -> bool:
        if obj is None:
            return access.may_grant_something(request.user)
        return access.may_grant(request.user, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Grant | None = None) -> bool:
        return self.has_change_permission(request, obj)

    @admin.display(ordering="person__username")
    def holder(self, grant: Grant) -> str:
        return grant.holder

    @admin.display(description="on", ordering="covers")
    def thing(self, grant: Grant) -> str:
        return grant.thing
