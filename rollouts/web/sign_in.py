"""Sends whoever is not signed in to the sign-in, and back to where they were afterwards."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import resolve_url

from rollouts.web.fragments import private, wants_fragment


class SignInMiddleware(LoginRequiredMiddleware):
    """A live element follows redirects by itself and would show the sign-in page in its own place. It is told to let
    the whole page go there instead.
    """

    def handle_no_permission(  # type: ignore[override]  # Django takes any response here
        self, request: HttpRequest, view_func: Callable[..., Any]
    ) -> HttpResponseBase:
        if not wants_fragment(request):
            return super().handle_no_permission(request, view_func)
        there = resolve_url(self.get_login_url(view_func))
        query = urlencode({"next": _page(request)})
        return private(HttpResponse(status=401, headers={"HX-Redirect": f"{there}?{query}"}))


def _page(request: HttpRequest) -> str:
    """The address in the viewer's bar, without its host: what a fragment is fetched from may be another one."""
    try:
        shown = urlsplit(request.headers.get("HX-Current-URL", ""))
    except ValueError:
        return "/"
    path = "/" + shown.path.lstrip("/")
    return f"{path}?{shown.query}" if shown.query else path
