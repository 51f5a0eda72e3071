"""What came of one change of several policies, and its stop."""

from __future__ import annotations

from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from rollouts import wiring
from rollouts.domain.commands import Act
from rollouts.queries import policies, policy_batches
from rollouts.queries.policy_batches import PolicyBatch
from rollouts.services import act as acts
from rollouts.web import command_words
from rollouts.web.fragments import private, wants_fragment
from rollouts.web.people import person_of
from rollouts.web.views.batches import TOO_LATE


@require_http_methods(["GET", "HEAD", "POST"])
def policy_batch_page(request: HttpRequest, batch: int) -> HttpResponse:
    """A POST stops what no worker has begun."""
    person, now = person_of(request), timezone.now()
    found = policy_batches.find(person, batch, now)
    if found is None:
        raise Http404("There is no such change.")
    if request.method != "POST":
        return _shown(request, found, now)
    if not found.may_stop:
        raise PermissionDenied(policies.sentence_of(Act.EDIT_POLICY))
    stopped = acts.stop(
        batch=found.batch, sentence=f"Stopped by {request.user.get_username()}.", now=now, record=acts.to_trail,
        record_batch=acts.batch_to_trail, feed=wiring.change_feed(),
    )  # fmt: skip
    if stopped:
        return HttpResponseRedirect(reverse("policy-batch", args=[batch]))
    return _shown(request, found, now, TOO_LATE, status=409)


def _shown(
    request: HttpRequest, found: PolicyBatch, now: datetime, said: str = "", *, status: int = 200
) -> HttpResponse:
    lines = [command_words.line(one, None, now) for one in found.commands]
    running = found.batch.ended_at is None
    context = {
        "batch": found.batch,
        "lines": lines,
        "unseen": found.unseen,
        "running": running,
        "stoppable": running and found.batch.stopped_at is None and any(one.cancellable for one in lines),
        "may_stop": found.may_stop,
        "said": said,
        "section": "application",
    }
    template = "rollouts/bits/policy_batch.html" if wants_fragment(request) else "rollouts/policy_batch.html"
    return private(render(request, template, context, status=status))
