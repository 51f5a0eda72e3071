"""What the fields beside a plan send."""

from __future__ import annotations

from django.http import HttpRequest

from rollouts.domain.commands import Act, adjusted

LONGEST = 40


def chosen(request: HttpRequest, act: Act) -> dict[str, str]:
    """Only what this act can be told, and what was told."""
    given = request.POST if request.method == "POST" else request.GET
    return adjusted(act, {name: value.replace("\0", "").strip()[:LONGEST] for name, value in given.dict().items()})


def changed(request: HttpRequest) -> str:
    """The field whose change this answers: there the person is, and stays."""
    return request.headers.get("HX-Trigger-Name", "")
