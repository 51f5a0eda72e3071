"""What the fields beside a plan send."""

from __future__ import annotations

from django.http import HttpRequest, QueryDict

from rollouts.domain.commands import Act, adjusted

LONGEST = 40
KEPT = "kept"
"""Sent when a choice draws the dialog anew: what was filled in comes with it."""


def chosen(request: HttpRequest, act: Act) -> dict[str, str]:
    """Only what this act can be told, and what was told."""
    given = request.POST if request.method == "POST" else request.GET
    return adjusted(act, {name: value.replace("\0", "").strip()[:LONGEST] for name, value in given.dict().items()})


def filled_in(request: HttpRequest) -> QueryDict:
    """The dialog of several clusters as it is sent, or as it was when a choice draws it anew; else nothing."""
    return request.GET if KEPT in request.GET else request.POST


def changed(request: HttpRequest) -> str:
    """The field whose change this answers: there the person is, and stays."""
    return request.headers.get("HX-Trigger-Name", "")
