"""For which acts, and of whom, a reason is required."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from rollouts import access
from rollouts.domain.commands import Act
from rollouts.domain.new_canaries.making import ACT as CREATE_CANARY
from rollouts.domain.removing.steps import ACT
from rollouts.domain.whole.making import ACT as CREATE
from rollouts.models import RequiredReason

if TYPE_CHECKING:
    Base = admin.ModelAdmin[RequiredReason]
    BaseForm = forms.ModelForm[RequiredReason]
else:
    Base = admin.ModelAdmin
    BaseForm = forms.ModelForm

ANY = ("", "any act")


class RequiredReasonForm(BaseForm):
    act = forms.ChoiceField(
        required=False,
        choices=[
            ANY,
            *((act.value, act.value.replace("-", " ")) for act in Act),
            (ACT, "remove a policy"),
            (CREATE, "create an Application"),
            (CREATE_CANARY, "create a Canary"),
        ],
        help_text="Of a roll back of a running release the reason may follow after the click.",
    )


class RequiredReasonAdmin(Base):
    form = RequiredReasonForm
    list_display = ("__str__",)
    ordering = ("act", "role")

    def has_module_permission(self, request: HttpRequest) -> bool:
        return access.may_administer(request.user)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return access.may_administer(request.user)

    has_add_permission = has_change_permission = has_delete_permission = has_view_permission
