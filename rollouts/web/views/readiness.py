"""Is this cluster ready for rollouts? What was found last, and a button to look again."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from rollouts import access, wiring
from rollouts.queries import readiness
from rollouts.services.readiness import request as request_check
from rollouts.web import readiness_words
from rollouts.web.fragments import holds, private, unchanged, wants_fragment
from rollouts.web.people import person_of


@require_http_methods(["GET", "HEAD", "POST"])
def readiness_page(request: HttpRequest, id: int) -> HttpResponse:
    """A POST asks a worker to look again. Whoever may see the cluster may: many who ask get one check."""
    person, now = person_of(request), timezone.now()
    page = readiness.page(person, id, now)
    if page is None:
        raise Http404("There is no such cluster.")
    if request.method == "POST":
        request_check(cluster=id, enqueue=wiring.enqueue, now=now)
        return HttpResponseRedirect(reverse("readiness", args=[id]))
    if holds(request, page.version):
        return unchanged()
    context = {
        "page": page,
        "cluster": page.cluster,
        "look": readiness_words.LIGHTS[page.light],
        "lead": readiness_words.lead(page),
        "findings": readiness_words.findings(page.findings),
        "members": readiness_words.members(page.members),
    }
    live = render_to_string("rollouts/readiness_live.html", context, request)
    if wants_fragment(request):
        return private(HttpResponse(live))
    topics = ",".join(f"cluster-{one}" for one in (id, *(member.id for member in page.members)))
    makes = access.may_edit_in_cluster(person, id)
    frame = {"live": live, "cluster": page.cluster, "makes": makes, "topics": topics, "section": "clusters"}
    return private(render(request, "rollouts/readiness.html", frame))
