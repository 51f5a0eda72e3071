from __future__ import annotations

from django.contrib import admin
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import LogoutView
from django.http import HttpRequest, HttpResponseRedirect
from django.templatetags.static import static
from django.urls import include, path
from django.views.generic import RedirectView

from rollouts.api.page import api_page
from rollouts.web.views.sign_in import SignInView


@login_not_required
def favicon(request: HttpRequest) -> HttpResponseRedirect:
    """Browsers ask for it by this name where a page does not name one: raw answers, images."""
    return HttpResponseRedirect(static("mark.svg"))


own_password = RedirectView.as_view(pattern_name="password")
"""There is one page for it, with the sign-in's limit of attempts: the admin site's own has none."""

urlpatterns = [
    path("sign-in/", SignInView.as_view(), name="sign-in"),
    path("sign-out/", LogoutView.as_view(), name="sign-out"),
    path("favicon.ico", favicon),
    path("admin/password_change/", own_password),
    path("admin/password_change/done/", own_password),
    path("admin/", admin.site.urls),
    path("api/", api_page, name="api-page"),
    path("api/v1/", include("rollouts.api.urls")),
    path("", include("rollouts.web.urls")),
]
