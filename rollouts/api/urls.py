"""The addresses of the API, with its own way to say who may come in."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, re_path
from django.views.decorators.csrf import csrf_exempt

from rollouts.api import errors
from rollouts.api.site import api

View = Callable[..., HttpResponse]


def _nothing(request: HttpRequest, **kwargs: Any) -> HttpResponse:
    return errors.problem(404, errors.NOT_FOUND)


def _framed(view: View) -> View:
    """Who is not signed in gets an answer of the API, not the sign-in; and no cache keeps what one person may see."""

    @csrf_exempt  # what changes anything wants a token, which no browser sends by itself
    @login_not_required
    @wraps(view)
    def framed(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = view(request, *args, **kwargs)
        if response.status_code == 405:
            response = errors.problem(405, errors.NOT_ALLOWED, headers={"Allow": response.headers["Allow"]})
        response.headers["Cache-Control"] = "private, no-store"
        response.headers["Vary"] = "Authorization, Cookie"
        return response

    return framed


def _patterns() -> list[URLPattern]:
    found, _, _ = api.urls
    known = [one for one in found if isinstance(one, URLPattern) and one.name != "api-root"]
    for one in known:
        one.callback = _framed(one.callback)
    return [*known, re_path(r"^(?P<rest>[\s\S]*)$", _framed(_nothing))]


app_name = "api"
urlpatterns = _patterns()
