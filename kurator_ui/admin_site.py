"""The admin site, for whoever administers anything. Accounts and groups need Django's own rights besides."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.decorators import method_decorator

from rollouts import access


class Site(admin.AdminSite):
    site_header = site_title = "kurator-ui"
    index_title = "Administration"

    def has_permission(self, request: HttpRequest) -> bool:
        return access.may_grant_something(request.user)

    @method_decorator(login_not_required)
    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """There is one sign-in for all pages, with its limit of attempts."""
        index = reverse("admin:index")
        if not request.user.is_authenticated:
            return redirect_to_login(request.GET.get("next", index), reverse("sign-in"))
        if not self.has_permission(request):
            raise PermissionDenied(f"Your account administers nothing. {access.whom_to_ask()}")
        return HttpResponseRedirect(index)
