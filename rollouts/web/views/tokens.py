"""A person's own tokens: made, shown once, revoked."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from rollouts.domain.errors import InvalidInput
from rollouts.models import Token, TokenScope
from rollouts.services import tokens
from rollouts.web.fragments import private
from rollouts.web.people import person_of

DAYS = (7, 30, 90, 365)
USUAL = {"name": "", "scope": TokenScope.READ.value, "days": "30"}


@require_http_methods(["GET", "HEAD", "POST"])
def tokens_page(request: HttpRequest) -> HttpResponse:
    """A POST makes one, and answers with it: it is shown here and never again."""
    person: Any = person_of(request)
    if request.method != "POST":
        return _page(request)
    given = {name: request.POST.get(name, "") for name in USUAL}
    days = int(given["days"]) if given["days"].isascii() and given["days"].isdigit() and len(given["days"]) < 5 else 0
    try:
        made = tokens.make(person=person, name=given["name"], scope=given["scope"], days=days, now=timezone.now())
    except InvalidInput as error:
        return _page(request, given=given, wrong=str(error), status=HTTPStatus.UNPROCESSABLE_ENTITY)
    return _page(request, made=made, status=HTTPStatus.CREATED)


@require_POST
def revoke_token(request: HttpRequest, id: int) -> HttpResponse:
    person_of(request)
    token = Token.objects.select_related("person").filter(person=request.user.pk, pk=id).first()
    if token is None:
        raise Http404("There is no such token.")
    tokens.revoke(token=token)
    return HttpResponseRedirect(reverse("tokens"))


def _page(request: HttpRequest, *, status: int = HTTPStatus.OK, **shown: Any) -> HttpResponse:
    context = {
        "given": USUAL,
        "tokens": Token.objects.filter(person=request.user.pk).order_by("-made_at"),
        "now": timezone.now(),
        "scopes": TokenScope.choices,
        "days": DAYS,
        "longest": tokens.LONGEST_NAME,
        "section": "tokens",
        **shown,
    }
    response = private(render(request, "rollouts/tokens.html", context, status=status))
    response.headers["Cache-Control"] = "no-store"
    return response
