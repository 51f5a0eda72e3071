"""Making a Canary where no policy of Kurator makes one: for which workload of a cluster, and the form of its spec."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from rollouts import access, wiring
from rollouts.domain.errors import CredentialError, InvalidInput
from rollouts.domain.new_canaries.judging import Near, consequences, warnings
from rollouts.domain.new_canaries.making import Target, begun
from rollouts.domain.policies.drafts import Draft
from rollouts.domain.policies.editing import STRATEGY, Edit
from rollouts.domain.policies.entering import Texts, numbered, shown
from rollouts.domain.policies.layouts import PLAIN
from rollouts.domain.policies.meaning import meaning
from rollouts.domain.policies.strategies import strategy_of
from rollouts.models import Cluster, NewCanary
from rollouts.models.clusters import NOT_WATCHED
from rollouts.queries import new_canaries as queries
from rollouts.queries.policy_fields import known_to_cluster
from rollouts.services import inventories, new_canaries
from rollouts.web import policy_form
from rollouts.web.fragments import private, wants_fragment
from rollouts.web.new_canaries import KINDS, address_of, form_address, found_around, port_of, target_of, wrong_with
from rollouts.web.people import person_of
from rollouts.web.policy_labels import LABELS
from rollouts.web.views.policy_edit import texts_sent, with_rows

MOST = 100
"""Workloads on one page."""
NO_SUCH = "There is no such cluster."


@require_safe
def canary_choice_page(request: HttpRequest, id: int) -> HttpResponse:
    person = person_of(request)
    cluster = _cluster(person, id)
    waiting = inventories.being_read(wanted=[cluster.pk], enqueue=wiring.enqueue, now=timezone.now())
    return _choice(request, cluster, bool(waiting))


@require_http_methods(["GET", "HEAD", "POST"])
def canary_new_page(request: HttpRequest, id: int) -> HttpResponse:
    person = person_of(request)
    cluster = _cluster(person, id)
    target = target_of(request.GET)
    if target is None:
        return HttpResponseRedirect(reverse("canary-choice", args=[cluster.pk]))
    if wrong := wrong_with(target):
        return _choice(request, cluster, False, wrong=wrong)
    if not queries.may_make(person, cluster.pk, target.namespace):
        raise PermissionDenied(queries.MAY_NOT.format(access.whom_to_ask(cluster.name)))
    if request.method != "POST":
        return _form(request, cluster, target, Draft(target.base, _first(request, cluster, target), PLAIN))
    draft = Draft(target.base, with_rows(request, numbered(texts_sent(request))), PLAIN)
    if request.headers.get("HX-Target") == "policy-says":
        return _says(request, cluster, draft)
    if request.POST.get("go") != "review":
        return _form(request, cluster, target, draft)
    if draft.edit.wrong or queries.taken_by(cluster, target):
        return _form(request, cluster, target, draft, status=422 if draft.edit.wrong else 409)
    return _begin(request, cluster, target, draft)


def _cluster(person: access.Person, id: int) -> Cluster:
    """Raises Http404, or PermissionDenied for who may make nothing there."""
    cluster = queries.find_cluster(person, id)
    if cluster is None:
        raise Http404(NO_SUCH)
    if not access.may_edit_in_cluster(person, cluster.pk):
        raise PermissionDenied(queries.MAY_NOT.format(access.whom_to_ask(cluster.name)))
    return cluster


def _begin(request: HttpRequest, cluster: Cluster, target: Target, draft: Draft) -> HttpResponse:
    try:
        row = new_canaries.begin(
            cluster=cluster, target=target, draft=draft, person=request.user, now=timezone.now(), enqueue=wiring.enqueue
        )
    except InvalidInput as error:
        said = f"What you entered may hold a secret, and would be kept encrypted until it is applied. {error}"
        return _form(request, cluster, target, draft, said=said, status=422)
    return HttpResponseRedirect(reverse("new-canary", args=[row.pk]))


def _first(request: HttpRequest, cluster: Cluster, target: Target) -> Texts:
    """What the form says at first: a policy that works, or what the person has entered before."""
    number = request.GET.get("from", "")
    if number.isascii() and number.isdigit() and len(number) < 16:
        own = NewCanary.objects.filter(pk=int(number), cluster=cluster, person=request.user.pk)
        if (known := own.first()) is not None and known.base == target.base:
            try:
                return new_canaries.draft_of(known).texts
            except CredentialError:
                concealed: Texts = known.texts
                return concealed
    first = begun(target, port_of(request.GET), _near(request, cluster, target))
    return {**shown(first), STRATEGY: strategy.value if (strategy := strategy_of(first)) else ""}


def _near(request: HttpRequest, cluster: Cluster, target: Target) -> Near:
    return queries.near(cluster, target, whole=access.sees_whole_cluster(person_of(request), cluster.pk))


def _form(
    request: HttpRequest, cluster: Cluster, target: Target, draft: Draft, *, said: str = "", status: int = 200
) -> HttpResponse:  # fmt: skip
    edit, near = draft.edit, _near(request, cluster, target)
    known = known_to_cluster(cluster.pk)
    address = form_address(cluster, target)
    refused = status == 422 and bool(edit.wrong)
    context: dict[str, Any] = {
        **_said(edit),
        "groups": policy_form.with_found(
            policy_form.groups(draft.texts, edit, known, _provider(edit, cluster)), found_around(near)
        ),
        "fields_unread": policy_form.fields_unread(known),
        "to": {"form": address, "back": reverse("canary-choice", args=[cluster.pk])},
        "see": "See what is created",
        "plain": True,
        "refused": refused,
        "base": "",
        "dropped": [LABELS[name] for name in edit.dropped],
        "changed": request.headers.get("HX-Trigger-Name", ""),
        "cluster": cluster,
        "target": target,
        "taken": queries.taken_by(cluster, target),
        "said": said,
        "consequences": consequences(edit.after, target.namespace),
        "warnings": warnings(edit.after, near),
        "read_at": near.read_at,
        "section": "clusters",
    }
    template = "rollouts/bits/policy_form.html" if wants_fragment(request) else "rollouts/new_canary_form.html"
    return private(render(request, template, context, status=status))


def _says(request: HttpRequest, cluster: Cluster, draft: Draft) -> HttpResponse:
    edit = draft.edit
    groups = policy_form.groups(draft.texts, edit, known_to_cluster(cluster.pk), _provider(edit, cluster))
    fields = policy_form.all_fields(groups)
    return private(render(request, "rollouts/bits/policy_says.html", {**_said(edit), "fields": fields}))


def _provider(edit: Edit, cluster: Cluster) -> str:
    """What Flagger takes where the Canary names none is its own there."""
    return edit.after.provider or cluster.mesh_provider


def _said(edit: Edit) -> Mapping[str, Any]:
    return {"meaning": meaning(edit.after), "wrong": len(edit.wrong)}


def _choice(request: HttpRequest, cluster: Cluster, waiting: bool, wrong: list[str] | None = None) -> HttpResponse:
    person = person_of(request)
    named = request.GET.get("named", "").strip()[:253]
    found = [
        one for one in queries.choices_of(person, cluster) if named in f"{one.offer.namespace}/{one.offer.name}"
    ]  # fmt: skip
    fitting = [one for one in found if one.fits]
    inventory = getattr(cluster, "inventory", None)
    notes = queries.notes_of(cluster) if access.sees_whole_cluster(person, cluster.pk) else ()
    context = {
        "cluster": cluster,
        "named": named,
        "fitting": [(one, [(way, address_of(cluster, one, way)) for way in one.ways]) for one in fitting[:MOST]],
        "others": [one for one in found if not one.fits][:MOST],
        "more": len(found) > MOST,
        "waiting": waiting,
        "read_at": inventory.read_at if inventory is not None else None,
        "problem": NOT_WATCHED if not cluster.is_watched else inventory.problem if inventory is not None else "",
        "notes": notes,
        "kinds": KINDS,
        "typed": target_of(request.GET),
        "port": request.GET.get("port", "")[:10],
        "wrong": wrong or (),
        "asked_for": queries.of_cluster(person, cluster),
        "section": "clusters",
    }
    live = wants_fragment(request) and not wrong
    template = "rollouts/bits/new_canary_choices.html" if live else "rollouts/new_canary_choices.html"
    return private(render(request, template, context, status=422 if wrong else 200))
