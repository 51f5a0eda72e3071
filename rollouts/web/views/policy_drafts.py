"""A change of a policy that was reviewed: what the clusters say of it, and the click that applies it."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from rollouts import wiring
from rollouts.domain.commands import Act, Governed, Refusal, Wanted
from rollouts.domain.errors import CredentialError
from rollouts.domain.policies.drafts import Draft
from rollouts.models import Application, PolicyDraft
from rollouts.services import act as acts
from rollouts.web.fragments import private, wants_fragment
from rollouts.web.policy_review import Given, addresses, applying, page, previewed
from rollouts.web.views.commands import mark_of_click, text_of
from rollouts.web.views.policies import back
from rollouts.web.views.policy_edit import editable, not_theirs, reviewed

NO_SUCH = "There is no such change of yours."


@require_http_methods(["GET", "HEAD", "POST"])
def policy_draft_page(request: HttpRequest, id: int, draft: int) -> HttpResponse:
    row = PolicyDraft.objects.filter(pk=draft, application=id, rollout=None, person=request.user.pk).first()
    if row is None:
        raise Http404(NO_SUCH)
    return looking(request, *editable(request, id, row.policy), row)


def looking(request: HttpRequest, one: Application, governed: Governed, row: PolicyDraft) -> HttpResponse:
    """At what was reviewed, and applying it. Whoever calls this has judged that the person may edit."""
    if row.command is not None:
        return _back(request, one, governed)
    try:
        wished = acts.draft_of(row)
    except CredentialError:
        if wants_fragment(request):
            return private(HttpResponse(status=204, headers={"HX-Redirect": request.path}))
        return page(request, "policy_lost", one, governed, {}, status=409)
    may = not_theirs(request, governed, wished.edit) is None
    if request.method == "POST" and may:
        return _applied(request, one, governed, row, wished)
    # The whole page says something else then.
    if wants_fragment(request) and (row.base != governed.policy.rollout or not may):
        return private(HttpResponse(status=204, headers={"HX-Redirect": request.path}))
    if wants_fragment(request):
        return page(
            request, "policy_apply", one, governed,
            applying(request, one, governed, row, wished, timezone.now(), Given()),
        )  # fmt: skip
    return reviewed(request, one, governed, wished)


def _applied(
    request: HttpRequest, one: Application, governed: Governed, row: PolicyDraft, wished: Draft
) -> HttpResponse:
    given: dict[str, Any] = {name: text_of(request, name) for name in ("reason", "typed")}
    wanted = Wanted(Act.EDIT_POLICY, mark_of_click(request), draft=wished)
    try:
        _request(request, one, governed, row, wanted, given)
    except acts.PolicyChanged as changed:
        return reviewed(request, one, governed, wished, Given(**given, said=str(changed)), status=409)
    except acts.PolicyUnconfirmed as error:
        return reviewed(request, one, governed, wished, Given(**given, wrong={error.field: str(error)}), status=422)
    except acts.NotPossible as error:
        seen = previewed(one, governed, wanted, timezone.now())
        said = "" if seen is not None and isinstance(seen.judged, Refusal) else str(error)
        return reviewed(request, one, governed, wished, Given(**given, said=said), status=409)
    return _back(request, one, governed)


def _back(request: HttpRequest, one: Application, governed: Governed) -> HttpResponse:
    if governed.plain is None:
        return back(request, one)
    return HttpResponseRedirect(addresses(one, governed).back)


def _request(
    request: HttpRequest, one: Application, governed: Governed, row: PolicyDraft, wanted: Wanted, given: dict[str, Any]
) -> None:
    to_all: dict[str, Any] = {
        **given, "wanted": wanted, "digest": request.POST.get("digest", ""), "person": request.user,
        "now": timezone.now(), "enqueue": wiring.enqueue, "record": acts.to_trail, "feed": wiring.change_feed(),
        "draft": row,
    }  # fmt: skip
    if row.rollout is None:
        acts.request_policy(application=one, policy=row.policy, **to_all)
    else:
        acts.request_edit(rollout=row.rollout, governed=governed, **to_all)
