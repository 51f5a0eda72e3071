"""Everybody's tokens, for who administers everything: to be looked at and revoked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from rollouts import access
from rollouts.models import Token
from rollouts.services import tokens

if TYPE_CHECKING:
    Base = admin.ModelAdmin[Token]
else:
    Base = admin.ModelAdmin


class TokenAdmin(Base):
    """To delete one is to revoke it. Made they are by their people alone, since a token is shown once."""

    fields = readonly_fields = ("person", "name", "scope", "made_at", "expires_at", "used_at")
    list_display = ("name", "person", "scope", "made_at", "expires_at", "used_at")
    list_filter = ("scope",)
    list_select_related = ("person",)
    search_fields = ("name", "person__username")
    ordering = ("person__username", "name")

    def delete_model(self, request: HttpRequest, obj: Token) -> None:
        tokens.revoke(token=obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Token]) -> None:
        for one in queryset.select_related("person"):
            tokens.revoke(token=one)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return access.may_administer(request.user)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return access.may_administer(request.user)

    has_delete_permission = has_view_permission

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
