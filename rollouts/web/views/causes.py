"""The page that lists every cause, for whoever follows the link in the box of a rollout."""

from __future__ import annotations

from functools import cache

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from rollouts.domain.causes.examples import Entry, catalogue
from rollouts.web.fragments import private
from rollouts.web.people import person_of


@cache
def _entries() -> tuple[Entry, ...]:
    """The same for everybody, as long as the program runs."""
    return catalogue()


@require_safe
def causes_page(request: HttpRequest) -> HttpResponse:
    person_of(request)
    return private(render(request, "rollouts/causes.html", {"entries": _entries(), "section": "causes"}))
