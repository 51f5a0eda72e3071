"""The guided tour of the demo fleet."""

from __future__ import annotations

from zlib import crc32

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone
from django.views.decorators.http import require_safe

from rollouts.domain.tour import walk
from rollouts.queries import tour
from rollouts.web import tour_words
from rollouts.web.fragments import holds, private, seen_by, unchanged, wants_fragment
from rollouts.web.people import person_of


@require_safe
def tour_page(request: HttpRequest) -> HttpResponse:
    person = person_of(request)
    if not tour.is_offered():
        raise Http404("There is no tour here: it is of the demo fleet.")
    toured = tour.find(person, timezone.now())
    walked = walk(toured.world)
    steps = tour_words.steps(toured, walked)
    version = seen_by(person, f"{crc32(repr([walked, steps, toured.gone]).encode()):x}")
    if holds(request, version):
        return unchanged()
    context = {
        "version": version,
        "name": toured.name,
        "unknown": tour_words.unknown(toured),
        "steps": steps,
        "lead": tour_words.lead(toured, walked),
        "over": walked.over,
        "section": "tour",
    }
    live = render_to_string("rollouts/tour_live.html", context, request)
    if wants_fragment(request):
        return private(HttpResponse(live))
    return private(render(request, "rollouts/tour.html", context | {"live": live}))
